/* How news comes in: by the socket, or by asking every five seconds while there is none. */
import { one, setText, show } from "../core/dom.js";
import { count, t } from "../core/strings.js";
import { emit, on } from "../core/bus.js";
import { get } from "../core/api.js";
import { Live } from "../core/socket.js";
import { heard } from "../core/time.js";

const POLL = 5000;
const PATIENCE = 3000;
const PAGE = 200;
const FOUND_PAGE = 60;
const MOST = 2000;
// Which tickets a figure holds changes with time alone, and only the server can tell.
const FIGURE_AGAIN = 5000;

export class Feed {
  state = "connecting";

  constructor(store, thread, boot) {
    this.store = store;
    this.thread = thread;
    this.live = new Live(boot.live, boot.list.seq, {
      event: (type, payload) => this.event(type, payload),
      resync: () => this.resync(),
      state: (state, until) => this.changed(state, until),
    });
    on("more", () => this.more());
    on("view", () => this.load());
    addEventListener("offline", () => this.draw());
    setInterval(() => this.draw(), 1000);
    setInterval(() => this.askFigure(), FIGURE_AGAIN);
  }

  start() {
    this.live.connect();
    this.fillUp();
  }

  // The socket

  event(type, payload) {
    const handlers = {
      ticket: () => this.store.put(payload),
      said: () => { if (payload.ticket === this.thread.id) this.thread.refresh(); },
      state: () => { if (payload.ticket === this.thread.id) this.thread.messageChanged(payload.id); },
      story: () => { if (payload.ticket === this.thread.id) this.thread.refresh({ whole: true }); },
      counts: () => this.store.setCounts(payload),
      people: () => this.store.setPeople(payload),
      viewing: () => emit("viewing", payload),
      account: () => { if (payload.id === this.thread.detail?.account?.id) this.thread.refresh({ whole: true }); },
      notify: () => emit("notify", payload),
      notified: () => emit("notified"),
      you: () => location.reload(),
    };
    handlers[type]?.();
  }

  /** What was missed cannot be told again: ask for everything in sight. */
  async resync() {
    this.store.forgetAll(this.thread.id);
    emit("anew");
    await this.load();
    this.thread.refresh({ whole: true });
  }

  changed(state, until) {
    this.state = state;
    this.until = until;
    clearInterval(this.poll);
    clearTimeout(this.patience);
    if (state === "live") {
      this.reachable = true;
      this.wasDown &&= false;
      emit("connected");
    } else {
      this.patience = setTimeout(() => this.startPolling(), this.wasDown ? 0 : PATIENCE);
    }
    this.draw();
  }

  // Asking

  startPolling() {
    this.wasDown = true;
    const ask = () => this.ask();
    this.poll = setInterval(ask, POLL);
    if (!this.askedAt || Date.now() - this.askedAt > POLL) ask();
  }

  async ask() {
    this.askedAt = Date.now();
    emit("anew");
    try {
      await this.page({ exact: true });
      this.reachable = true;
    } catch {
      this.reachable = false;
    }
    this.draw();
    this.thread.refresh({ whole: true });
  }

  async askFigure() {
    if (!this.store.only || this.store.query || document.hidden || !this.live.live) return;
    await this.page({ exact: true }).catch(() => {});
  }

  /** One page of the list from its beginning or from a cursor. */
  async page({ after = "", limit = PAGE, exact = false, from = null } = {}) {
    const { view, query, only } = this.store;
    const parameters = new URLSearchParams(query ? "" : only);
    parameters.set("view", view);
    parameters.set("limit", query ? FOUND_PAGE : limit);
    if (after) parameters.set("after", after);
    if (query) parameters.set("q", this.store.words);
    const answer = await get(`tickets/?${parameters}`);
    heard(answer.now);
    if (view === this.store.view && query === this.store.query && only === this.store.only) this.store.takePage(view, answer, { exact, from });
    return answer;
  }

  /** The view or the search changed: its first page, then the rest behind it. */
  async load() {
    const { view, query } = this.store;
    if (!this.store.chosen && this.store.loaded.has(view)) return;
    this.loading = true;
    emit("listed");
    try {
      await this.page();
    } catch (problem) {
      emit("trouble", problem);
    }
    this.loading = false;
    emit("listed");
    if (!query) this.fillUp();
  }

  /** Fetches further pages quietly, so that scrolling and finding have what they need. */
  async fillUp() {
    const { view } = this.store;
    while (this.store.view === view && this.store.order.ids.length < MOST && (await this.more()));
  }

  async more() {
    const state = this.store.chosen ? this.store.found : this.store.loaded.get(this.store.view);
    if (!state?.cursor || this.fetchingMore) return false;
    this.fetchingMore = true;
    try {
      await this.page({ after: state.cursor });
    } catch {
      return false;
    } finally {
      this.fetchingMore = false;
    }
    return true;
  }

  // Saying how it is

  draw() {
    const [name, words] = this.describe();
    for (const element of [one("#connection"), one("[data-connection]")]) {
      if (element.dataset.state !== name) element.dataset.state = name;
      setText(element.lastElementChild, words);
    }
    show(one("[data-connection]"), name !== "live" && name !== "connecting");
  }

  describe() {
    if (this.state === "live") return ["live", t("connection_live")];
    if (!navigator.onLine || this.reachable === false) return ["offline", t("connection_offline")];
    const seconds = Math.ceil(((this.until ?? 0) - Date.now()) / 1000);
    if (this.wasDown) return ["polling", t("connection_polling")];
    if (this.state === "waiting" && seconds > 0) return ["waiting", count("connection_waiting", seconds)];
    return ["connecting", t("connection_connecting")];
  }
}
