/* The list: only the rows in sight exist; none moves under the pointer or under the keys. */
import { one, setText, show } from "../core/dom.js";
import { everySecond } from "../core/time.js";
import { count, t } from "../core/strings.js";
import { emit, on } from "../core/bus.js";
import { singleKeysAllowed, sinceKey } from "../core/keys.js";
import { HEIGHT, fillRow, makeRow, tickRow } from "./row.js";
import { arrange, withGhost } from "./order.js";

const OVERSCAN = 6;
const REST_AFTER_INPUT = 1500;
const PAINT_EVERY = 100;
const PAGE_AHEAD = 40;

export class List {
  ids = [];
  shownKeys = new Map();
  nodes = new Map();
  pool = [];
  active = null;
  activeIndex = 0;
  pointerInside = false;
  pressedAt = -Infinity;
  newcomers = new Set();
  painted = new Set();
  lastPaint = 0;

  constructor(store) {
    this.store = store;
    this.grid = one("#rows");
    this.pill = one("#newcomers");
    this.space = document.createElement("div");
    this.space.className = "rows-space";
    this.space.setAttribute("role", "presentation");
    this.grid.append(this.space);
    this.listen();
  }

  listen() {
    this.grid.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.grid.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") this.pointerInside = true; });
    this.grid.addEventListener("pointerleave", () => { this.pointerInside = false; this.refresh(); });
    this.grid.addEventListener("pointerdown", () => { this.pressedAt = performance.now(); });
    this.grid.addEventListener("click", (event) => this.clicked(event));
    this.pill.addEventListener("click", () => this.showNewcomers());
    new ResizeObserver(() => { this.height = this.grid.clientHeight; this.draw(); }).observe(this.grid);
    this.height = this.grid.clientHeight;
    on("rows", () => this.refresh());
    on("view", () => this.reset());
    everySecond(() => this.tick());
  }

  // What is shown

  /** Paints soon; many changes at once cost one paint. */
  refresh() {
    if (this.waiting) return;
    const wait = this.lastPaint + PAINT_EVERY - performance.now();
    this.waiting = true;
    if (wait > 0) setTimeout(() => requestAnimationFrame(() => this.update()), wait);
    else requestAnimationFrame(() => this.update());
  }

  update() {
    this.waiting = false;
    this.lastPaint = performance.now();
    this.rearrange(this.frozen() ? this.inSight() : []);
    this.draw();
    emit("listed");
  }

  frozen() {
    const since = Math.min(sinceKey(), performance.now() - this.pressedAt);
    const resting = since > REST_AFTER_INPUT;
    if (!resting && !this.thaw) {
      this.thaw = setTimeout(() => { this.thaw = null; this.refresh(); }, REST_AFTER_INPUT - since + 20);
    }
    return this.ids.length > 0 && (this.pointerInside || !resting);
  }

  inSight() {
    const first = Math.floor(this.grid.scrollTop / HEIGHT);
    return this.ids.slice(first, Math.ceil((this.grid.scrollTop + this.height) / HEIGHT));
  }

  /** Takes over the store's order, keeping `pinned` rows and the first row in sight where they are. */
  rearrange(pinned) {
    const { order } = this.store;
    const was = new Set(this.ids);
    const anchor = pinned[0] ?? (this.grid.scrollTop > 0 ? this.inSight()[0] : undefined);
    const anchorAt = this.ids.indexOf(anchor);
    const top = this.grid.scrollTop;
    let { ids, held } = arrange(order, pinned, this.shownKeys);
    ids = withGhost(ids, order, this.active, this.shownKeys.get(this.active));
    const shift = anchorAt < 0 ? 0 : (ids.indexOf(anchor) - anchorAt) * HEIGHT;
    const room = ids.length * HEIGHT - this.height;
    if (pinned.length && shift && (top + shift < 0 || top + shift > room)) return this.note(held, was);
    this.adopt(ids, new Set(pinned));
    if (shift && ids.includes(anchor)) {
      this.stretch();
      this.grid.scrollTop = top + shift;
    }
    return this.note(held, was);
  }

  adopt(ids, pinned) {
    const keys = new Map();
    for (const id of ids) {
      const key = pinned.has(id) || !this.store.order.has(id) ? this.shownKeys.get(id) : this.store.order.keys.get(id);
      if (key) keys.set(id, key);
    }
    this.ids = ids;
    this.shownKeys = keys;
    const at = ids.indexOf(this.active);
    if (at >= 0) this.activeIndex = at;
  }

  /** Remembers who came above the rows in sight, or waits to come between them. */
  note(held, was) {
    const places = new Map(this.ids.map((id, index) => [id, index]));
    const firstInSight = Math.floor(this.grid.scrollTop / HEIGHT);
    const news = was.size ? this.store.order.ids.filter((id) => !was.has(id)) : [];
    for (const id of [...held, ...news]) this.newcomers.add(id);
    for (const id of this.newcomers) {
      const inSightOrBelow = (places.get(id) ?? -1) >= firstInSight;
      if (inSightOrBelow || !this.store.order.has(id)) this.newcomers.delete(id);
    }
    this.drawPill();
  }

  drawPill() {
    show(this.pill, this.newcomers.size > 0);
    if (this.newcomers.size) setText(this.pill.lastElementChild, count("newcomers", this.newcomers.size));
  }

