/* Puts the inbox together. */
import { one, readJson } from "../core/dom.js";
import { count, t } from "../core/strings.js";
import { emit, on } from "../core/bus.js";
import { heard } from "../core/time.js";
import { allowSingleKeys, listen } from "../core/keys.js";
import { say } from "../core/a11y.js";
import { confirm } from "../core/confirm.js";
import { save } from "../core/preferences.js";
import { Notifications } from "../core/notifications.js";
import { toast } from "../core/toast.js";
import { Store } from "./store.js";
import { List } from "./list.js";
import { Thread } from "./thread.js";
import { Composer } from "./composer.js";
import { Sending, sentence } from "./sending.js";
import { Company } from "./company.js";
import { AssignDialog, availability, teamPanel } from "./people.js";
import { Views, addressOf, emptyState, placeOf } from "./views.js";
import { customerPanel } from "./customer.js";
import { Sorting } from "./sorting.js";
import { Feed } from "./feed.js";
import { panes, phone } from "./panes.js";
import { change, register } from "./commands.js";

const OPEN_AFTER = 80;
const FIND_AFTER = 250;

class Inbox {
  constructor(boot) {
    this.slug = boot.workspace.slug;
    this.connected = boot.connected ?? true;
    this.store = new Store(boot);
    this.store.takePage(boot.view, boot.list);
    this.list = new List(this.store);
    this.thread = new Thread(this.store);
    this.composer = new Composer(this.store);
    this.sending = new Sending(this.store, this.thread, this.composer, confirm);
    this.feed = new Feed(this.store, this.thread, boot);
    this.company = new Company(this.store, this.feed.live);
    this.views = new Views(this.store, (view) => this.go(view), boot.only);
    this.assignDialog = new AssignDialog(this.store, (id) => this.assign(id));
    this.listen();
  }

  listen() {
    on("choose", ({ id }) => this.choose(id));
    on("back", () => this.back());
    on("listed", () => this.drawEmpty());
    on("row", ({ row, old }) => this.moveOn(row, old));
    on("window-closed", () => this.thread.refresh({ whole: true }));
    on("trouble", (problem) => toast(sentence(problem)));
    on("row", ({ row, old }) => this.announce(row, old));
    one("#search").addEventListener("input", () => this.find());
    one("#search").addEventListener("keydown", (event) => this.openFound(event));
    one("#side-tickets").addEventListener("click", (event) => this.followLink(event));
    addEventListener("popstate", () => this.arrive(placeOf(location.pathname)));
  }

  drawEmpty() {
    emptyState(this.store, { shown: this.list.ids.length, connected: this.connected, loading: this.feed.loading });
  }

  start(boot) {
    panes();
    customerPanel(this.store, this.slug);
    this.sorting = new Sorting(this.store, this.thread);
    const told = new Notifications(boot.notifications, `/w/${this.slug}/inbox/open/`, (id) => this.choose(id));
    on("notify", (item) => told.add(item));
    for (const news of ["notified", "anew"]) on(news, () => told.load());
    teamPanel(this.store);
    availability(this.store);
    register(this);
    shortcutSwitch(boot.me.shortcuts);
    listen();
    this.list.reset();
    this.restoreScroll();
    if (boot.ticket !== null) this.show(boot.ticket);
    emit("listed");
    this.feed.start();
    performance.mark("inbox:ready");
    document.dispatchEvent(new CustomEvent("socialcare:ready"));
  }

  // Where we are

  /** Opens a ticket and writes it into the address. */
  choose(id, { replace = false } = {}) {
    const address = addressOf(this.slug, this.store, id);
    const fromList = this.thread.id === null;
    if (replace || !fromList) history.replaceState({ fromList: history.state?.fromList }, "", address);
    else history.pushState({ fromList: true }, "", address);
    this.show(id);
  }

  show(id) {
    clearTimeout(this.opening);
    this.list.select(id);
    this.thread.open(id);
    document.body.dataset.ticket = String(id);
    this.list.refresh();
    this.title();
    if (phone.matches) one("#thread-title").focus();
  }

  title() {
    const name = this.thread.id === null ? "" : `${this.thread.row?.name || t("unknown_author")} · `;
    document.title = `${name}${this.views.title()} · Socialcare`;
  }

  /** The next row becomes active at once; its thread opens when the keys rest. */
  move(step) {
    const id = this.list.neighbour(step);
    if (id !== null && id !== undefined) this.moveTo(id);
  }

  moveTo(id) {
    this.list.select(id);
    this.list.grid.focus({ preventScroll: true });
    clearTimeout(this.opening);
    this.opening = setTimeout(() => this.settle(), OPEN_AFTER);
  }

  /** Opens the active row if the keys moved on from the open one; false when no ticket is open. */
  settle() {
    clearTimeout(this.opening);
    const { active } = this.list;
    if (active !== null && active !== this.thread.id) this.choose(active);
    return this.thread.id !== null;
  }

  go(view) {
    one("#search").value = "";
    history.pushState({}, "", addressOf(this.slug, { view }, null));
    this.close();
    this.store.show(view);
    this.title();
    this.list.grid.focus({ preventScroll: true });
  }

