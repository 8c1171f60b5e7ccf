/* One WebSocket: hello with the last number seen, frames in order, resume after a gap. */
import { heard, now } from "./time.js";
import { signIn } from "./api.js";

const PING = 15_000;
const SILENCE = 40_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/**
 * `hooks.event(type, payload)` for each event, `hooks.resync()` when what was missed cannot be
 * told again, `hooks.state(name, until)` with live, waiting (until the next try), connecting, or
 * deaf: the server is there and hears no news itself. Who is signed out, or no member any more, leaves the
 * page, unless there is `hooks.out(code)`.
 */
export class Live {
  constructor(path, since, hooks) {
    this.url = location.origin.replace(/^http/, "ws") + path;
    this.last = since;
    this.hooks = hooks;
    this.wait = FIRST_WAIT;
    this.live = false;
    addEventListener("online", () => this.tryNow());
    addEventListener("pagehide", () => this.socket?.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.tryNow());
    setInterval(() => this.beat(), PING);
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.hooks.state("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onopen = () => this.hello();
    socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  hello() {
    this.send({ hello: { since: this.last ?? null } });
  }

  /** False when nothing could be sent now. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  receive(frame) {
    this.heardAt = Date.now();
    if (frame.t) heard(frame.t);
    if (frame.offline) return this.deaf();
    if (frame.resync) return this.resync();
    if (!frame.e) return undefined;
    if (frame.s && !this.welcomes(frame) && this.missed(frame.s)) return this.hello();
    for (const [type, payload] of frame.e) {
      if (type === "welcome") this.welcome(payload);
      else this.hooks.event(type, payload, frame.t ?? now());
    }
    if (frame.s) this.last = Math.max(this.last ?? 0, frame.s[1]);
    return undefined;
  }

  /** The server is there but hears no news itself, until it says resync. */
  deaf() {
    this.live = false;
    this.hooks.state("deaf");
  }

  /** Its numbers may have begun anew. */
  resync() {
    this.last = null;
    this.live = true;
    this.hooks.state("live");
    this.hooks.resync();
  }

  welcomes(frame) {
    return frame.e.some(([type]) => type === "welcome");
  }

  missed([first]) {
    return this.last !== null && this.last !== undefined && first > this.last + 1;
  }

  welcome({ resumed }) {
    this.wait = FIRST_WAIT;
    this.live = true;
    if (!resumed) {
      this.last = null;
      this.hooks.resync();
    }
    this.hooks.state("live");
  }

  closed(socket, code) {
    if (socket !== this.socket) return;
    this.live = false;
    if (code === 4401) return (this.hooks.out ?? signIn)(code);
    if (code === 4403) return (this.hooks.out ?? (() => location.assign("/")))(code);
    const wait = this.wait * (0.7 + Math.random() * 0.6);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.hooks.state("waiting", Date.now() + wait);
    this.timer = setTimeout(() => this.connect(), wait);
    return undefined;
  }

  tryNow() {
    if (this.timer) this.connect();
  }

  /** Keeps presence; a socket that says nothing for long is dead even if nobody told us. */
  beat() {
    if (!this.send({ ping: 1 })) return;
    if (Date.now() - this.heardAt > SILENCE) {
      const socket = this.socket;
      socket.onclose = null;
      socket.close();
      this.closed(socket, 4000);
    }
  }
}
