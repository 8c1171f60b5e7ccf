/* The figures as the dashboard and the walls show them: one record a second, and clocks that run in between. */
import { one, parts, setClass, setData, setText, show, stamp } from "../core/dom.js";
import { count, number, t } from "../core/strings.js";
import { exact, now, remaining, span } from "../core/time.js";
import { Bars, Flow, Meter } from "./charts.js";
import { Levels, ofShare, ofWait } from "./levels.js";

const STALE = 5000;
const SLACK = { share: 2, wait: 5000 };
const STATES = { connected: "good", attention: "bad", paused: "warn", removed: "" };

const percent = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const roundPercent = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" });

/** The share in percent that was not missed; null where nothing was decided. */
function share(decided, missed) {
  return decided ? (100 * (decided - missed)) / decided : null;
}

export const channelName = ({ channel, name }) => `${t(`channel_${channel}`)} · ${name}`;
export const queueName = ({ id, name }) => (id ? name : t("no_queue"));
const shareWords = (value) => (value === null ? "–" : percent.format(value / 100));
const seconds = (value) => (value === null ? "–" : span(value * 1000));

export class Board {
  /** What is looked at: everything, or one {account} or {queue}. */
  scope = {};
  levels = new Levels();
  tiles = new Map();

  /** `list`: the address of the ticket list, where figures may be opened. `most`: how many rows a table has room for. */
  constructor(record, { list = null, most = Infinity } = {}) {
    Object.assign(this, { list, most });
    for (const tile of document.querySelectorAll("[data-tile]")) this.tiles.set(tile.dataset.tile, tile);
    this.meter = new Meter(this.part("share").meter);
    this.left = new Bars(one("#left"), Boolean(list));
    setText(one("#flow-when"), t("last_minute"));
    this.flow = new Flow(one("#flow"), list && ((way, minute) => this.href(way, { minute })));
    this.take(record);
  }

  part(tile) {
    return parts(this.tiles.get(tile));
  }

  take(record) {
    this.record = record;
    this.draw();
  }

  choose(scope) {
    this.scope = scope;
    this.levels.forget();
    this.draw();
  }

  get shown() {
    const { accounts, queues, all } = this.record;
    const { account, queue } = this.scope;
    return accounts.find(({ id }) => id === account) ?? queues.find(({ id }) => id === queue) ?? all;
  }

  href(figure, more = {}) {
    return `${this.list}?${new URLSearchParams({ only: figure, ...this.scope, ...more })}`;
  }

  /** Puts a figure's words into its link. */
  fill(element, words, more = {}) {
    setText(element, words);
    if (!this.list || !element.dataset.only) return;
    const href = this.href(element.dataset.only, more);
    if (element.getAttribute("href") !== href) element.setAttribute("href", href);
  }

  level(tile, fresh, relaxed) {
    const level = this.levels.of(tile, fresh, relaxed, now());
    setData(this.tiles.get(tile), "level", level);
    setText(this.part(tile).level, level === "none" ? "" : `: ${t(`level_${level}`)}`);
  }

  draw() {
    const { shown } = this;
    this.drawShare(shown);
    this.drawWaiting(shown);
    this.drawSpeed(shown);
    this.left.draw(this.bands(shown));
    this.flow.draw({ in: shown.in, out: shown.out, minute: this.record.minute });
    const whole = { minute: this.record.minute + (shown.in.length - 2) * 60_000 };
    this.fill(one("#flow-in"), t("flow_in", { n: shown.in.at(-2) }), whole);
    this.fill(one("#flow-out"), t("flow_out", { n: shown.out.at(-2) }), whole);
    this.drawChannels();
    this.drawQueues();
    this.tick();
  }

  drawShare(shown) {
    const part = this.part("share");
    const value = share(shown.decided_hour, shown.missed_hour);
    this.fill(part.figure, shareWords(value));
    this.meter.draw(value, this.record.goal);
    const goal = t("percent_goal", { share: roundPercent.format(this.record.goal / 100) });
    const of = t("share_of", { n: shown.decided_hour - shown.missed_hour, all: shown.decided_hour });
    setText(part.of, `${of} · ${goal}`);
    this.fill(part.missed, count("missed", shown.missed_hour));
    this.fill(part.today, t("today_share", { share: shareWords(share(shown.decided_today, shown.missed_today)) }));
    this.level("share", ofShare(value, this.record), ofShare(value, this.record, SLACK.share));
  }

  drawWaiting(shown) {
    const late = this.part("late");
    this.fill(late.figure, number(shown.late));
    this.fill(late.waiting, count("waiting", shown.waiting));
    this.fill(late.unassigned, count("unassigned_now", shown.unassigned));
    this.level("late", shown.late ? "bad" : "good", shown.late ? "bad" : "good");
    const risk = this.part("risk");
    this.fill(risk.figure, number(shown.risk));
    setText(risk.under, t("risk_under", { time: span(this.record.risk * 1000) }));
    this.level("risk", shown.risk ? "warn" : "good", shown.risk ? "warn" : "good");
  }

  drawSpeed(shown) {
    const part = this.part("speed");
    this.fill(part.figure, seconds(shown.median));
    setText(part.under, shown.p90 === null ? t("nobody_answered") : t("p90", { time: seconds(shown.p90) }));
  }