  close() {
    clearTimeout(this.opening);
    this.list.active = null;
    this.list.activeIndex = 0;
    delete document.body.dataset.ticket;
    this.thread.open(null);
    this.list.refresh();
  }

  back() {
    if (history.state?.fromList) return history.back();
    history.replaceState({}, "", addressOf(this.slug, this.store, null));
    this.arrive({ view: this.store.view, ticket: null });
    return undefined;
  }

  arrive(place) {
    if (!place) return;
    if (location.search.slice(1) !== this.store.only) return location.reload();
    const last = place.view === this.store.view ? this.list.active : null;
    if (place.view !== this.store.view) this.store.show(place.view);
    if (place.ticket === null) {
      this.close();
      if (last !== null) this.list.select(last);
      this.list.grid.focus({ preventScroll: true });
    } else this.show(place.ticket);
    this.title();
  }

  /** Esc: out of a field to the list, out of a search to the view, on a phone back to the list. */
  leave() {
    const there = [one("#search"), this.list.grid, document.body];
    if (one("#search").value && there.includes(document.activeElement)) this.endSearch();
    if (phone.matches && this.thread.id !== null) return this.back();
    return this.list.grid.focus({ preventScroll: true });
  }

  followLink(event) {
    const link = event.target.closest("a[data-ticket]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    this.arrive(placeOf(link.pathname));
  }

  find() {
    clearTimeout(this.finding);
    const words = one("#search").value;
    this.feed.loading = Boolean(words.trim());
    this.store.show(this.store.view, words, this.store.only);
    this.title();
    this.finding = setTimeout(() => { if (words.trim()) this.feed.load(); }, FIND_AFTER);
  }

  endSearch() {
    one("#search").value = "";
    this.find();
    if (this.list.active !== null) this.list.select(this.list.active);
  }

  /** From the search, Enter opens what was found first, and Down goes there. */
  openFound(event) {
    const wanted = event.key === "ArrowDown" || (event.key === "Enter" && this.store.query);
    const first = this.list.ids.find((id) => this.store.order.has(id));
    if (!wanted || event.isComposing || first === undefined) return;
    event.preventDefault();
    if (event.key === "ArrowDown") return this.moveTo(first);
    this.choose(first);
    if (!phone.matches) this.list.grid.focus({ preventScroll: true });
  }

  restoreScroll() {
    const name = `scroll:${this.store.view}`;
    this.list.grid.scrollTop = Number(sessionStorage.getItem(name) ?? 0);
    addEventListener("pagehide", () => sessionStorage.setItem(`scroll:${this.store.view}`, String(this.list.grid.scrollTop)));
  }

  // What is done to a ticket

  write(mode) {
    this.composer.choose(mode, { focus: true });
  }

  async resolve() {
    const { id, row } = this.thread;
    if (row.st === "resolved") return this.reopen();
    if (await change(this.store, id, "resolve", {}, { st: "resolved", due: null })) {
      toast(t("resolved"), { label: t("reopen"), run: () => this.reopen(id) });
    }
    return undefined;
  }

  /** My answer sent the open ticket out of the view: the keys are the list's again, unless I write on. */
  moveOn(row, old) {
    const left = row.id === this.thread.id && old && this.store.belongs(old) && !this.store.belongs(row);
    if (!left || this.composer.answered !== row.id || this.composer.text()) return;
    if (one("#composer").contains(document.activeElement)) this.list.grid.focus({ preventScroll: true });
  }

  /** The customer may have a newer ticket in the same thread: then that one opens. */
  async reopen(id = this.thread.id) {
    const row = await change(this.store, id, "reopen", {}, { st: "open" });
    if (row && row.id !== id) this.choose(row.id);
  }

  async assign(who) {
    const { id } = this.thread;
    const done = await change(this.store, id, "assign", { assignee: who }, { who });
    if (done) toast(who === null ? t("unassigned") : t("assigned_to", { name: this.store.nameOf(who) }));
  }

  /** To the tags, at the side that opens for them. */
  tags() {
    if (one("#side").hidden) one("#toggle-side").click();
    this.sorting.focusTags();
  }

  /** Tells of tickets that came in and of those that ran late, never row by row. */
  announce(row, old) {
    if (!old && this.store.belongs(row)) say("tickets", (total) => count("tickets_new", total));
    if (old && row.breached && !old.breached) say("late", (total) => count("tickets_late", total));
  }
}

/** The same preference in the help sheet and in "My preferences". */
function shortcutSwitch(allowed) {
  const here = one("#help-shortcuts");
  const there = one('#preference-fields [name="shortcuts"]');
  here.checked = allowed;
  allowSingleKeys(allowed);
  here.addEventListener("change", () => {
    there.checked = here.checked;
    save(there);
  });
  on("shortcuts", (value) => {
    here.checked = value;
    allowSingleKeys(value);
  });
}

const boot = readJson("boot");
heard(boot.now, performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0));
new Inbox(boot).start(boot);
