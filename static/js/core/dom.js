/** The first match; a missing part of the page is a fault of ours and says so. */
export function one(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}

const templates = new Map();

/** A fresh copy of the only child of <template id="tpl-NAME">. */
export function stamp(name) {
  let template = templates.get(name);
  if (!template) {
    template = one(`#tpl-${name}`).content.firstElementChild;
    templates.set(name, template);
  }
  return template.cloneNode(true);
}

const slots = new WeakMap();

/** The elements of a stamped node by their data-f. */
export function parts(node) {
  let found = slots.get(node);
  if (!found) {
    found = {};
    for (const element of node.querySelectorAll("[data-f]")) found[element.dataset.f] = element;
    slots.set(node, found);
  }
  return found;
}

/** Changes the words only when they differ: the cheapest update is none. */
export function setText(element, words) {
  const text = String(words);
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name, on) {
  if (element.classList.contains(name) !== Boolean(on)) element.classList.toggle(name, Boolean(on));
}

export function show(element, on) {
  if (element.hidden === Boolean(on)) element.hidden = !on;
}

export function setData(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

export function readJson(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
}