  bands(shown) {
    const risk = this.record.risk / 60;
    const bands = [{ key: "late", name: t("band_late"), kind: "late" }];
    for (let minute = 1; minute <= 5; minute += 1) {
      const short = `${minute - 1}–${minute}`;
      const name = t("band_minutes", { from: String(minute - 1), to: String(minute) });
      bands.push({ key: `left_${minute}`, name, short, kind: minute <= risk ? "risk" : "calm" });
    }
    bands.push({ key: "left_more", name: t("band_more"), kind: "calm" });
    if (shown.no_clock) bands.push({ key: "no_clock", name: t("band_none"), kind: "none" });
    return bands.map((band) => ({ ...band, value: shown[band.key], href: this.list && this.href(band.key) }));
  }

  drawChannels() {
    this.channels = this.rows("channels", "channel", this.record.accounts);
    this.channels.forEach(([row, account]) => this.drawChannel(row, account));
  }

  /** A row for each of them, [row, what it shows]; where there is no room for all, for those where most is late: one row
      fewer than fit, because among many names are long, and a long one takes two lines. */
  rows(id, template, all) {
    const body = one(`#${id}`);
    const worst = (a, b) => b.late - a.late || b.waiting - a.waiting;
    const shown = all.length > this.most ? [...all].sort(worst).slice(0, this.most - 1) : all;
    while (body.childElementCount > shown.length) body.lastElementChild.remove();
    while (body.childElementCount < shown.length) body.append(stamp(template));
    const rest = one(`#${id}-rest`);
    setText(rest, count("rows_more", all.length - shown.length));
    show(rest, all.length > shown.length);
    return shown.map((part, place) => [body.children[place], part]);
  }

  drawChannel(row, account) {
    const part = parts(row);
    const more = { account: account.id };
    setData(part.channel, "channel", account.channel);
    setText(part.kind, `${t(`channel_${account.channel}`)} · `);
    setText(part.name, account.name);
    row.toggleAttribute("data-namesake", this.record.accounts.some(({ id, name }) => id !== account.id && name === account.name));
    this.fill(part.waiting, number(account.waiting), more);
    this.fill(part.late, number(account.late), more);
    row.classList.toggle("has-late", account.late > 0);
    row.classList.toggle("here", account.id === this.scope.account);
    this.fill(part.share, shareWords(share(account.decided_hour, account.missed_hour)), more);
    this.fill(part.median, seconds(account.median), more);
    this.fill(part.in, number(account.in_hour), more);
    this.fill(part.out, number(account.out_hour), more);
    this.drawState(part, account.state);
  }

  /** In its own column, and for walls, which have none, at the name where something is wrong. */
  drawState({ state, trouble }, how) {
    const words = { connected: "account_connected", attention: "account_needs", paused: "account_pauses" }[how];
    for (const badge of [state, trouble]) {
      setText(badge, t(words ?? "account_gone"));
      for (const tone of ["good", "warn", "bad"]) setClass(badge, tone, STATES[how] === tone);
    }
    show(trouble, how !== "connected");
  }

  /** Of all channels, whichever is looked at. */
  drawQueues() {
    const { queues } = this.record;
    show(one("#queues-panel"), queues.length);
    this.rows("queues", "queue", queues).forEach(([row, queue]) => {
      const part = parts(row);
      setText(part.name, queueName(queue));
      row.classList.toggle("has-late", queue.late > 0);
      row.classList.toggle("here", queue.id === this.scope.queue);
      for (const only of ["waiting", "unassigned", "risk", "late"]) {
        setText(part[only], number(queue[only]));
        const href = `${this.list}?${new URLSearchParams({ only, queue: queue.id })}`;
        if (this.list && part[only].getAttribute("href") !== href) part[only].setAttribute("href", href);
      }
    });
  }

  /** What changes with time alone. */
  tick() {
    const at = now();
    const { oldest } = this.shown;
    const part = this.part("oldest");
    this.fill(part.figure, oldest ? span(at - oldest.since) : "–");
    setText(part.under, oldest ? this.of(oldest, at) : t("nothing_waits"));
    this.level("oldest", ofWait(oldest, this.record.risk * 1000, at), ofWait(oldest, this.record.risk * 1000, at, SLACK.wait));
    for (const [row, account] of this.channels) {
      const words = account.oldest ? span(at - account.oldest.since) : "–";
      this.fill(parts(row).oldest, words, { account: account.id });
    }
    this.drawFreshness(at);
  }

  /** Whose wait it is, and how it stands with the promise. */
  of(oldest, at) {
    const account = this.record.accounts.find(({ id }) => id === oldest.account);
    const name = account ? t(`channel_${account.channel}`) : "";
    if (oldest.due === null) return name;
    const { text, word } = remaining(oldest.due, at);
    return `${name} · ${text} ${word}`;
  }

  drawFreshness(at) {
    const age = at - this.record.at;
    const stale = age > STALE;
    document.body.classList.toggle("stale", stale);
    setText(one("#fresh-text"), stale ? t("stale", { time: span(age) }) : t("fresh_at", { time: exact(this.record.at) }));
  }

  drawTeam(element) {
    const { present, pause } = this.record.team;
    setText(element, `${count("team_present", present)} · ${count("team_pause", pause)}`);
    show(element, true);
  }
}
