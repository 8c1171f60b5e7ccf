/* Pictures of numbers in SVG. What is drawn once is only changed afterwards, so that focus and pointer stay. */
import { clock } from "../core/time.js";
import { number, t } from "../core/strings.js";

const SPACE = "http://www.w3.org/2000/svg";
const LINE = 1.2;
// Beside a short name a longer one may reach a little further than its bar.
const BULGE = 1.15;

function make(name, parent, attributes = {}) {
  const element = document.createElementNS(SPACE, name);
  change(element, attributes);
  parent.append(element);
  return element;
}

function change(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const words = String(value);
    if (element.getAttribute(name) !== words) element.setAttribute(name, words);
  }
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** A link where it leads somewhere, else a group. */
function mark(parent, linked) {
  return make(linked ? "a" : "g", parent);
}

const height = (value, most, room) => (value ? Math.max(2, (value / most) * Math.max(0, room)) : 0);

/** Calls back with the size of a picture, now and whenever it changes. */
function whenSized(svg, draw) {
  new ResizeObserver(() => draw()).observe(svg);
}

/** The share as a bar, with the goal as a line across it. */
export class Meter {
  constructor(svg) {
    this.svg = svg;
    this.back = make("rect", svg, { class: "meter-back", x: 0, y: 3, height: 8, rx: 4 });
    this.bar = make("rect", svg, { class: "meter-bar", x: 0, y: 3, height: 8, rx: 4 });
    this.goal = make("rect", svg, { class: "meter-goal", y: 0, width: 2, height: 14 });
    whenSized(svg, () => this.draw(this.share, this.aim));
  }

  draw(share = null, aim = 0) {
    [this.share, this.aim] = [share, aim];
    const width = this.svg.clientWidth;
    if (!width) return;
    change(this.back, { width });
    change(this.bar, { width: ((share ?? 0) * width) / 100 });
    change(this.goal, { x: Math.min(width - 2, (aim * width) / 100) });
  }
}

/** Bars side by side, each with its number above and its name below: [{key, name, short, value, kind, href}].
    Where there is little room, short names are written, and those still too long a word a line. */
export class Bars {
  bars = new Map();
  shown = [];

  constructor(svg, linked) {
    [this.svg, this.linked] = [svg, linked];
    this.axis = make("line", svg, { class: "axis" });
    whenSized(svg, () => this.draw(this.shown));
  }

  draw(shown) {
    this.shown = shown;
    const [width, tall] = [this.svg.clientWidth, this.svg.clientHeight];
    if (!width || !shown.length) return;
    const unit = parseFloat(getComputedStyle(this.svg).fontSize);
    const step = width / shown.length;
    const known = new Set(shown.map((bar) => bar.key));
    for (const [key, bar] of this.bars) if (!known.has(key)) { bar.whole.remove(); this.bars.delete(key); }
    const lines = Math.max(...shown.map((bar) => this.name(bar, step, step < unit * 4.6)));
    const floor = tall - unit * (LINE * lines + 0.5);
    const most = Math.max(4, ...shown.map((bar) => bar.value));
    change(this.axis, { x1: 0, x2: width, y1: floor, y2: floor });
    shown.forEach((bar, place) => this.fill(this.bar(bar.key), bar, { place, step, floor, most, unit, tall }));
  }

  bar(key) {
    if (!this.bars.has(key)) {
      const whole = mark(this.svg, this.linked);
      const parts = { whole, room: make("rect", whole, { class: "room" }), body: make("rect", whole, { rx: 4 }) };
      parts.value = make("text", whole, { class: "value", "text-anchor": "middle" });
      parts.name = make("text", whole, { class: "name", "text-anchor": "middle" });
      parts.lines = ["0", `${LINE}em`].map((dy) => make("tspan", parts.name, { dy }));
      this.bars.set(key, parts);
    }
    return this.bars.get(key);
  }

  fill(parts, { name, value, kind, href }, { place, step, floor, most, unit, tall }) {
    const [left, middle] = [place * step, (place + 0.5) * step];
    const high = height(value, most, floor - unit * 1.9);
    const gap = Math.min(step * 0.14, 14);
    change(parts.room, { x: left + 1, y: 0, width: step - 2, height: tall });
    change(parts.body, { class: `bar ${kind}`, x: left + gap, y: floor - high, width: step - 2 * gap, height: high });
    change(parts.value, { x: middle, y: floor - high - unit * 0.5 });
    if (parts.value.textContent !== number(value)) write(parts.value, number(value));
    change(parts.name, { y: floor + unit * 1.35 });
    for (const line of parts.lines) change(line, { x: middle });
    if (href) change(parts.whole, { href, class: value ? "" : "none", "aria-label": `${name}: ${number(value)}` });
  }

