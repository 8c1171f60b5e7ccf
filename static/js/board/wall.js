/* A wall: a board without links that turns its pages, connects again for ever, and reloads after a deployment. */
import { one, readJson, setData, setText, show } from "../core/dom.js";
import { t } from "../core/strings.js";
import { everySecond, exact, heard, now } from "../core/time.js";
import { Live } from "../core/socket.js";
import { Board, channelName, queueName } from "./board.js";

const PAGE = 15_000;
const REVOKED = 4404;
const LOOK_AGAIN = 60_000;
const FIRST_WAIT = 500;
const ROWS = 5;
const DOTS = 12;

/** Its token is in its first words, not in the address of the socket. */
class WallSocket extends Live {
  hello() {
    this.send({ wall: location.pathname.split("/")[2] });
  }

  closed(socket, code) {
    if (socket !== this.socket) return;
    if (code === REVOKED) {
      this.hooks.revoked();
      this.wait = LOOK_AGAIN;
    }
    super.closed(socket, code === REVOKED ? 4000 : code);
  }

  opened() {
    this.wait = FIRST_WAIT;
    this.live = true;
  }
}

class WallScreen {
  constructor(boot) {
    this.boot = boot;
    this.turns = boot.turns;
    this.board = new Board(boot.figures, { most: ROWS });
    this.turnedAt = Date.now();
    this.live = new WallSocket("/wall/live/", null, {
      event: (type, payload) => this.event(type, payload),
      resync: () => {},
      state: () => {},
      revoked: () => this.revoked(),
    });
    this.draw();
    everySecond(() => this.tick());
    one("#pause").addEventListener("click", () => this.pause());
    document.addEventListener("keydown", (event) => this.pressed(event));
    document.addEventListener("pointermove", () => this.pointed());
    this.live.connect();
  }

  event(type, payload) {
    if (type === "figures") {
      this.board.take(payload);
      show(one("#main"), true);
      show(one("#gone"), false);
      this.draw();
    } else if (type === "turns") {
      this.turns = payload;
      this.draw();
    } else if (type === "version") {
      this.live.opened();
      if (payload !== this.boot.version) this.reload();
    }
  }

  /** Only when the server answers: an error page would hang on the wall for ever. */
  async reload() {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (answer?.ok) location.reload();
    else setTimeout(() => this.reload(), LOOK_AGAIN);
  }

  revoked() {
    setText(one("#gone"), t("wall_gone"));
    show(one("#gone"), true);
    show(one("#main"), false);
  }

  // The pages: everything, then each queue or channel, as was chosen for this wall

  get pages() {
    const { queues, accounts } = this.board.record;
    const pages = [{}];
    if (["queues", "both"].includes(this.turns)) pages.push(...queues.map(({ id }) => ({ queue: id })));
    if (["channels", "both"].includes(this.turns) && accounts.length > 1) pages.push(...accounts.map(({ id }) => ({ account: id })));
    return pages;
  }

  /** Which of them is shown; -1 where it has gone. */
  place(pages) {
    const { queue, account } = this.board.scope;
    return pages.findIndex((page) => page.queue === queue && page.account === account);
  }

  name(scope) {
    const { shown, record } = this.board;
    if (scope.queue !== undefined) return queueName(shown);
    if (scope.account !== undefined) return channelName(shown);
    return t(this.turns === "queues" && record.queues.length ? "all_queues" : "all_channels");
  }

  tick() {
    this.board.tick();
    setText(one("#clock"), exact(now()));
    if (!this.stopped && Date.now() - this.turnedAt >= PAGE) this.turn(1);
  }

  turn(step) {
    this.turnedAt = Date.now();
    const { pages } = this;
    const here = Math.max(0, this.place(pages));
    if (pages.length > 1) this.board.choose(pages[(here + step + pages.length) % pages.length]);
    this.draw();
  }

  draw() {
    const { pages } = this;
    if (this.place(pages) < 0) this.board.choose({});
    const page = one("#page");
    setData(page, "channel", this.board.shown.channel ?? "");
    setText(page, this.name(this.board.scope));
    this.drawPlace(this.place(pages), pages.length);
    this.board.drawTeam(one("#team"));
  }

  /** A dot for each page, or numbers where there are too many. */
  drawPlace(here, number) {
    const dots = one("#dots");
    const wanted = number > DOTS ? 0 : number;
    const words = `${here + 1} / ${number}`;
    show(dots, number > 1);
    show(one("#pause"), number > 1);
    dots.setAttribute("aria-label", words);
    if (!wanted) {
      setText(dots, words);
      return;
    }
    if (!dots.childElementCount) setText(dots, "");
    while (dots.childElementCount > wanted) dots.lastElementChild.remove();
    while (dots.childElementCount < wanted) dots.append(document.createElement("i"));
    [...dots.children].forEach((dot, place) => dot.classList.toggle("on", place === here));
  }

  pause() {
    this.stopped = !this.stopped;
    this.turnedAt = Date.now();
    one("#pause").setAttribute("aria-pressed", String(this.stopped));
  }

  pressed(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) this.turn(step);
    else if (event.key === " " && event.target.id !== "pause") this.pause();
    else return;
    event.preventDefault();
  }

  pointed() {
    document.body.classList.add("pointed");
    clearTimeout(this.resting);
    this.resting = setTimeout(() => document.body.classList.remove("pointed"), 3000);
  }
}

const boot = readJson("boot");
heard(boot.now, performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0));
new WallScreen(boot);
