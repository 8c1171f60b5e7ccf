/* One registry of commands: keys run them, buttons run them, the help sheet lists them. */

const commands = new Map();
const SEQUENCE = 1200;
const NAMED = new Set(["ArrowDown", "ArrowUp", "Enter", "Escape"]);
let prefix = "";
let prefixAt = 0;
let singleKeys = true;
let lastKeyAt = 0;

/**
 * `keys`: what event.key says ("j", "ArrowDown"), two with a space for a sequence ("g i"),
 * "Mod+Enter" with Ctrl or ⌘. `typing`: also while the cursor is in a field. `list`: only
 * while nothing but the list has the focus. `when`: whether it can be done at this moment.
 */
export function command(id, { keys = [], group, label, run, typing = false, list = [], when = () => true }) {
  commands.set(id, { id, keys, group, label, run, typing, list, when });
}

/** WCAG 2.1.4: letters alone may be switched off; the others stay. */
export function allowSingleKeys(on) {
  singleKeys = on;
  document.documentElement.dataset.shortcuts = on ? "on" : "off";
}

export function singleKeysAllowed() {
  return singleKeys;
}

export function perform(id) {
  const found = commands.get(id);
  if (found?.when()) found.run();
}

export function all() {
  return [...commands.values()];
}

/** Milliseconds since a key was pressed anywhere. */
export function sinceKey() {
  return performance.now() - lastKeyAt;
}

export function listen() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-command]");
    if (button) perform(button.dataset.command);
  });
}

function pressed(event) {
  lastKeyAt = performance.now();
  if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
  const key = (event.ctrlKey || event.metaKey ? "Mod+" : "") + event.key;
  const found = match(key, event.timeStamp, inField(event.target), atList(event.target));
  if (!found || !found.when()) return;
  event.preventDefault();
  found.run(event);
}

function match(key, at, typing, list) {
  const sequence = prefix && at - prefixAt < SEQUENCE ? `${prefix} ${key}` : "";
  prefix = "";
  for (const candidate of commands.values()) {
    const named = key.startsWith("Mod+") || NAMED.has(key);
    if (typing && !candidate.typing) continue;
    if (!named && !singleKeys) continue;
    if (candidate.list.includes(key) && !list) continue;
    if (candidate.keys.includes(sequence || key)) return candidate;
  }
  if (!typing && singleKeys && !sequence && starts(key)) {
    prefix = key;
    prefixAt = at;
  }
  return null;
}

function starts(key) {
  return all().some((candidate) => candidate.keys.some((keys) => keys.startsWith(`${key} `)));
}

function inField(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function atList(target) {
  return target === document.body || target.id === "main" || target.id === "rows";
}
