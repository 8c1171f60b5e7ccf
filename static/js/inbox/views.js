/* The views in the navigation, their counts, and the address of what is shown. */
import { one, setText, show } from "../core/dom.js";
import { number, t } from "../core/strings.js";
import { on } from "../core/bus.js";
import { Choice } from "../core/choice.js";

export class Views {
  /** `figure`: what a list narrowed to a figure is called. */
  constructor(store, go, figure) {
    [this.store, this.figure] = [store, figure];
    this.links = [...document.querySelectorAll("[data-view]")];
    for (const link of this.links) link.addEventListener("click", (event) => this.clicked(event, link, go));
    on("counts", () => this.drawCounts());
    on("view", () => this.drawCurrent());
    const priority = new Choice(one("#by-priority"), (value) => this.narrow(value));
    priority.take(new URLSearchParams(store.only).get("priority") ?? "");
    this.drawCounts();
    this.drawCurrent();
  }

  /** The figure that is shown, or all that wait, of one priority; all of them again for "". */
  narrow(priority) {
    const asked = new URLSearchParams(this.store.only || "only=waiting");
    asked.delete("priority");
    if (priority) asked.set("priority", priority);
    location.assign(priority || asked.get("only") !== "waiting" ? `?${asked}` : location.pathname);
  }

  clicked(event, link, go) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.dataset.view);
  }

  drawCounts() {
    const { counts, me } = this.store;
    const values = { ...counts, mine: counts.by?.[me.id] ?? 0 };
    for (const element of document.querySelectorAll("[data-count]")) {
      const value = values[element.dataset.count];
      setText(element, value === undefined ? "" : number(value));
      element.toggleAttribute("data-zero", !value);
      element.classList.toggle("late", element.dataset.count === "breached");
    }
  }

  drawCurrent() {
    for (const link of this.links) {
      if (link.dataset.view === this.store.view && !this.store.chosen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    setText(one("#list-title"), this.title());
    one("#list-title").title = this.title();
    show(one("#all-again"), this.store.only);
    const back = document.getElementById("to-figures");
    if (back) show(back, this.store.only);
  }

  /** What the list is called. */
  title() {
    if (this.store.words) return t("looked_for", { words: this.store.words });
    return this.store.only ? this.figure : this.label(this.store.view);
  }

  label(view) {
    const link = this.links.find((candidate) => candidate.dataset.view === view);
    return link ? one(".nav-text", link).textContent : view;
  }
}

/** What an empty list says: nobody waits, nothing found, still loading, nothing connected. */
export function emptyState(store, { shown, connected, loading }) {
  const empty = shown === 0;
  show(one("#list-empty"), empty);
  if (!empty) return;
  const which = loading ? "loading" : store.query ? "search" : store.only ? "figure" : connected ? "clear" : "unconnected";
  for (const element of document.querySelectorAll("[data-empty]")) show(element, element.dataset.empty === which);
}

export function addressOf(slug, { view, only }, ticket) {
  return `/w/${slug}/inbox/${view}/${ticket === null ? "" : `${ticket}/`}${only ? `?${only}` : ""}`;
}

/** {view, ticket} of an address of ours, or null. */
export function placeOf(path) {
  const found = /\/inbox\/(\w+)\/(?:(\d+)\/)?$/.exec(path);
  return found && { view: found[1], ticket: found[2] ? Number(found[2]) : null };
}