  /** Writes a bar's name and says how many lines it takes. */
  name({ key, name, short = name }, step, narrow) {
    const [first, second] = this.bar(key).lines;
    const words = narrow ? short : name;
    const [before, after = ""] = words.split(" ");
    write(first, words);
    const fits = !narrow || !after || first.getComputedTextLength() <= step * BULGE;
    if (!fits) write(first, before);
    write(second, fits ? "" : after);
    return fits ? 1 : 2;
  }
}

/** What came in, upwards, and what went out, downwards, a column a minute; the last one still grows. */
export class Flow {
  columns = [];
  flow = null;
  at = -1;

  constructor(svg, hrefOf) {
    [this.svg, this.hrefOf] = [svg, hrefOf];
    this.axis = make("line", svg, { class: "axis" });
    this.most = make("text", svg, { class: "name" });
    this.marks = [60, 45, 30, 15].map((ago) => ({ ago, text: make("text", svg, { class: "name", "text-anchor": ago === 60 ? "start" : "middle" }) }));
    if (hrefOf) svg.addEventListener("keydown", (event) => this.pressed(event));
    whenSized(svg, () => this.flow && this.draw(this.flow));
  }

  draw(flow) {
    this.flow = flow;
    const [width, tall] = [this.svg.clientWidth, this.svg.clientHeight];
    if (!width) return;
    const unit = parseFloat(getComputedStyle(this.svg).fontSize);
    const room = Math.max(8, (tall - unit * 1.8) / 2);
    const most = Math.max(4, ...flow.in, ...flow.out);
    const step = width / flow.in.length;
    change(this.axis, { x1: 0, x2: width, y1: room, y2: room });
    change(this.most, { x: 0, y: unit });
    write(this.most, number(most));
    for (const { ago, text } of this.marks) {
      change(text, { x: (60 - ago) * step, y: tall - unit * 0.35, class: ago % 30 && step * 15 < unit * 8 ? "name untold" : "name" });
      write(text, t("minutes_ago", { n: ago }));
    }
    while (this.columns.length < flow.in.length * 2) this.columns.push(this.column(this.columns.length));
    flow.in.forEach((value, place) => {
      this.fill(this.columns[place * 2], "in", value, { place, step, room, most });
      this.fill(this.columns[place * 2 + 1], "out", flow.out[place], { place, step, room, most });
    });
  }

  column(index) {
    const whole = mark(this.svg, this.hrefOf);
    const parts = { whole, back: make("rect", whole, { class: "room" }), body: make("rect", whole, { rx: 1.5 }) };
    if (this.hrefOf) {
      parts.title = make("title", whole);
      change(whole, { tabindex: index === 120 ? 0 : -1 });
    }
    return parts;
  }

  fill(parts, way, value, { place, step, room, most }) {
    const high = height(value, most, room - 3);
    const minute = this.flow.minute + place * 60_000;
    const half = { x: place * step, width: step, y: way === "in" ? 0 : room, height: room };
    const y = way === "in" ? room - 1 - high : room + 1;
    const body = { x: place * step + step * 0.12, width: step * 0.76, y, height: high };
    change(parts.back, half);
    change(parts.body, { class: `column ${way}${place === 60 ? " growing" : ""}`, ...body });
    if (!this.hrefOf) return;
    const words = t(`minute_${way}`, { time: clock(minute), n: value });
    change(parts.whole, { href: this.hrefOf(way, minute), "aria-label": words });
    write(parts.title, words);
  }

  /** One stop for the tab key; the arrows walk along the minutes, and between in and out. */
  pressed(event) {
    const step = { ArrowLeft: -2, ArrowRight: 2, Home: -Infinity, End: Infinity }[event.key];
    const here = this.columns.findIndex((parts) => parts.whole === event.target);
    if (here < 0) return;
    const last = this.columns.length - 2 + (here % 2);
    let next = here;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") next = here - (here % 2) + (event.key === "ArrowDown" ? 1 : 0);
    else if (step) next = Math.max(here % 2, Math.min(last, here + step));
    else return;
    event.preventDefault();
    change(this.columns[here].whole, { tabindex: -1 });
    change(this.columns[next].whole, { tabindex: 0 });
    this.columns[next].whole.focus();
  }
}
