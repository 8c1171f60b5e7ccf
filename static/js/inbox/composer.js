/* Writing: which kind of message, what the platform allows, how long, and unsent words. */
import { one, setClass, setText, show } from "../core/dom.js";
import { everySecond, now, span } from "../core/time.js";
import { count, dollars, number, t } from "../core/strings.js";
import { length, webAddress } from "../core/text.js";
import { hasLink, weight } from "../core/weight.js";
import { split } from "../core/parts.js";
import { rovingTabs, selectTab } from "../core/a11y.js";
import { emit, on } from "../core/bus.js";
import { newKey } from "../core/api.js";
import * as drafts from "../core/drafts.js";
import { newest } from "../core/newest.js";

const MODES = ["reply", "private", "note"];
/** How a channel counts; as the server's Surface.counts. */
const COUNTS = { characters: length, weighted: weight };

export class Composer {
  ticket = null;
  /** What the server says of the open ticket; null until it has. */
  compose = null;
  modes = {};
  mode = "reply";
  /** The open ticket, from its reply's sending until something is typed again. */
  answered = null;

  constructor(store) {
    this.store = store;
    this.form = one("#composer");
    this.words = one("#words");
    this.tabs = one('[role="tablist"]', this.form);
    one("#send-key").textContent = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘ ↵" : "Ctrl ↵";
    rovingTabs(this.tabs, (tab) => this.choose(tab.dataset.mode));
    this.words.addEventListener("input", () => this.typed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    one("#split").addEventListener("click", () => this.submitInParts());
    one("#approve-first").addEventListener("click", () => {
      emit("approve", this.modes.reply?.to);
      this.focus();
    });
    one("#elsewhere-record").addEventListener("click", () => this.record());
    one("#elsewhere-link").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.record();
    });
    on("opened", (id) => this.open(id));
    on("detail", (detail) => this.allow(detail.compose));
    on("not-aimed", (compose) => {
      this.sendWhenKnown = false;
      this.allow(compose);
    });
    everySecond(() => this.drawUntil());
  }

  /** One may type at once; what the platform allows is known when the ticket is loaded. */
  open(ticket) {
    this.ticket = ticket;
    this.compose = null;
    this.answered = null;
    this.mode = "";
    this.sendWhenKnown = false;
    one("#elsewhere-link").value = "";
    this.elsewhereKey = newKey();
    show(this.form, ticket !== null);
    if (ticket === null) return;
    this.modes = expected(this.store.rows.get(ticket));
    this.choose(this.firstMode());
    for (const mode of MODES) this.drawTab(mode);
  }

  /** Takes what the platform allows now; keeps the chosen mode and the words. */
  allow(compose) {
    const before = this.tone(this.mode);
    const untouched = this.modes[this.mode]?.expected && !this.text() && document.activeElement !== this.words;
    this.compose = compose;
    this.modes = Object.fromEntries(MODES.map((mode) => [mode, compose[mode] ?? null]));
    for (const mode of MODES) this.drawTab(mode);
    if (this.modes[this.mode] && !untouched) this.draw();
    else this.choose(this.firstMode());
    // Who sent it at once meant those who were to read it then.
    if (this.sendWhenKnown && this.tone(this.mode) === before) this.submit();
    this.sendWhenKnown = false;
  }

  /** Another message is to be answered: the words stay, what the platform allows for that one comes. */
  aim() {
    this.compose = null;
    for (const mode of ["reply", "private"]) {
      if (this.modes[mode]) this.modes[mode] = { ...this.modes[mode], expected: true, allowed: false };
    }
    this.choose(this.mode === "note" ? "reply" : this.mode, { focus: true });
  }

  firstMode() {
    return MODES.find((mode) => this.modes[mode] && drafts.read(this.ticket, mode)) ?? this.firstUsable();
  }

  firstUsable() {
    const usable = ({ allowed, expected, elsewhere }) => allowed || expected || elsewhere;
    return MODES.find((mode) => this.modes[mode] && usable(this.modes[mode])) ?? "note";
  }

  drawTab(mode) {
    const tab = one(`#tab-${mode}`);
    show(tab, this.modes[mode]);
    tab.dataset.tone = this.tone(mode);
    const name = mode === "private" ? "private_reply" : this.tone(mode);
    setText(one("[data-f=label]", tab), t(`tab_${name}`));
  }

  tone(mode) {
    if (mode === "note") return "note";
    const { public: isPublic, group } = this.modes[mode] ?? {};
    if (isPublic) return "public";
    return group && mode === "reply" ? "group" : "private";
  }

  /** Switches the mode; each mode keeps its own words. */
  choose(mode, { focus = false } = {}) {
    if (!this.modes[mode]) return;
    if (mode !== this.mode) {
      this.mode = mode;
      this.words.value = drafts.read(this.ticket, mode);
      this.release();
      setText(one("#draft-state"), "");
    }
    this.draw();
    if (focus) this.focus();
  }

  focus() {
    if (this.modes[this.mode]?.elsewhere) return one("#elsewhere-link").focus();
    this.words.focus();
    this.words.setSelectionRange(this.words.value.length, this.words.value.length);
  }

  /** What had the focus is gone: it belongs to the words, or to what asks about them. */
  refocus() {
    if (one("#held").hidden) this.focus();
  }

  draw() {
    const rule = this.modes[this.mode];
    const tone = this.tone(this.mode);
    this.form.dataset.tone = tone;
    selectTab(this.tabs, one(`#tab-${this.mode}`));
    one("#compose-panel").setAttribute("aria-labelledby", `tab-${this.mode}`);
    setText(one("#words-label"), t(`write_${tone}`));
    this.words.placeholder = t(`write_${tone}`);
    this.words.readOnly = !this.mayWrite && !rule.expected;
    setClass(one("#rule"), "refused", !rule.allowed && !rule.expected);
    setClass(one("#rule"), "warned", rule.held);
    setText(one("#rule-text"), rule.expected ? t("loading") : rule.message || t("rule_note"));
    this.drawInstead(rule);
    this.drawNoAnswer();
    this.drawAnswerTo();
    setText(one("#send-label"), t(`send_${tone}`));
    this.drawUntil();
    this.measure();
  }

  /** Which message is answered, where there are several, or where the one the draft was begun for is not here any more. */
  drawAnswerTo() {
    const { about: text = "", about_sign: sign = "", choices = [], reply } = this.compose ?? {};
    const meant = drafts.target(this.ticket);
    const lost = Boolean(reply) && meant !== null && meant !== reply.to;
    show(one("#answer-to"), (choices.length || lost) && this.mode !== "note");
    setClass(one("#answer-to"), "lost", lost);
    const name = this.store.rows.get(this.ticket)?.name || t("unknown_author");
    setText(one("#answer-to-text"), choices.length || lost ? t(lost ? "answer_to_lost" : "answer_to", { name, words: newest({ text, sign }) }) : "");
  }

  /** Where the customer can be answered by hand, if not from here; and where that is told to us. */
  drawInstead(rule) {
    const link = one("#rule-instead");
    const address = webAddress(rule.instead);
    show(link, address);
    if (address) link.href = address;
    else link.removeAttribute("href");
    setText(link, address ? t(rule.elsewhere ? "open_page" : "open_on", { name: rule.label }) : "");
    show(one("#approve-first"), rule.held);
    const here = one("#compose-panel").contains(document.activeElement) && document.activeElement;
    show(one("#elsewhere"), rule.elsewhere);
    // Words that cannot be sent from here can be copied.
    show(this.words, !rule.elsewhere || this.text());
    show(one(".composer-foot", this.form), !rule.elsewhere);
    if (here && (here.closest("[hidden]") || (rule.elsewhere && here === this.words))) this.focus();
    setText(one("#elsewhere-error"), "");
  }

  /** Who can only write a note is told why. */
  drawNoAnswer() {
    const { reply } = this.modes;
    const closed = this.mode === "note" && reply && this.firstUsable() === "note";
    show(one("#no-answer"), closed);
    setText(one("#no-answer-text"), closed ? reply.message : "");
  }

  record() {
    const link = webAddress(one("#elsewhere-link").value.trim());
    setText(one("#elsewhere-error"), link ? "" : t("no_link"));
    one("#elsewhere-link").setAttribute("aria-invalid", String(!link));
    if (link) emit("answered-there", { ticket: this.ticket, link, key: this.elsewhereKey });
  }

  recorded(ticket) {
    if (ticket !== this.ticket) return;
    one("#elsewhere-link").value = "";
    this.elsewhereKey = newKey();
    this.answered = ticket;
    emit("rows");
  }

  giveBackLink(ticket, link) {
    if (ticket !== this.ticket) return;
    this.choose("reply", { focus: true });
    one("#elsewhere-link").value = link;
  }

  notRecorded(ticket, complaint) {
    if (ticket === this.ticket) setText(one("#elsewhere-error"), complaint);
  }

  /** The price of all that would leave, in one post or in several. Returns why it cannot be paid, "" where it can. */
  drawPrice(rule, posts) {
    const dear = (post) => Boolean(rule.link_cost) && rule.link_cost !== rule.cost && hasLink(post);
    const linked = this.mayWrite && posts.some(dear);
    const price = (post, place) => Number(dear(post) ? rule.link_cost : (place > 0 && rule.part_cost) || rule.cost);
    const total = this.mayWrite ? posts.reduce((sum, post, place) => sum + price(post, place), 0) : 0;
    const sentence = (linked ? "price_link" : "price") + (posts.length > 1 ? "_parts" : "");
    const tooDear = Boolean(rule?.left) && total > Number(rule.left) + 1e-9;
    setText(one("#price"), total ? t(sentence, { price: dollars(total) }) : "");
    setClass(one("#price"), "dear", linked || tooDear);
    return tooDear ? t("too_dear", { price: dollars(total), left: dollars(Number(rule.left)) }) : "";
  }

  /** Whether the platform lets us write in this mode at this moment. */
  get mayWrite() {
    const rule = this.modes[this.mode];
    return Boolean(rule?.allowed) && !(rule.until && rule.until <= now());
  }

  drawUntil() {
    const rule = this.modes[this.mode];
    const element = one("#rule-until");
    if (!rule?.allowed || !rule.until) return setText(element, "");
    const left = rule.until - now();
    if (left <= 0 && !this.words.readOnly) emit("window-closed");
    return setText(element, left > 0 ? t("window_left", { time: span(left) }) : t("window_over"));
  }

  text() {
    return this.words.value.trim();
  }

  /** Counts, and says why it cannot be sent. */
  measure() {
    const rule = this.modes[this.mode];
    const most = rule?.max ?? 0;
    const weigh = COUNTS[rule?.counts] ?? length;
    const long = weigh(this.text());
    const over = most ? long - most : 0;
    const counter = one("#counter");
    setText(counter, most ? `${number(long)} / ${number(most)}` : number(long));
    setClass(counter, "over", over > 0);
    this.offerParts(over > 0 && rule?.counts === "weighted" && this.mayWrite, most, weigh);
    const tooDear = this.drawPrice(rule, over > 0 ? this.pieces : [this.text()]);
    if (tooDear) show(one("#split"), false);
    this.complain(tooDear || (over > 0 ? tooLong(rule, over) : ""));
    const ready = this.mayWrite && long > 0 && over <= 0 && !tooDear;
    one("#send").setAttribute("aria-disabled", String(!ready));
    this.words.setAttribute("aria-invalid", String(over > 0));
    return ready;
  }

  offerParts(wanted, most, weigh) {
    this.pieces = wanted ? split(this.text(), most, weigh) : [];
    show(one("#split"), this.pieces.length > 1);
    if (this.pieces.length > 1) setText(one("#split-label"), count("split_into", this.pieces.length));
  }

  submitInParts() {
    if (this.pieces.length < 2) return;
    emit("submit", { ticket: this.ticket, mode: this.mode, tone: this.tone(this.mode), text: this.text(), pieces: this.pieces });
    this.refocus();
  }

  complain(sentence) {
    setText(one("#words-error"), sentence);
  }

  typed() {
    this.answered = null;
    drafts.keep(this.ticket, this.mode, this.words.value);
    setText(one("#draft-state"), this.words.value.trim() ? t("draft_kept") : "");
    this.measure();
    emit("typed", { ticket: this.ticket, mode: this.mode });
    emit("rows");
  }

  submit({ insist = false } = {}) {
    this.sendWhenKnown = Boolean(this.modes[this.mode]?.expected && this.text());
    if (!this.measure()) return;
    emit("submit", { ticket: this.ticket, mode: this.mode, tone: this.tone(this.mode), text: this.text(), insist });
  }

  /** The words went out: the field is free for the next. */
  sent() {
    this.answered = this.mode === "note" ? null : this.ticket;
    drafts.keep(this.ticket, this.mode, "");
    this.words.value = "";
    this.release();
    setText(one("#draft-state"), "");
    this.measure();
    emit("rows");
  }

  /** Gives words back to the one who wrote them; what is already typed stays in front. */
  giveBack(ticket, mode, text, complaint = "") {
    if (ticket === this.ticket) this.answered = null;
    const there = drafts.read(ticket, mode);
    const words = there && there.trim() !== text ? `${there}\n${text}` : text;
    drafts.keep(ticket, mode, words);
    if (ticket !== this.ticket) return;
    if (this.mode !== mode) this.choose(mode);
    this.words.value = words;
    this.measure();
    if (complaint) this.complain(complaint);
    this.focus();
  }

  /** Holds the message back with a reason; `items` are sentences, `insist` sends all the same. */
  hold(title, items, insist) {
    one("#held-title").textContent = title;
    one("#held-entries").replaceChildren(...items.map((words) => {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = words;
      return item;
    }));
    show(one("#held"), true);
    one("#held-insist").onclick = () => {
      this.release();
      insist();
      this.refocus();
    };
    one("#held-edit").onclick = () => {
      this.release();
      this.focus();
    };
    one("#held-edit").focus();
  }

  release() {
    show(one("#held"), false);
  }
}

function tooLong({ counts, label }, over) {
  return counts === "weighted" ? count("too_long_weighted", over, { name: label }) : count("too_long", over);
}

/** Which modes a ticket will have, to show before the server has said so; none can be sent in yet. */
function expected(row) {
  const mode = (isPublic) => ({ expected: true, allowed: false, public: isPublic });
  const direct = row?.kind === "direct";
  return { reply: { ...mode(!direct), group: row?.group ? 1 : 0 }, private: row?.kind === "comment" ? mode(false) : null, note: mode(false) };
}
