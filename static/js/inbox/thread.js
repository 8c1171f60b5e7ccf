/* The open ticket: what was said, kept up to date; older pages on the way up. */
import { one, setText, show } from "../core/dom.js";
import { everySecond } from "../core/time.js";
import { count, t } from "../core/strings.js";
import { emit, on } from "../core/bus.js";
import { get, post } from "../core/api.js";
import * as drafts from "../core/drafts.js";
import { say } from "../core/a11y.js";
import { drawHead, drawOthers, drawStory, drawTrouble } from "./frame.js";
import { fillClock } from "./row.js";
import { Entries } from "./entries.js";

const PAGE = 50;
const NEAR_BOTTOM = 90;
const WORDS_IN_SIGHT = 40;
const REFRESH_AFTER = 250;

export class Thread {
  id = null;
  detail = null;
  /** The message somebody chose to answer; null: the newest that stands. */
  target = null;
  cursor = null;
  seq = 0;
  /** What is fetched may be older than what was told meanwhile. */
  again = false;
  /** All that was said up to this number stands on the page. */
  shown = 0;
  /** All that was said up to this number the agent has seen who writes now; null: nobody writes. */
  writtenFrom = null;
  unseen = 0;

  constructor(store) {
    this.store = store;
    this.scroller = one("#messages");
    this.entries = new Entries(one("#entries"), () => this.context());
    this.listen();
  }

  /** What the renderer of entries asks about. */
  context() {
    const { can = [], can_own: canOwn = [], choices = [] } = this.detail?.compose ?? {};
    const { to, group, label, place, entries } = this;
    const waits = this.row?.st !== "resolved";
    const asked = { answered: (entry) => entries.answered(entry), ownAnswer: (entry) => entries.ownAnswer(entry) };
    return { can, canOwn, choices, to, waits, group, label, place, me: this.store.me, ...asked };
  }

  listen() {
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    one("#older button").addEventListener("click", () => this.loadOlder());
    one("#to-bottom").addEventListener("click", () => this.toBottom());
    one("#thread-failed button").addEventListener("click", () => this.load());
    document.addEventListener("visibilitychange", () => this.markSeen());
    new ResizeObserver(() => this.atBottom && this.toBottom()).observe(this.scroller);
    on("row", ({ row }) => { if (row.id === this.id) this.rowChanged(); });
    on("typed", ({ mode }) => this.keepTarget(mode));
    on("people", () => { if (this.id !== null) this.drawHead(); });
    everySecond(() => this.tick());
  }

  get row() {
    return this.store.rows.get(this.id) ?? this.detail;
  }

  get address() {
    return `tickets/${this.id}/${this.target === null ? "" : `?to=${this.target}`}`;
  }

  /** The message an answer goes to. */
  get to() {
    return this.detail?.compose?.reply?.to ?? null;
  }

  /** How many people of a group read along; 0 where it is none. */
  get group() {
    return this.detail?.compose?.reply?.group ?? 0;
  }

  get place() {
    const name = `place_${this.row?.ch}`;
    return t(name) === name ? this.label : t(name);
  }

  get label() {
    return this.detail?.compose?.reply?.label || t(`channel_${this.row?.ch}`);
  }

  // Opening

  open(id) {
    if (this.id === id) return;
    this.id = id;
    this.detail = null;
    this.target = id === null ? null : drafts.target(id);
    this.cursor = null;
    this.seq = 0;
    this.shown = 0;
    this.writtenFrom = null;
    this.unseen = 0;
    this.atBottom = true;
    this.entries.clear();
    show(one("#thread-empty"), id === null);
    show(one("#thread-frame"), id !== null);
    show(one("#story"), false);
    show(one("#others"), false);
    emit("opened", id);
    if (id === null) return;
    this.drawHead();
    this.load();
  }

