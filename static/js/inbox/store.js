/* The tickets known to this browser, which of them the view shows, and who is there. */
import { emit } from "../core/bus.js";
import { plain } from "../core/text.js";
import { Order, before, keyOf } from "./order.js";

const MOST_ROWS = 8000;

const BELONGS = {
  open: (row) => row.st === "open",
  mine: (row, me) => row.st === "open" && row.who === me,
  unassigned: (row) => row.st === "open" && row.who === null,
  breached: (row) => row.st === "open" && row.breached,
  pending: (row) => row.st === "pending",
  resolved: (row) => row.st === "resolved",
};

export class Store {
  rows = new Map();
  seen = new Map();
  people = new Map();
  counts = { open: 0, unassigned: 0, breached: 0, pending: 0, by: {} };
  order = new Order();
  /** What is searched for, as typed and as compared. */
  words = "";
  query = "";
  /** The address of a figure's tickets, "only=late&account=3", where the list is narrowed to them. */
  only = "";
  /** What the search or the figure brought, whatever its view: ids, and the cursor of the next page. */
  found = { ids: new Set(), cursor: null };
  /** Per view: `cursor` of the next page (null: no more), `bound` the key up to which all is loaded. */
  loaded = new Map();

  constructor(boot) {
    this.me = boot.me;
    this.view = boot.view;
    if (boot.only) this.only = location.search.slice(1);
    this.setPeople(boot.people);
    this.setCounts(boot.counts);
  }

  belongs(row, view = this.view) {
    return BELONGS[view](row, this.me.id);
  }

  isUnread(row) {
    return row.cseq > (this.seen.get(row.id) ?? 0);
  }

  setSeen(id, seq) {
    this.seen.set(id, seq);
    emit("rows");
  }

  /** Counts come more often than people: they also say how many tickets each of them has. */
  setCounts(counts) {
    this.counts = counts;
    for (const person of this.people.values()) person.load = counts.by?.[person.id] ?? 0;
    emit("counts", counts);
    emit("people");
  }

  setPeople(people) {
    for (const person of people) this.people.set(person.id, { ...this.people.get(person.id), ...person });
    emit("people");
  }

  nameOf(id) {
    return this.people.get(id)?.name ?? "";
  }

  /** Takes a row unless a newer one is known; tells who listens. */
  put(row) {
    const old = this.rows.get(row.id);
    if (old && old.v > row.v) return;
    this.rows.set(row.id, row);
    this.file(row);
    emit("row", { row, old });
    emit("rows");
    if (this.rows.size > MOST_ROWS) this.forgetSome();
  }

  file(row) {
    if (this.shows(row)) this.order.place(row.id, this.keyOf(row));
    else this.order.remove(row.id);
  }

  keyOf(row) {
    if (this.query) return keyOf(row, "found");
    return keyOf(row, this.only ? "open" : this.view);
  }

  /** The server chose the rows: by words or by a figure. */
  get chosen() {
    return Boolean(this.query || this.only);
  }

  shows(row) {
    if (this.chosen && this.found.ids.has(row.id)) return true;
    if (this.only && !this.query) return false;
    if (!this.belongs(row)) return false;
    if (this.query) return plain(row.name ?? "").includes(this.query);
    const bound = this.loaded.get(this.view)?.bound;
    return !bound || !before(bound, keyOf(row, this.view));
  }

  /** Takes a page of the list API for a view; `exact` also forgets rows it should have named. */
  takePage(view, answer, { from = null, exact = false } = {}) {
    for (const [id, seq] of Object.entries(answer.seen ?? {})) this.seen.set(Number(id), seq);
    const last = answer.items.at(-1);
    const bound = answer.next && last ? keyOf(last, view) : null;
    const known = this.loaded.get(view);
    if (this.chosen) this.takeFound(answer, exact && !this.query);
    else if (!(exact && known)) this.loaded.set(view, { cursor: answer.next, bound });
    if (exact && !this.chosen) this.forgetMissing(view, answer.items, from, bound);
    for (const row of answer.items) {
      const old = this.rows.get(row.id);
      if (!old || old.v <= row.v) this.rows.set(row.id, row);
    }
    if (answer.counts) this.setCounts(answer.counts);
    if (view === this.view) this.refile();
  }

  /** `anew`: this is the first page as it is now; what was further down stays where it reaches no further. */
  takeFound(answer, anew) {
    if (anew && !answer.next) this.found.ids.clear();
    if (!anew || !answer.next) this.found.cursor = answer.next;
    for (const { id } of answer.items) this.found.ids.add(id);
  }

  forgetMissing(view, items, from, bound) {
    const named = new Set(items.map((row) => row.id));
    for (const row of [...this.rows.values()]) {
      if (!this.belongs(row, view) || named.has(row.id)) continue;
      const key = keyOf(row, view);
      if ((!from || before(from, key)) && (!bound || before(key, bound))) this.rows.delete(row.id);
    }
  }

  show(view, query = "", only = "") {
    this.view = view;
    this.only = only;
    this.words = query.trim();
    this.query = plain(this.words);
    this.found = { ids: new Set(), cursor: null };
    this.refile();
    emit("view");
  }

  refile() {
    this.order = new Order();
    const shown = [...this.rows.values()].filter((row) => this.shows(row));
    const keyed = shown.map((row) => [row.id, this.keyOf(row)]);
    keyed.sort((a, b) => a[1][0] - b[1][0] || a[1][1] - b[1][1]);
    for (const [id, key] of keyed) {
      this.order.ids.push(id);
      this.order.keys.set(id, key);
    }
    emit("rows");
  }

  /** After a gap nothing known may be trusted. */
  forgetAll(except) {
    const kept = this.rows.get(except);
    this.rows.clear();
    this.loaded.clear();
    if (kept) this.rows.set(kept.id, kept);
  }

  forgetSome() {
    for (const row of this.rows.values()) {
      if (this.rows.size <= MOST_ROWS * 0.75) return;
      if (!this.order.has(row.id)) this.rows.delete(row.id);
    }
  }
}
