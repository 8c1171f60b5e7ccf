/* The bell: what somebody must see is told at once, and counted until they have opened it or said that they saw it. */
import { one, parts, setData, setText, show, stamp } from "./dom.js";
import { get, newKey, post } from "./api.js";
import { command } from "./keys.js";
import { newest } from "./newest.js";
import { count, number, t } from "./strings.js";
import { ago, fillTime } from "./time.js";
import { toast } from "./toast.js";

const SHOWN = 30;
const TOGETHER = 400;

/** What has happened, in words. */
function sentence({ metric, share }) {
  return share < 100 ? t(`warned_${metric}`, { share }) : t(`ran_out_${metric}`);
}

const nameOf = ({ name }) => name || t("unknown_author");

/** So many of these; one that was seen goes before one that was not. */
function atMost(number, items) {
  if (items.length <= number) return items;
  const last = items.findLastIndex((item) => item.seen);
  return items.toSpliced(last < 0 ? -1 : last, 1);
}

export class Notifications {
  fresh = [];
  heard = 0;

  /** `list`: the address of the tickets; `open(id)`: shows one without a new page, where the page can. */
  constructor(kept, list, open = null) {
    this.list = list;
    this.open = open ?? ((id) => location.assign(this.href(id)));
    this.dialog = one("#notifications");
    this.lines = one("#notifications-list");
    this.all = one("#notifications-all");
    one("#bell").addEventListener("click", () => this.show());
    command("notifications", { keys: ["g n"], group: "move", label: t("do_notifications"), run: () => this.show() });
    this.all.addEventListener("click", () => this.seen());
    for (const press of ["click", "auxclick"]) this.lines.addEventListener(press, (event) => this.clicked(event));
    this.lines.addEventListener("keydown", (event) => this.pressed(event));
    this.take(kept);
  }

  take({ unseen, items }) {
    this.unseen = unseen;
    this.items = items;
    this.draw();
  }

  /** Something may have been missed, or was seen in another window. */
  load() {
    return this.settle(get("notifications/"));
  }

  /** The server says what is kept; asked again where more was told meanwhile. */
  async settle(asked) {
    const { heard } = this;
    const kept = await asked.catch(() => null);
    if (kept && heard === this.heard) this.take(kept);
    else if (kept) await this.load();
  }

  /** One more, just now; it takes the place of those that told of less. */
  add(item) {
    if (item.new) return this.addMany(item.new);
    if (this.items.some(({ id }) => id === item.id)) return undefined;
    this.heard += 1;
    const left = (items) => items.filter(({ id }) => !item.instead.includes(id));
    this.items = atMost(SHOWN, [item, ...left(this.items)]);
    this.unseen += 1 - item.instead.length;
    this.draw();
    this.fresh = [...left(this.fresh), item];
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), TOGETHER);
    return undefined;
  }

  /** Too many to be named one by one. */
  addMany(number) {
    this.load();
    toast(count("notifications_new", number), { label: t("look"), run: () => this.show() });
  }

  /** Many at once are one sentence. */
  tell() {
    const told = this.fresh.splice(0);
    const [first] = told;
    if (told.length > 1) toast(count("notifications_new", told.length), { label: t("look"), run: () => this.show() });
    else toast(t("told_of", { name: nameOf(first), words: sentence(first) }), { label: t("look"), run: () => this.follow(first.ticket) });
  }

  show() {
    this.drawList();
    if (!this.dialog.open) this.dialog.showModal();
    this.focusLine();
  }

  focusLine() {
    const line = this.lines.querySelector("a[data-unseen]") ?? this.lines.querySelector("a");
    line?.focus();
  }

  /** They have seen all there is, or all about one ticket. A page that is left still says so. */
  async seen(ticket = null) {
    if (!this.items.some((item) => !item.seen && (ticket === null || item.ticket === ticket))) return;
    const upto = this.items[0].id;
    await this.settle(post("notifications/seen/", { upto, ticket }, newKey(), { keepalive: true }));
  }

  follow(ticket) {
    this.seen(ticket);
    this.open(ticket);
  }

  /** In a new tab, too, it was opened. */
  clicked(event) {
    const link = event.target.closest("a[data-ticket]");
    if (!link || event.button > 1) return;
    const ticket = Number(link.dataset.ticket);
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) {
      this.seen(ticket);
      return;
    }
    event.preventDefault();
    this.dialog.close();
    this.follow(ticket);
  }

  pressed(event) {
    const links = [...this.lines.querySelectorAll("a")];
    const here = links.indexOf(document.activeElement);
    const to = links[{ ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key]];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  href(ticket) {
    return `${this.list}${ticket}/`;
  }

  draw() {
    setText(one("#bell-count"), this.unseen ? number(this.unseen) : "");
    one("#nav-more").classList.toggle("has-news", this.unseen > 0);
    if (this.dialog.open) this.drawList();
  }

  /** The focus stays on its line; from the button that goes, it moves to the lines. */
  drawList() {
    const focused = document.activeElement;
    const line = this.lines.contains(focused) ? focused.dataset.id : null;
    show(one("#notifications-none"), !this.items.length);
    this.lines.replaceChildren(...this.items.map((item) => this.line(item)));
    show(this.all, this.unseen);
    if (line !== null) (this.lines.querySelector(`a[data-id="${line}"]`) ?? this.lines.querySelector("a"))?.focus();
    else if (focused === this.all && !this.unseen) this.focusLine();
  }

  line(item) {
    const node = stamp("notification");
    const part = parts(node);
    part.link.href = this.href(item.ticket);
    part.link.dataset.ticket = item.ticket;
    part.link.dataset.id = item.id;
    part.link.toggleAttribute("data-unseen", !item.seen);
    setText(part.name, nameOf(item));
    setData(part.channel, "channel", item.ch);
    setText(part.channel, t(`channel_${item.ch}`));
    setText(part.number, `#${item.ticket}`);
    setText(part.text, newest(item));
    setText(part.words, `${sentence(item)} ${item.policy}`);
    fillTime(part.at, item.at, ago);
    part.mark.dataset.state = item.seen ? "away" : "present";
    show(part.unseen, !item.seen);
    return node;
  }
}
