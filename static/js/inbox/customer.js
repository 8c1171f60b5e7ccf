/* The panel about the person who wrote. */
import { one, parts, setData, setText, show, stamp } from "../core/dom.js";
import { ago, date, everySecond, fillTime, remaining, span } from "../core/time.js";
import { initials } from "../core/text.js";
import { on } from "../core/bus.js";
import { t } from "../core/strings.js";
import { newest } from "../core/newest.js";
import { addressOf } from "./views.js";

const LATE = 2000;
let timers = [];

export function customerPanel(store, slug) {
  on("detail", (detail) => draw(detail, store, slug));
  everySecond(drawTimers);
}

function draw(detail, store, slug) {
  const { contact } = detail;
  const name = contact.name || t("unknown_author");
  setText(one("#side-name"), name);
  setText(one("#side-avatar"), initials(contact.name));
  setText(one("#side-since"), contact.since ? t("customer_since", { date: date(contact.since) }) : "");
  one("#side-identities").replaceChildren(...contact.identities.map(identity));
  setText(one("#side-assignee"), detail.assignee ? detail.assignee.name : t("nobody"));
  timers = detail.timers ?? [];
  show(one("#side-clock-section"), timers.length);
  one("#side-timers").replaceChildren(...timers.map(() => stamp("timer")));
  drawTimers();
  show(one("#side-tickets-section"), contact.tickets.length);
  one("#side-tickets").replaceChildren(...contact.tickets.map((ticket) => otherTicket(ticket, slug)));
}

function identity({ channel, account_name: account, name, handle }) {
  const node = stamp("identity");
  const part = parts(node);
  setData(part.channel, "channel", channel);
  setText(part.channel, t(`channel_${channel}`));
  setText(part.name, [name || t("unknown_author"), handle && `@${handle.replace(/^@/, "")}`].filter(Boolean).join(" "));
  setText(part.account, t("on_account", { account }));
  return node;
}

function drawTimers() {
  const nodes = one("#side-timers").children;
  timers.forEach((timer, index) => {
    const part = parts(nodes[index]);
    setText(part.label, t(`metric_${timer.metric}`));
    const { text, level } = timer.stopped ? ended(timer) : running(timer);
    setData(part.sla, "level", level);
    setText(part.sla, text);
  });
}

function running({ due, still, left }) {
  if (due !== null) return remaining(due);
  return { text: still ? t("stands_still", { time: span(left) }) : t("never_due"), level: "none" };
}

/** A wait for words of ours may end without any: nothing was left to answer, or the ticket was resolved. */
function ended(timer) {
  const { metric, outcome, started, stopped, paused, breached } = timer;
  if (metric === "resolution" || outcome === "answered") return took(timer);
  if (!breached) return { text: t("not_needed"), level: "none" };
  return { text: t("not_given", { time: span(stopped - started - paused) }), level: "late" };
}

/** What the customer felt; where we heard of it late, also what we took. */
function took({ started, noticed, stopped, paused, breached }) {
  const time = span(stopped - started - paused);
  const ours = span(Math.max(0, stopped - noticed - paused));
  const late = noticed - started >= LATE;
  return { text: late ? t("took_both", { time, ours }) : t("took", { time }), level: breached ? "late" : "ok" };
}

function otherTicket(ticket, slug) {
  const node = stamp("other-ticket");
  const part = parts(node);
  const view = ticket.st === "open" ? "open" : ticket.st;
  part.link.href = addressOf(slug, { view }, ticket.id);
  part.link.dataset.ticket = ticket.id;
  setData(part.channel, "channel", ticket.ch);
  setText(part.channel, t(`channel_${ticket.ch}`));
  setData(part.status, "status", ticket.st);
  setText(part.status, t(`status_${ticket.st}`));
  fillTime(part.at, ticket.at, ago);
  setText(part.text, newest(ticket));
  return node;
}
