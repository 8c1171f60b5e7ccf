/* The frame: width of the list, one pane at a time on a phone, the customer's panel. */
import { one, show } from "../core/dom.js";
import { emit, on } from "../core/bus.js";

const NARROWEST = 280;
const WIDEST = 620;
const root = document.documentElement;
const roomForSide = matchMedia("(min-width: 1321px)");
export const phone = matchMedia("(max-width: 720px)");

export function panes() {
  splitter(one("#splitter"));
  side(one("#side"), one("#toggle-side"));
  more(one("#nav-more"));
  one("#back").addEventListener("click", () => emit("back"));
  on("opened", (id) => { document.body.dataset.pane = id === null ? "list" : "thread"; });
}

function splitter(handle) {
  const set = (width) => {
    const kept = Math.round(Math.max(NARROWEST, Math.min(WIDEST, width)));
    root.style.setProperty("--list", `${kept}px`);
    handle.setAttribute("aria-valuenow", String(kept));
    localStorage.setItem("list-width", String(kept));
  };
  const width = () => one(".list").offsetWidth;
  handle.setAttribute("aria-valuenow", String(width()));
  const known = Number(localStorage.getItem("list-width"));
  if (known && !matchMedia("(max-width: 1060px)").matches) set(known);
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -16, ArrowRight: 16, Home: -WIDEST, End: WIDEST }[event.key];
    if (!step) return;
    event.preventDefault();
    set(width() + step);
  });
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    const start = event.clientX - one(".list").offsetWidth;
    handle.onpointermove = (move) => set(move.clientX - start);
    handle.onpointerup = () => { handle.onpointermove = null; };
  });
}

function side(panel, button) {
  let wanted = localStorage.getItem("side") !== "closed";
  let drawer = false;
  const draw = () => {
    const opened = document.body.dataset.ticket !== undefined;
    const visible = opened && (roomForSide.matches ? wanted : drawer);
    show(panel, visible);
    button.setAttribute("aria-expanded", String(visible));
  };
  const toggle = (to) => {
    if (roomForSide.matches) {
      wanted = to ?? !wanted;
      localStorage.setItem("side", wanted ? "open" : "closed");
    } else drawer = to ?? !drawer;
    draw();
    if (drawer && !roomForSide.matches) one("#side-close").focus();
  };
  button.addEventListener("click", () => toggle());
  one("#side-close").addEventListener("click", () => { toggle(false); button.focus(); });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || roomForSide.matches) return;
    event.preventDefault();
    toggle(false);
    button.focus();
  });
  roomForSide.addEventListener("change", draw);
  on("loaded", draw);
  on("opened", () => { drawer = false; draw(); });
}

/** On a phone the rest of the navigation is a sheet. */
function more(button) {
  const set = (opened) => {
    document.body.classList.toggle("nav-open", opened);
    button.setAttribute("aria-expanded", String(opened));
  };
  button.addEventListener("click", () => set(!document.body.classList.contains("nav-open")));
  document.addEventListener("click", (event) => { if (!event.target.closest(".nav")) set(false); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") set(false); });
  on("view", () => set(false));
}
