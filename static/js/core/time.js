/* The server's clock and how times are written. All times are milliseconds since the epoch. */
import { t } from "./strings.js";

const language = document.documentElement.lang || "en";
const WINDOW = 60_000;
let samples = [];
let offset = 0;

/**
 * Learn from a time the server stamped. A frame is always late, never early, so the largest
 * difference of the last minute is the nearest to the truth.
 */
export function heard(serverTime, receivedAt = Date.now()) {
  if (!Number.isFinite(serverTime)) return;
  const fresh = samples.filter((sample) => Math.abs(receivedAt - sample.at) < WINDOW);
  fresh.push({ at: receivedAt, difference: serverTime - receivedAt });
  samples = fresh.slice(-40);
  offset = Math.max(...samples.map((sample) => sample.difference));
}

/** The server's time now. */
export function now() {
  return Date.now() + offset;
}

const listeners = new Set();

/** Calls back once a second, on the second. */
export function everySecond(listener) {
  if (!listeners.size) schedule();
  listeners.add(listener);
}

function schedule() {
  setTimeout(() => {
    for (const listener of listeners) listener();
    schedule();
  }, 1000 - (now() % 1000) + 5);
}

const pad = (value) => String(value).padStart(2, "0");

/** "4:12", "1 h 05", "3 d"; of a length of time, never negative. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
  const h = Math.floor(seconds / 3600);
  if (h < 48) return t("hours_minutes", { h: String(h), m: pad(Math.floor(seconds / 60) % 60) });
  return t("days_short", { n: Math.floor(h / 24) });
}

/** Time until `due` as text and level: ok, warn (under two minutes) or late. */
export function remaining(due, at = now()) {
  const left = due - at;
  if (left <= 0) return { text: `−${span(-left)}`, level: "late", word: t("late") };
  return { text: span(Math.ceil(left / 1000) * 1000), level: left < 120_000 ? "warn" : "ok", word: t("left") };
}

const unit = (name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" });
const minutes = unit("minute");
const hours = unit("hour");
const dayWords = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const shortDate = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const hourMinute = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const withSeconds = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });

/** "now", "12 min", "3 hr", then the date. */
export function ago(milliseconds) {
  const seconds = Math.round((now() - milliseconds) / 1000);
  if (seconds < 60) return t("just_now");
  if (seconds < 3600) return minutes.format(Math.floor(seconds / 60));
  if (seconds < 86_400) return hours.format(Math.floor(seconds / 3600));
  return shortDate.format(milliseconds);
}

export function clock(milliseconds) {
  return hourMinute.format(milliseconds);
}

/** To the second. */
export function exact(milliseconds) {
  return withSeconds.format(milliseconds);
}

export function date(milliseconds) {
  return shortDate.format(milliseconds);
}

/** "Today", "Yesterday", "Tuesday 3 November". */
export function day(milliseconds) {
  const midnight = (ms) => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(milliseconds) - midnight(now())) / 86_400_000);
  const words = days > -2 && days < 1 ? dayWords.format(days, "day") : longDate.format(milliseconds);
  return words.charAt(0).toLocaleUpperCase(language) + words.slice(1);
}

/** Fills a <time>: words, machine date, and the whole date on hover. */
export function fillTime(element, milliseconds, words) {
  const stampValue = String(milliseconds);
  if (element.dataset.ms !== stampValue) {
    element.dataset.ms = stampValue;
    element.dateTime = new Date(milliseconds).toISOString();
    element.title = whole.format(milliseconds);
  }
  const text = words(milliseconds);
  if (element.textContent !== text) element.textContent = text;
}