  showNewcomers() {
    this.pointerInside = false;
    this.newcomers.clear();
    this.rearrange([]);
    this.grid.scrollTop = 0;
    this.draw();
    this.drawPill();
    this.grid.focus({ preventScroll: true });
  }

  reset() {
    this.newcomers.clear();
    this.shownKeys = new Map();
    this.ids = [];
    this.grid.scrollTop = 0;
    this.rearrange([]);
    this.draw();
    this.drawPill();
  }

  // Painting

  stretch() {
    const height = `${this.ids.length * HEIGHT}px`;
    if (this.space.style.height !== height) this.space.style.height = height;
  }

  draw() {
    this.stretch();
    const top = this.grid.scrollTop;
    const from = Math.max(0, Math.floor(top / HEIGHT) - OVERSCAN);
    const to = Math.min(this.ids.length, Math.ceil((top + this.height) / HEIGHT) + OVERSCAN);
    const wanted = new Map();
    for (let index = from; index < to; index += 1) wanted.set(this.ids[index], index);
    const activeAt = this.ids.indexOf(this.active);
    if (activeAt >= 0) wanted.set(this.active, activeAt);
    this.retire(wanted);
    const fresh = document.createDocumentFragment();
    for (const [id, index] of wanted) this.drawRow(id, index, fresh);
    if (fresh.childElementCount) this.grid.append(fresh);
    this.grid.setAttribute("aria-rowcount", String(this.ids.length));
    if (activeAt >= 0) this.grid.setAttribute("aria-activedescendant", `t${this.active}`);
    else this.grid.removeAttribute("aria-activedescendant");
    this.announcePainted(wanted);
  }

  retire(wanted) {
    for (const [id, node] of this.nodes) {
      if (wanted.has(id)) continue;
      node.remove();
      this.nodes.delete(id);
      this.pool.push(node);
    }
  }

  drawRow(id, index, fresh) {
    const row = this.store.rows.get(id) ?? this.ghostRow(id);
    let node = this.nodes.get(id);
    if (!node) {
      node = this.pool.pop() ?? makeRow();
      this.nodes.set(id, node);
      fresh.append(node);
    }
    if (!row) return;
    this.remember(id, row);
    fillRow(node, row, {
      unread: this.store.isUnread(row),
      me: this.store.me.id,
      assignee: row.who === null ? "" : this.store.nameOf(row.who),
      ghost: this.store.order.has(id) ? "" : this.farewell(row),
    });
    const place = `translateY(${index * HEIGHT}px)`;
    if (node.style.transform !== place) node.style.transform = place;
    node.setAttribute("aria-rowindex", String(index + 1));
    node.setAttribute("aria-selected", String(id === this.active));
  }

  /** A row forgotten by the store can still be on the screen. */
  remember(id, row) {
    if (id === this.active) this.lastActive = row;
  }

  ghostRow(id) {
    return this.lastActive?.id === id ? this.lastActive : null;
  }

  /** Why a row is here although the view no longer holds it. */
  farewell(row) {
    const { store } = this;
    const handed = (store.view === "mine" || store.view === "unassigned") && row.st === "open" && !store.belongs(row);
    const name = handed ? store.nameOf(row.who) : "";
    const left = { resolved: "ghost_resolved", pending: "ghost_answered" }[row.st === store.view ? "" : row.st];
    const reason = left ?? (name ? "ghost_assigned" : store.belongs(row) ? "ghost_unfound" : "ghost_gone");
    return singleKeysAllowed() ? `${t(reason, { name })} ${t("press_j")}` : t(reason, { name });
  }

  announcePainted(wanted) {
    for (const id of wanted.keys()) {
      if (this.painted.has(id)) continue;
      this.painted.add(id);
      document.dispatchEvent(new CustomEvent("socialcare:painted", { detail: { ticket: id } }));
    }
  }

  tick() {
    for (const [id, node] of this.nodes) {
      const row = this.store.rows.get(id);
      if (row) tickRow(node, row);
    }
  }

  scrolled() {
    this.draw();
    if (this.newcomers.size && this.grid.scrollTop < HEIGHT / 2) this.note([], new Set());
    const last = Math.ceil((this.grid.scrollTop + this.height) / HEIGHT);
    if (last + PAGE_AHEAD > this.ids.length) emit("more");
  }

  // Choosing

  /** Makes a ticket the active one and brings it into sight. */
  select(id) {
    this.active = id;
    const index = this.ids.indexOf(id);
    if (index >= 0) {
      this.activeIndex = index;
      this.bringIntoSight(index);
    }
    this.draw();
  }

  bringIntoSight(index) {
    const y = index * HEIGHT;
    if (y < this.grid.scrollTop) this.grid.scrollTop = y;
    else if (y + HEIGHT > this.grid.scrollTop + this.height) this.grid.scrollTop = y + HEIGHT - this.height;
  }

  /** The id `step` rows away from the active one, or null at the ends. */
  neighbour(step) {
    const at = this.ids.indexOf(this.active);
    if (at >= 0) return this.ids[at + step] ?? null;
    const from = this.active === null ? -1 : this.activeIndex - (step > 0 ? 1 : 0);
    return this.ids[Math.max(0, Math.min(this.ids.length - 1, from + step))] ?? null;
  }

  clicked(event) {
    const node = event.target.closest(".row");
    if (node) emit("choose", { id: Number(node.id.slice(1)), byPointer: true });
  }
}
