/* Replies and notes on their way: shown at once, sent under a key, given back when refused. */
import { Refused, newKey, post } from "../core/api.js";
import { count, t } from "../core/strings.js";
import { emit, on } from "../core/bus.js";
import { now } from "../core/time.js";
import { one } from "../core/dom.js";
import { say } from "../core/a11y.js";
import { toast } from "../core/toast.js";
import * as drafts from "../core/drafts.js";
import * as unsent from "../core/unsent.js";
import { keyOfEntry } from "./entries.js";

const EMAIL = /[^\s@]+@[^\s@]+\.[a-z]{2,}/i;
const LONG_NUMBER = /(?:\d[\s.\-/]?){8,}/;
/** What stands behind each post of a split answer. */
const PART = /\s*\(\d+\/\d+\)$/;
const STILL_HERE = ["queued", "failed"];

export class Sending {
  /** Keys of what this page has sent and not heard of yet. */
  flying = new Set();

  constructor(store, thread, composer, confirm) {
    Object.assign(this, { store, thread, composer, confirm });
    on("submit", (message) => this.submit(message));
    on("answered-there", (answer) => this.recordAnswer(answer));
    on("approve", (id) => this.perform({ id }, "approve", true));
    on("loaded", () => this.showUnsent());
    one("#entries").addEventListener("click", (event) => this.clicked(event));
  }

  submit(message) {
    if (message.mode === "note") return this.sendNote(message);
    if (message.tone !== "private" && !message.insist && personal(message.text)) {
      const again = () => this.submit({ ...message, insist: true });
      return this.composer.hold(t(message.tone === "group" ? "held_personal_group" : "held_personal"), [], again);
    }
    const theirs = this.thread.answeredMeanwhile();
    if (theirs.length) return this.hold(theirs, "held_answered", () => this.submit(message));
    const body = { text: message.text, private: message.mode === "private", last_seq: this.thread.shown };
    if (this.thread.to) body.to = this.thread.to;
    if (message.pieces) return this.sendPieces(message, body);
    return this.sendReply({ ...message, key: newKey(), body });
  }

  /** Several posts, each hanging on the one before. What could not be written down is given back as it was typed. */
  async sendPieces({ pieces, ...message }, body) {
    let continues = null;
    for (const [index, text] of pieces.entries()) {
      const piece = { ...message, text, key: newKey(), body: { ...body, text, continues }, again: index > 0 };
      const entry = await this.sendReply(piece);
      if (!entry) return pieces.slice(index + 1).forEach((rest) => this.composer.giveBack(message.ticket, message.mode, rest));
      continues = entry.id;
    }
    return undefined;
  }

  async sendReply(reply) {
    const { ticket, body, key } = reply;
    this.thread.atBottom = true;
    this.thread.takeEntries({ items: [this.optimistic(reply, "message")] });
    this.flying.add(key);
    unsent.keep(reply);
    if (!reply.again) this.composer.sent();
    try {
      const answer = await post(`tickets/${ticket}/replies/`, body, key);
      unsent.forget(key);
      this.thread.letGo(ticket);
      this.accepted(ticket, answer);
      return answer.entry;
    } catch (problem) {
      this.refused(reply, problem);
      return null;
    } finally {
      this.flying.delete(key);
      emit("rows");
    }
  }

  /** An answer that was given on the page itself. The same key makes trying again safe. */
  async recordAnswer({ ticket, link, key }) {
    const body = { link, last_seq: this.thread.shown, to: this.thread.to };
    try {
      const answer = await post(`tickets/${ticket}/answered-there/`, body, key);
      this.thread.letGo(ticket);
      this.accepted(ticket, answer);
      this.composer.recorded(ticket);
    } catch (problem) {
      this.composer.notRecorded(ticket, problem.fields?.link?.[0] ?? sentence(problem));
    }
  }

