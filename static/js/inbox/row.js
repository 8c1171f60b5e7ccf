/* The one renderer of a ticket in the list. */
import { fillTime, ago, now, remaining } from "../core/time.js";
import { parts, setClass, setData, setText, show, stamp } from "../core/dom.js";
import { newest } from "../core/newest.js";
import { t } from "../core/strings.js";
import * as drafts from "../core/drafts.js";
import * as unsent from "../core/unsent.js";

export const HEIGHT = 74;
const NORMAL = 2;

export function makeRow() {
  const node = stamp("row");
  parts(node);
  return node;
}

/** Fills a row; `extra`: {unread, me, assignee (name), ghost (sentence or "")}. */
export function fillRow(node, row, extra) {
  const part = parts(node);
  node.id = `t${row.id}`;
  setClass(node, "unread", extra.unread);
  setClass(node, "trouble", row.trouble);
  setClass(node, "ghost", extra.ghost);
  setText(part.name, row.name || t("unknown_author"));
  setData(part.prio, "level", String(row.prio));
  setText(part.prioname, row.prio === NORMAL ? "" : t(`prio_${row.prio}`));
  show(part.prio, row.prio !== NORMAL);
  setText(part.text, extra.ghost || preview(row));
  setData(part.channel, "channel", row.ch);
  setText(part.channel, t(`channel_${row.ch}`));
  setText(part.kind, kindOf(row));
  setText(part.who, row.who === extra.me ? t("me") : extra.assignee);
  setClass(part.who, "me", row.who === extra.me);
  tickRow(node, row);
}

/** Whether it is private is known of a channel that has nothing else. */
function kindOf({ ch, kind, group }) {
  if (group) return t("group_word");
  if (kind !== "direct") return t(`kind_${kind}`);
  return ch === "messenger" ? "" : t("private_word");
}

function preview(row) {
  if (unsent.of(row.id).length) return `${t("state_failed")} · ${newest(row)}`;
  return drafts.any(row.id) ? `${t("draft")} · ${newest(row)}` : newest(row);
}

/** What changes with time alone. */
export function tickRow(node, row) {
  const part = parts(node);
  fillTime(part.at, row.at, ago);
  fillClock(part.sla, row);
}

/** The pill of time left; what it shows without a running clock is the ticket's status. */
export function fillClock(element, row, at = now()) {
  if (row.due === null || row.st === "resolved") {
    setData(element, "level", "none");
    const never = row.st === "open" && row.metric ? t("never_due") : "";
    setText(element, row.st === "open" ? never : t(`short_${row.st}`));
    element.removeAttribute("title");
    return;
  }
  const { text, level, word } = remaining(row.due, at);
  setData(element, "level", level);
  setText(element, text);
  const title = `${t(`metric_${row.metric || "first_response"}`)} · ${word}`;
  if (element.title !== title) element.title = title;
}
