/* Who else is looking at or answering the open ticket. */
import { one, setClass, setText, show } from "../core/dom.js";
import { count, t } from "../core/strings.js";
import { on } from "../core/bus.js";

const AGAIN = 3000;
const IDLE = 5000;
const language = document.documentElement.lang || "en";
const names = new Intl.ListFormat(language, { style: "long", type: "conjunction" });

export class Company {
  ticket = null;
  toldAt = null;
  last = new Map();

  constructor(store, live) {
    this.store = store;
    this.live = live;
    on("opened", (id) => this.see(id));
    on("viewing", (news) => this.take(news));
    on("connected", () => this.tell());
    on("typed", ({ mode }) => { if (mode !== "note") this.typing(); });
    on("submit", () => this.typing(false));
    one("#words").addEventListener("blur", () => this.typing(false));
    document.addEventListener("visibilitychange", () => this.tell());
  }

  see(id) {
    this.typing(false);
    this.ticket = id;
    this.tell();
    this.draw();
  }

  tell() {
    this.live.send({ see: document.hidden ? null : this.ticket });
  }

  /** Told when it begins, again while it lasts, and when it ends. */
  typing(writing = true) {
    clearTimeout(this.idle);
    if (writing) this.idle = setTimeout(() => this.typing(false), IDLE);
    const told = this.toldAt !== null && performance.now() - this.toldAt < AGAIN;
    if (writing ? told : this.toldAt === null) return;
    this.toldAt = writing ? performance.now() : null;
    if (this.ticket !== null) this.live.send({ typing: { ticket: this.ticket, on: writing } });
  }

  take({ id: ticket, viewing, typing }) {
    if (viewing.length || typing.length) this.last.set(ticket, { viewing, typing });
    else this.last.delete(ticket);
    if (ticket === this.ticket) this.draw();
  }

  draw() {
    const { viewing = [], typing = [] } = this.last.get(this.ticket) ?? {};
    const others = (ids) => ids.filter((id) => id !== this.store.me.id).map((id) => this.store.nameOf(id) || t("somebody"));
    const writers = others(typing);
    const watchers = others(viewing.filter((id) => !typing.includes(id)));
    const sentences = [];
    if (writers.length) sentences.push(count("is_typing", writers.length, { names: names.format(writers) }));
    if (watchers.length) sentences.push(count("is_viewing", watchers.length, { names: names.format(watchers) }));
    const strip = one("#viewing");
    show(strip, sentences.length);
    setClass(strip, "typing", writers.length);
    setText(one("span", strip), sentences.join(" · "));
  }
}