  async load() {
    const { id } = this;
    show(one("#thread-failed"), false);
    const slow = setTimeout(() => show(one("#thread-loading"), this.id === id && !this.detail), 300);
    try {
      const [detail, page] = await Promise.all([
        get(this.address),
        get(`tickets/${id}/entries/?limit=${PAGE}`),
      ]);
      if (this.id === id) this.loaded(detail, page);
    } catch (problem) {
      if (this.id === id) this.failed(problem);
    } finally {
      clearTimeout(slow);
      if (this.id === id) show(one("#thread-loading"), false);
    }
  }

  loaded(detail, page) {
    this.cursor = page.before;
    this.takeEntries(page);
    this.takeDetail(detail);
    this.toBottom();
    this.showWords();
    this.markSeen();
    emit("loaded", detail);
  }

  /** Where only events would be in sight, what was said last is. */
  showWords() {
    const above = this.entries.lastSaid()?.getBoundingClientRect().bottom - this.scroller.getBoundingClientRect().top;
    if (!(above < WORDS_IN_SIGHT)) return;
    this.atBottom = false;
    this.scroller.scrollTop += above - this.scroller.clientHeight / 2;
  }

  failed(problem) {
    one("#thread-failed p").textContent = problem.status ? problem.message : t("cannot_load");
    show(one("#thread-failed"), true);
  }

  takeDetail(detail) {
    const before = offered(this.detail);
    this.detail = detail;
    this.store.seen.set(detail.id, Math.max(detail.seen ?? 0, this.store.seen.get(detail.id) ?? 0));
    this.store.put(rowOf(detail));
    this.drawHead();
    drawStory(detail.story);
    drawOthers(detail.others ?? [], this.group);
    drawTrouble(detail.account);
    if (offered(detail) !== before) this.entries.refill();
    emit("detail", detail);
  }

  /** From now on an answer goes to this message; what the platform allows for it is asked anew. */
  async aim(message) {
    const { id, target } = this;
    this.retarget(message);
    try {
      const detail = await get(this.address);
      if (this.id === id && this.target === message) this.takeDetail(detail);
    } catch (problem) {
      if (this.id !== id || this.target !== message) return;
      this.retarget(target);
      emit("not-aimed", this.detail.compose);
      emit("trouble", problem);
    }
  }

  /** Words that are being written stay with the message they were begun for, whatever is said meanwhile. */
  keepTarget(mode) {
    this.writtenFrom ??= this.shown;
    if (mode !== "note" && this.row?.kind !== "direct") this.retarget(this.target ?? this.to);
  }

  /** The choice is kept as long as the words are. */
  retarget(message) {
    this.target = message;
    drafts.aim(this.id, message);
  }

  /** The answer is on its way: the next one goes to the newest again. */
  letGo(ticket) {
    drafts.aim(ticket, null);
    if (this.id === ticket) this.target = this.writtenFrom = null;
  }

  /** What colleagues have answered since the words in the composer were begun. */
  answeredMeanwhile() {
    const from = this.writtenFrom ?? this.shown;
    return this.entries.sorted.filter(({ type, origin, agent, state, seq }) => type === "message" && origin === "agent"
      && agent !== this.store.me.id && seq > from && !["failed", "cancelled"].includes(state));
  }

  /** The agent was shown these. */
  read(entries) {
    this.shown = Math.max(this.shown, ...entries.map((entry) => entry.seq ?? 0));
    this.writtenFrom = this.shown;
  }

  takeEntries(page) {
    const wasAtBottom = this.atBottom;
    this.seq = Math.max(this.seq, page.seq ?? 0);
    this.shown = Math.max(this.shown, this.seq);
    const fresh = this.entries.take(page.items);
    show(one("#older"), this.cursor);
    if (wasAtBottom) this.toBottom();
    return fresh;
  }

  // Keeping up

  /** Something was said or changed here; fetches at most one answer at a time. */
  refresh({ whole = false } = {}) {
    this.wantsDetail ||= whole;
    this.again = true;
    if (this.refreshing || !this.detail) return;
    this.refreshing = setTimeout(() => this.fetchNews(), whole ? REFRESH_AFTER : 0);
  }

