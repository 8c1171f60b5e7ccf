/* A wall: a board without links that turns its pages, connects again for ever, and reloads after a deployment. */
import { one, readJson, setData, setText, show } from "../core/dom.js";
import { t } from "../core/strings.js";
import { everySecond, exact, heard, now } from "../core/time.js";
import { Live } from "../core/socket.js";
import { Board } from "./board.js";

const PAGE = 15_000;
const REVOKED = 4404;
const LOOK_AGAIN = 60_000;
const FIRST_WAIT = 500;

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
    this.board = new Board(boot.figures);
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

  // The pages: all channels, then each of them

  get pages() {
    const accounts = this.board.record.accounts.map(({ id }) => id);
    return accounts.length > 1 ? [null, ...accounts] : [null];
  }

  tick() {
    this.board.tick();
    setText(one("#clock"), exact(now()));
    if (!this.stopped && Date.now() - this.turnedAt >= PAGE) this.turn(1);
  }

  turn(step) {
    this.turnedAt = Date.now();
    const { pages } = this;
    const here = Math.max(0, pages.indexOf(this.board.scope));
    const next = pages[(here + step + pages.length) % pages.length];
    if (next !== this.board.scope) this.board.choose(next);
    this.draw();
  }

  draw() {
    const { pages } = this;
    if (!pages.includes(this.board.scope)) this.board.choose(null);
    const account = this.board.record.accounts.find(({ id }) => id === this.board.scope);
    const page = one("#page");
    setData(page, "channel", account?.channel ?? "");
    setText(page, account ? `${t(`channel_${account.channel}`)} · ${account.name}` : t("all_channels"));
    const dots = one("#dots");
    show(dots, pages.length > 1);
    show(one("#pause"), pages.length > 1);
    while (dots.childElementCount > pages.length) dots.lastElementChild.remove();
    while (dots.childElementCount < pages.length) dots.append(document.createElement("i"));
    const here = pages.indexOf(this.board.scope);
    [...dots.children].forEach((dot, place) => dot.classList.toggle("on", place === here));
    if (pages.length > 1) dots.setAttribute("aria-label", `${here + 1} / ${pages.length}`);
    this.board.drawTeam(one("#team"));
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
