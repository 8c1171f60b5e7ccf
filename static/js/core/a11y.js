/* What a screen reader is told, and focus in groups. */
import { one } from "./dom.js";

const PAUSE = 5000;
let pending = new Map();
let timer = null;
let spokenAt = -PAUSE;

/**
 * Says one polite sentence at most every five seconds; news of one `topic` in between is
 * summed up by `sentence(total)`.
 */
export function say(topic, sentence, amount = 1) {
  pending.set(topic, { sentence, total: (pending.get(topic)?.total ?? 0) + amount });
  timer ??= setTimeout(speak, Math.max(50, spokenAt + PAUSE - performance.now()));
}

function speak() {
  const words = [...pending.values()].map(({ sentence, total }) => sentence(total));
  pending = new Map();
  timer = null;
  spokenAt = performance.now();
  one("#announcer").textContent = words.join(" ");
}

/** Arrow keys move and select among the shown tabs; only the selected one is a tab stop. */
export function rovingTabs(tablist, select) {
  tablist.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    const tabs = [...tablist.querySelectorAll('[role="tab"]:not([hidden])')];
    const at = tabs.indexOf(document.activeElement);
    const next = Number.isFinite(step) ? (at + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1;
    event.preventDefault();
    tabs[next].focus();
    select(tabs[next]);
  });
  tablist.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) select(tab);
  });
}

/** Marks one tab as the selected one. */
export function selectTab(tablist, chosen) {
  for (const tab of tablist.querySelectorAll('[role="tab"]')) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
  }
}
