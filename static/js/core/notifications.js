/* The bell: what somebody must see is told at once, and counted until they have opened the list. */
import { one, parts, setText, show, stamp } from "./dom.js";
import { get, post } from "./api.js";
import { command } from "./keys.js";
import { count, number, t } from "./strings.js";
import { ago, fillTime } from "./time.js";
import { toast } from "./toast.js";

const SHOWN = 30;
const TOGETHER = 400;

/** What has happened, in words. */
function sentence({ metric, share }) {
  return share < 100 ? t(`warned_${metric}`, { share }) : t(`ran_out_${metric}`);
}

export class Notifications {
  fresh = [];

  /** `list`: the address of the tickets; `open(id)`: shows one without a new page, where the page can. */
  constructor(kept, list, open = null) {
    this.list = list;
    this.open = open ?? ((id) => location.assign(this.href(id)));
    this.dialog = one("#notifications");
    one("#bell").addEventListener("click", () => this.show());
    command("notifications", { keys: ["g n"], group: "move", label: t("do_notifications"), run: () => this.show() });
    this.dialog.addEventListener("close", () => this.look());
    one("#notifications-list").addEventListener("click", (event) => this.clicked(event));
    this.take(kept);
  }

  take({ unseen, items }) {
    this.unseen = unseen;
    this.items = items;
    this.draw();
  }

  /** Something may have been missed. */
  async load() {
    const kept = await get("notifications/").catch(() => null);
    if (kept) this.take(kept);
  }

  /** One more, just now. */
  add(item) {
    if (item.new) return this.addMany(item.new);
    if (this.items.some(({ id }) => id === item.id)) return undefined;
    this.items = [item, ...this.items].slice(0, SHOWN);
    this.unseen += 1;
    this.draw();
    if (this.dialog.open) this.drawList();
    this.fresh.push(item);
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
    else toast(sentence(first), { label: t("look"), run: () => this.open(first.ticket) });
  }

  /** All up to this one were seen, here or in another window. */
  seen({ upto }) {
    for (const item of this.items) item.seen ||= item.id <= upto;
    this.unseen = this.items.filter((item) => !item.seen).length;
    this.draw();
  }

  show() {
    this.drawList();
    if (!this.dialog.open) this.dialog.showModal();
    this.look();
  }

  /** What stands in the list is seen; the marks stay until the list is opened again. */
  async look() {
    if (!this.unseen || !this.items.length) return;
    const upto = this.items[0].id;
    const kept = await post("notifications/seen/", { upto }).catch(() => null);
    if (kept) this.seen({ upto });
  }

  clicked(event) {
    const link = event.target.closest("a[data-ticket]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.dialog.close();
    this.open(Number(link.dataset.ticket));
  }

  href(ticket) {
    return `${this.list}${ticket}/`;
  }

  draw() {
    setText(one("#bell-count"), this.unseen ? number(this.unseen) : "");
    one("#nav-more").classList.toggle("has-news", this.unseen > 0);
  }

  drawList() {
    show(one("#notifications-none"), !this.items.length);
    one("#notifications-list").replaceChildren(...this.items.map((item) => this.line(item)));
  }

  line(item) {
    const node = stamp("notification");
    const part = parts(node);
    part.link.href = this.href(item.ticket);
    part.link.dataset.ticket = item.ticket;
    setText(part.name, item.name || t("unknown_author"));
    setText(part.words, `${sentence(item)} ${item.policy}`);
    fillTime(part.at, item.at, ago);
    part.mark.dataset.state = item.seen ? "away" : "present";
    show(part.unseen, !item.seen);
    return node;
  }
}