  async sendNote({ ticket, mode, text }) {
    const key = newKey();
    const local = this.optimistic({ key, text, mode }, "note");
    this.thread.atBottom = true;
    this.thread.takeEntries({ items: [local] });
    this.composer.sent();
    try {
      const answer = await post(`tickets/${ticket}/notes/`, { text }, key);
      if (this.thread.id === ticket) this.thread.entries.drop(keyOfEntry(local));
      this.accepted(ticket, answer);
    } catch (problem) {
      if (this.thread.id === ticket) this.thread.entries.drop(keyOfEntry(local));
      this.composer.giveBack(ticket, mode, text, sentence(problem));
    }
  }

  /** The bubble that is there before the server knows of it. */
  optimistic({ key, text, mode, tone, body }, type) {
    const kind = this.thread.row?.kind === "direct" ? "direct" : "comment";
    return {
      type, id: 0, client_id: key, text, at: now(), dated: true, who: this.store.me.name, agent: this.store.me.id,
      origin: "agent", state: "sending", kind, private: tone !== "public", mode, attachments: [], reactions: {}, parent: body?.to ?? null, continues: body?.continues ?? null,
    };
  }

  accepted(ticket, { entry, row }) {
    if (row) this.store.put(row);
    if (this.thread.id === ticket) this.thread.takeEntries({ items: [entry] });
  }

  /** Not sent: the bubble goes, the words come back, and the reason is told. */
  refused(reply, problem) {
    if (!(problem instanceof Refused)) return this.unheard(reply);
    const { ticket, mode, text, key } = reply;
    unsent.forget(key);
    if (this.thread.id === ticket) this.thread.entries.drop(`c${key}`);
    const held = problem.code === "newer_messages";
    this.composer.giveBack(ticket, mode, text, held ? "" : problem.message);
    if (this.thread.id !== ticket) return toast(problem.message);
    if (!held) return undefined;
    const entries = problem.details.entries ?? [];
    this.thread.takeEntries({ items: entries });
    return this.hold(entries, "held_newer", () => this.composer.submit({ insist: true }));
  }

  /** Asks once about what was said while the words were written. */
  hold(entries, question, insist) {
    this.thread.read(entries);
    const items = entries.filter((entry) => entry.type !== "event").map((entry) => `${entry.who || t("unknown_author")} : ${entry.text}`);
    this.composer.hold(count(question, items.length), items, insist);
  }

  /** No answer: it may have arrived. The same key makes trying again safe. */
  unheard(reply) {
    if (this.thread.id !== reply.ticket) return toast(t("not_reached"));
    return this.showUnheard(reply);
  }

  showUnheard(reply) {
    if (this.thread.entries.known.get(`c${reply.key}`)?.id) return unsent.forget(reply.key);
    const entry = { ...this.optimistic(reply, "message"), state: "failed", failure_message: t("not_reached"), resend: { ...reply, again: true } };
    return this.thread.takeEntries({ items: [entry] });
  }

  /** What was written here before the page was left, or before the server answered. */
  showUnsent() {
    for (const reply of unsent.of(this.thread.id)) {
      if (!this.flying.has(reply.key)) this.showUnheard(reply);
      else if (!this.thread.entries.known.has(`c${reply.key}`)) this.thread.takeEntries({ items: [this.optimistic(reply, "message")] });
    }
  }

  // Buttons on a bubble

  clicked(event) {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    const entry = this.thread.entries.ofNode(button.closest(".entry"));
    const deeds = { answer: "aim", undo: "undo", recall: "undo", retry: "retry", confirm: "confirmSeen", discard: "discard", takeBack: "takeBack", like: "act", hide: "act", approve: "act", hold: "act", spam: "spam", unspam: "act", trash: "remove", restore: "act", delete: "remove" };
    this[deeds[button.dataset.do]](entry, button.dataset.do);
  }

  /** The words to come go to this message. */
  aim({ id }) {
    const { target, to } = this.thread;
    if (id === to && (target ?? id) === id) {
      this.thread.retarget(id);
      return;
    }
    this.composer.aim();
    this.thread.aim(id);
  }

  /** Words that come back belong to the message they were written for. */
  aimAgain(ticket, { parent, kind }) {
    if (!parent || kind === "direct") return;
    if (this.thread.id === ticket) this.aim({ id: parent });
    else drafts.aim(ticket, parent);
  }

