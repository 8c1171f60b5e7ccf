/* Customers' words: never markup. */

/** As the server's len(): code points, not UTF-16 units. */
export function length(text) {
  let points = 0;
  for (const _ of text) points += 1;
  return points;
}

/** "AP" for Amélie Petit, "?" for nobody. */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return "?";
  const first = [...words[0]][0];
  const last = words.length > 1 ? [...words.at(-1)][0] : "";
  return (first + last).toLocaleUpperCase();
}

/** Lower case without accents, for finding. */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

const LINK = /https?:\/\/[^\s<>"'“”«»\u202a-\u202e\u2066-\u2069]+/giu;

/** Puts text into an element, web addresses as links that give nothing away. */
export function fillText(element, text) {
  if (element.dataset.raw === text) return;
  element.dataset.raw = text;
  element.replaceChildren();
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/u, "");
    element.append(text.slice(from, found.index), link(address));
    from = found.index + address.length;
  }
  element.append(text.slice(from));
}

function link(address) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  anchor.textContent = address;
  return anchor;
}

/** An address that may be put into href, else an empty string. */
export function webAddress(address) {
  return /^https?:\/\//i.test(address ?? "") ? address : "";
}
