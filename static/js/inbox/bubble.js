/* The one renderer of messages, notes and events. */
import { clock, date, exact, fillTime, now } from "../core/time.js";
import { parts, setClass, setText, show, stamp } from "../core/dom.js";
import { fillText, initials, webAddress } from "../core/text.js";
import { count, number, t } from "../core/strings.js";
import { fillAttachments } from "./attachments.js";

const DAY = 86_400_000;
const STANDINGS = { held: "standing_held", spam: "standing_spam" };

export function makeEntry(entry) {
  return stamp(entry.type);
}

/** `context`: {can: allowed acts, answered: the message an entry answers, group: how many people read along,
    label: the channel's name, place: what the place is called where the message stands, choices: where there are
    several, what may be answered, to: what would be, ownAnswer: the answer to an entry, waits: the ticket is not resolved,
    me: who reads}. */
export function fillEntry(node, entry, context) {
  const fill = { message: fillMessage, note: fillNote, event: fillEvent }[entry.type];
  fill(node, entry, context);
}

function fillEvent(node, entry) {
  const part = parts(node);
  setText(part.text, [entry.text, dueAnew(entry)].filter(Boolean).join(" · "));
  setText(part.who, entry.who ? `· ${entry.who} ·` : "");
  fillTime(part.at, entry.at, exact);
}

/** When a clock that was worked out anew is due, and was. */
function dueAnew({ at, due }) {
  const words = (moment) => (Math.abs(moment - at) < DAY ? exact(moment) : `${date(moment)}, ${exact(moment)}`);
  const { before = null, after = null } = due ?? {};
  if (after === null) return before === null ? "" : t("due_before", { before: words(before) });
  return before === null ? t("due_after", { after: words(after) }) : t("due_instead", { after: words(after), before: words(before) });
}

function fillNote(node, entry) {
  const part = parts(node);
  setText(part.who, entry.who);
  setText(part.avatar, initials(entry.who));
  fillText(part.text, entry.text);
  fillTime(part.at, entry.at, clock);
}

function fillMessage(node, entry, context) {
  const part = parts(node);
  const ours = entry.origin !== "customer";
  const who = entry.who || t(ours ? "our_side" : "unknown_author");
  setClass(node, "ours", ours);
  setClass(node, "outside", entry.origin === "outside");
  setClass(node, "private", entry.private || entry.kind === "direct");
  setClass(node, "removed", entry.removed);
  setClass(node, "is-hidden", entry.hidden && !entry.removed);
  setClass(node, "is-liked", entry.liked);
  setText(part.who, who);
  setText(part.avatar, initials(entry.who));
  setText(part.publicWord, t(ours ? "public_reply" : `kind_${entry.kind}`));
  setText(part.privateWord, t(context.group ? "group_word" : "private_word"));
  fillWhen(part, entry);
  fillRating(part.rating, entry.rating);
  setText(part.hiddenWord, t(STANDINGS[entry.standing] ?? "hidden_there", { place: context.place }));
  setText(part.removedWord, t(removal(entry)));
  setText(part.quote, quoted(entry, context));
  fillText(part.text, entry.removed ? "" : words(entry));
  fillAttachments(part.attachments, entry.removed ? [] : entry.attachments);
  fillRevisions(part, entry);
  fillReactions(part.reactions, entry.reactions);
  fillChoice(node, part, entry, context);
  fillState(node, part, entry, context);
  offer(node, entry, context);
}

function removal(entry) {
  if (entry.standing === "trash") return "standing_trash";
  return ["protected", "suspended"].includes(entry.closed) ? `removed_${entry.closed}` : "removed";
}

function words(entry) {
  if (entry.text || entry.attachments?.length || entry.rating) return entry.text;
  return entry.raw_kind ? t("not_shown", { kind: entry.raw_kind }) : "";
}

function fillWhen(part, entry) {
  fillTime(part.at, entry.at, clock);
  if (!entry.dated) part.at.title = t("undated");
  const address = webAddress(entry.permalink);
  if (address) part.permalink.href = address;
  else part.permalink.removeAttribute("href");
}

function fillRating(element, rating) {
  if (!rating) return setText(element, "");
  element.setAttribute("aria-label", count("stars", rating));
  return setText(element, "★".repeat(rating) + "☆".repeat(Math.max(0, 5 - rating)));
}

function quoted(entry, context) {
  const parent = entry.parent ? context.answered(entry) : null;
  return parent ? `${parent.who || t("unknown_author")} : ${said(parent)}` : "";
}

/** The words of a message, or what the list shows in their place. */
function said(entry) {
  if (entry.removed) return t(removal(entry));
  const [first] = entry.attachments ?? [];
  return words(entry) || (first ? first.title || t(`attachment_${first.type}`) : t("no_words"));
}

/** Among several of the customer's messages: which has its answer, and which an answer would go to. */
function fillChoice(node, part, entry, { choices, to, ownAnswer, waits }) {
  const choice = entry.origin === "customer" && choices.includes(entry.id);
  const answer = choice && ownAnswer(entry);
  const missing = choice && waits ? t("no_own_answer") : "";
  setText(part.ownAnswer, answer ? t("own_answer", { time: clock(answer.at) }) : missing);
  setClass(node, "aimed", choice && entry.id === to);
}