  async undo(entry) {
    const { ticket, mode, parts } = { ticket: this.thread.id, mode: modeOf(entry), parts: this.parts(entry) };
    if (!await this.change(entry, "undo")) return;
    for (const part of parts) if (this.thread.id === ticket) this.thread.entries.drop(keyOfEntry(part));
    this.aimAgain(ticket, parts[0]);
    this.composer.giveBack(ticket, mode, wordsOf(parts));
  }

  /** The parts of a split answer that did not leave, in their order; of any other answer itself alone. */
  parts(entry) {
    const here = [...this.thread.entries.known.values()].filter((one) => one.id && one.origin === "agent" && STILL_HERE.includes(one.state));
    const found = [entry];
    for (let before; (before = here.find((one) => one.id === found[0].continues));) found.unshift(before);
    for (let after; (after = here.find((one) => one.continues === found.at(-1).id));) found.push(after);
    return found;
  }

  async retry(entry) {
    if (entry.resend) return this.sendReply(entry.resend);
    if (entry.state === "unknown") {
      const sure = await this.confirm(t("retry_unknown_title"), t("retry_unknown_text"), t("retry_unknown_yes"));
      if (!sure) return undefined;
    }
    return this.change(entry, "retry");
  }

  /** It was not answered there after all; the link goes back where it can be mended. */
  async takeBack(entry) {
    const { id } = this.thread;
    if (!await this.change(entry, "take-back")) return;
    say("taken-back", () => t("taken_back"));
    this.composer.giveBackLink(id, entry.permalink);
  }

  confirmSeen(entry) {
    return this.change(entry, "confirm");
  }

  /** Takes the words of a failed reply back into the composer: it is taken back on the server, too. */
  discard(entry) {
    if (entry.id) return this.undo(entry);
    unsent.forget(entry.client_id);
    this.thread.entries.drop(keyOfEntry(entry));
    this.aimAgain(this.thread.id, entry);
    return this.composer.giveBack(this.thread.id, entry.mode, wordsOf([entry]));
  }

  async change(entry, what) {
    const ticket = this.thread.id;
    try {
      this.accepted(ticket, await post(`messages/${entry.id}/${what}/`));
      return true;
    } catch (problem) {
      toast(sentence(problem));
      this.thread.messageChanged(entry.id);
      return false;
    }
  }

  async act(entry, what) {
    const [action, turnOn] = {
      like: ["like", !entry.liked],
      hide: ["hide", !entry.hidden],
      approve: ["approve", true],
      hold: ["approve", false],
      unspam: ["spam", false],
      restore: ["delete", false],
    }[what];
    await this.perform(entry, action, turnOn);
  }

  async spam(entry) {
    if (await this.confirm(t("spam_title"), t("spam_text"), t("spam_yes"))) await this.perform(entry, "spam", true);
  }

  async remove(entry, what) {
    const { place } = this.thread;
    const text = t(entry.origin === "customer" ? "delete_text" : "delete_own_text");
    const asked = what === "trash"
      ? await this.confirm(t("trash_title"), t("trash_text"), t("trash_yes"))
      : await this.confirm(t("delete_title", { place }), text, t("delete_yes"));
    if (asked) await this.perform(entry, "delete", true);
  }

  async perform(entry, action, turnOn) {
    const ticket = this.thread.id;
    try {
      this.accepted(ticket, await post(`messages/${entry.id}/act/`, { action, on: turnOn }));
    } catch (problem) {
      toast(sentence(problem));
    }
  }
}

function personal(text) {
  return EMAIL.test(text) || LONG_NUMBER.test(text);
}

/** As they were typed: one text, without the numbers of its posts. */
function wordsOf(parts) {
  const isPart = parts.length > 1 || parts[0].continues;
  return parts.map(({ text }) => (isPart ? text.replace(PART, "") : text)).join(" ");
}

function modeOf(entry) {
  return entry.private && entry.kind !== "direct" ? "private" : "reply";
}

/** What to tell a person about a failed call. */
export function sentence(problem) {
  if (problem instanceof Refused) return problem.fields.text?.[0] ?? problem.message;
  emit("unreachable");
  return t("not_reached");
}