  async fetchNews() {
    const { id, wantsDetail, target } = this;
    this.wantsDetail = false;
    this.again = false;
    let stale = false;
    try {
      const pages = [get(`tickets/${id}/entries/?after_seq=${this.seq}`)];
      if (wantsDetail) pages.push(get(`tickets/${id}/entries/?limit=${PAGE}`), get(this.address));
      const [missed, newest, detail] = await Promise.all(pages);
      if (this.id === id) {
        stale = Boolean(detail) && (target !== this.target || detail.v < this.row.v);
        if (detail && !stale) this.takeDetail(detail);
        if (newest) missed.items.push(...newest.items);
        this.news(this.takeEntries(missed));
      }
    } catch {
      this.wantsDetail ||= wantsDetail;
      this.again = false;
    } finally {
      this.refreshing = null;
    }
    // What changed while the answer was on its way may not be in it.
    if (stale || this.again) this.refresh({ whole: stale });
  }

  news(fresh) {
    const theirs = fresh.filter((entry) => entry.origin === "customer");
    if (theirs.length) {
      const name = theirs.at(-1).who || t("unknown_author");
      say("messages", (total) => count("said_new", total, { name }), theirs.length);
    }
    if (!this.atBottom && fresh.some((entry) => entry.type !== "event")) {
      this.unseen += fresh.filter((entry) => entry.type !== "event").length;
      setText(one("#to-bottom span"), count("new_messages", this.unseen));
      show(one("#to-bottom"), true);
    }
    this.markSeen();
  }

  async messageChanged(id) {
    const ticket = this.id;
    try {
      const { entry } = await get(`messages/${id}/`);
      if (this.id === ticket) this.takeEntries({ items: [entry] });
    } catch {
      this.refresh();
    }
  }

  rowChanged() {
    this.drawHead();
    if (this.detail && this.row.v !== this.detail.v) this.refresh({ whole: true });
  }

  markSeen() {
    const { row, id } = this;
    if (!row || !this.detail || document.hidden) return;
    const seq = Math.max(row.seq, this.entries.lastSeq());
    if (seq <= (this.store.seen.get(id) ?? 0)) return;
    this.store.setSeen(id, seq);
    post(`tickets/${id}/seen/`, { seq }).catch(() => undefined);
  }

  // Drawing

  drawHead() {
    if (this.row) drawHead(this.row, this.detail, this.group, this.store);
  }

  tick() {
    if (!this.row) return;
    fillClock(one("#thread-sla"), this.row);
    this.entries.tick();
  }

  // Scrolling

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.atBottom = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    if (this.atBottom) {
      this.unseen = 0;
      show(one("#to-bottom"), false);
    }
    if (scrollTop < 240 && this.cursor) this.loadOlder();
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atBottom = true;
    this.unseen = 0;
    show(one("#to-bottom"), false);
  }

  async loadOlder() {
    if (this.loadingOlder || !this.cursor) return;
    const { id } = this;
    this.loadingOlder = true;
    try {
      const page = await get(`tickets/${id}/entries/?limit=${PAGE}&before=${encodeURIComponent(this.cursor)}`);
      if (this.id === id) this.putAbove(page);
    } catch (problem) {
      emit("trouble", problem);
    } finally {
      this.loadingOlder = false;
    }
  }

  /** Older messages come in above while the ones in sight stay where they are. */
  putAbove(page) {
    const fromBottom = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.cursor = page.before;
    this.entries.take(page.items);
    show(one("#older"), this.cursor);
    this.scroller.scrollTop = this.scroller.scrollHeight - fromBottom;
  }
}

/** What entries show of what may be written. */
function offered(detail) {
  const { choices, reply } = detail?.compose ?? {};
  return JSON.stringify([choices, reply?.to, detail?.st]);
}

/** The list record inside a detail. */
function rowOf(detail) {
  const { contact, account, story, others, follows, compose, timers, assignee, seen, ...row } = detail;
  return row;
}