function fillRevisions(part, entry) {
  const earlier = entry.revisions ?? [];
  show(part.revisions, (entry.edited || earlier.length) && !entry.removed);
  setText(part.edited, entry.edited ? t("edited_at", { time: clock(entry.edited) }) : t("edited"));
  if (part.revisionList.childElementCount === earlier.length) return;
  part.revisionList.replaceChildren(...earlier.map((revision) => {
    const node = stamp("revision");
    setText(parts(node).text, revision.text);
    fillTime(parts(node).at, revision.at, (ms) => `${date(ms)} ${clock(ms)}`);
    return node;
  }));
}

function fillReactions(element, reactions) {
  const given = Object.entries(reactions ?? {}).filter(([, times]) => times > 0);
  setText(element, given.map(([sign, times]) => (times > 1 ? `${sign} ${number(times)}` : sign)).join("  "));
}

/** queued, sending, sent, delivered, read, failed, unknown, cancelled; empty for customers. */
export function stateOf(entry) {
  if (entry.origin === "customer") return "";
  if (["queued", "sending", "failed", "unknown", "cancelled"].includes(entry.state)) return entry.state;
  if (entry.read) return "read";
  if (entry.delivered) return "delivered";
  return entry.origin === "agent" ? "sent" : "";
}

function fillState(node, part, entry, context) {
  const state = stateOf(entry);
  if (state) node.dataset.state = state;
  else delete node.dataset.state;
  setText(part.stateText, stateWords(entry, state));
  const trouble = ["queued", "failed", "unknown"].includes(state);
  setText(part.failure, trouble ? looked(entry) || entry.failure_message || "" : "");
  const place = state === "unknown" ? webAddress(entry.look_at) : "";
  show(part.lookAt, place);
  if (place) part.lookAt.href = place;
  else part.lookAt.removeAttribute("href");
  setText(part.lookAtWord, place ? t("look_on", { name: context.label }) : "");
}

/** Where and when we looked for an answer of unknown outcome, and that it was not there. */
function looked(entry) {
  if (entry.state !== "unknown" || !entry.looked) return "";
  const where = entry.private || entry.kind === "direct" ? "looked_private" : "looked_public";
  return t(entry.failure === "not_found" ? where : "not_looked", { time: clock(entry.looked) });
}

function stateWords(entry, state) {
  if (!state) return "";
  if (state === "queued" && entry.send_after > now()) {
    return t("sending_in", { n: Math.ceil((entry.send_after - now()) / 1000) });
  }
  if (state === "read") return t("state_read", { time: clock(entry.read) });
  if (state === "delivered") return t("state_delivered", { time: clock(entry.delivered) });
  return t(`state_${state}`);
}

/** The countdown of the undo button. */
export function tickEntry(node, entry) {
  setText(parts(node).stateText, stateWords(entry, stateOf(entry)));
  offerOne(node, "undo", canUndo(entry));
  offerOne(node, "recall", canRecall(entry));
}

function canUndo(entry) {
  return entry.state === "queued" && Boolean(entry.id) && entry.send_after > now();
}

/** The time to undo is over, but something keeps it from leaving. */
function canRecall(entry) {
  return entry.state === "queued" && Boolean(entry.id && entry.failure) && entry.send_after <= now();
}

function offer(node, entry, context) {
  const theirs = entry.origin === "customer" && !entry.removed && entry.kind !== "direct";
  const own = entry.origin === "agent";
  offerOne(node, "answer", theirs && context.choices.includes(entry.id) && entry.id !== context.to);
  offerOne(node, "undo", own && canUndo(entry));
  offerOne(node, "recall", own && canRecall(entry));
  offerOne(node, "retry", own && ["failed", "unknown"].includes(entry.state));
  offerOne(node, "confirm", own && entry.state === "unknown");
  offerOne(node, "discard", own && entry.state === "failed");
  offerOne(node, "takeBack", isRecord(entry) && (entry.agent === context.me.id || context.me.role !== "agent"));
  for (const act of ["like", "hide"]) offerOne(node, act, theirs && context.can.includes(act));
  for (const [act, on] of Object.entries(moderation(entry, context.can))) offerOne(node, act, on && entry.origin === "customer" && entry.kind !== "direct");
  const out = own && entry.state === "sent" && !entry.removed && !entry.private && entry.kind !== "direct";
  if (out && context.canOwn.includes("delete")) offerOne(node, "delete", true);
  for (const act of ["hide", "delete"]) {
    const part = parts(node);
    setText(part[`${act}Word`], t(`act_${act}`, { place: context.place }));
    if (part[act].title !== part[`${act}Word`].textContent) part[act].title = part[`${act}Word`].textContent;
  }
  press(node, "like", entry.liked);
  press(node, "hide", entry.hidden);
}

/** An answer that somebody recorded as given on the page itself; what comes from there by itself has no key of ours. */
function isRecord({ origin, client_id: key }) {
  return origin === "outside" && Boolean(key);
}

/** What a moderator may do with a message where it stands now: shown, held, among spam or in the trash. */
function moderation(entry, can) {
  const { standing, removed } = entry;
  const aside = removed || standing === "spam";
  return {
    approve: can.includes("approve") && !aside && standing === "held",
    hold: can.includes("approve") && !aside && standing !== "held",
    spam: can.includes("spam") && !aside,
    unspam: can.includes("spam") && !removed && standing === "spam",
    trash: can.includes("delete") && can.includes("restore") && !removed,
    restore: can.includes("restore") && removed && standing === "trash",
    delete: can.includes("delete") && !can.includes("restore") && !removed,
  };
}

function offerOne(node, act, on) {
  setClass(node.querySelector(`[data-do="${act}"]`), "on", on);
}

function press(node, act, on) {
  node.querySelector(`[data-do="${act}"]`).setAttribute("aria-pressed", String(Boolean(on)));
}
