/* What was said on one ticket, in reading order, each with its node on the page. */
import { day } from "../core/time.js";
import { parts, setText } from "../core/dom.js";
import { fillEntry, makeEntry, tickEntry } from "./bubble.js";

const RANK = { event: 1, message: 0, note: 0 };

/** The same for an optimistic bubble and for what the server makes of it. */
export function keyOfEntry(entry) {
  if (entry.client_id) return `c${entry.client_id}`;
  return `${entry.type[0]}${entry.id}`;
}

function earlier(a, b) {
  if (a.at !== b.at) return a.at - b.at;
  return RANK[a.type] - RANK[b.type] || (a.seq ?? a.id) - (b.seq ?? b.id);
}

export class Entries {
  known = new Map();
  nodes = new Map();
  sorted = [];

  constructor(list, context) {
    this.list = list;
    this.context = context;
  }

  clear() {
    this.known.clear();
    this.nodes.clear();
    this.sorted = [];
    this.list.replaceChildren();
  }

  /** Takes entries, new or changed, and returns those that were not known. What was taken back goes. */
  take(entries) {
    const fresh = [];
    for (const entry of entries) {
      const key = keyOfEntry(entry);
      if (entry.state === "cancelled") {
        this.drop(key);
        continue;
      }
      if (!this.known.has(key)) fresh.push(entry);
      this.known.set(key, entry);
    }
    if (entries.length) this.lay(new Set([...entries.map(keyOfEntry), ...this.choices()]));
    return fresh;
  }

  /** Those of which it is said whether they have an answer: any other entry may be one. */
  choices() {
    return this.context().choices.map((id) => `m${id}`).filter((key) => this.nodes.has(key));
  }

  drop(key) {
    this.known.delete(key);
    this.nodes.get(key)?.remove();
    this.nodes.delete(key);
    this.lay(new Set(this.choices()));
  }

  /** Sorts, and moves or makes only the nodes that need it. */
  lay(changed) {
    this.sorted = [...this.known.values()].sort(earlier);
    let place = this.list.firstElementChild;
    let lastDay = "";
    for (const entry of this.sorted) {
      const key = keyOfEntry(entry);
      let node = this.nodes.get(key);
      if (!node) {
        node = makeEntry(entry);
        node.dataset.key = key;
        this.nodes.set(key, node);
        changed.add(key);
      }
      if (node === place) place = place.nextElementSibling;
      else this.list.insertBefore(node, place);
      if (changed.has(key)) fillEntry(node, entry, this.context());
      lastDay = this.markDay(node, entry, lastDay);
    }
  }

  markDay(node, entry, lastDay) {
    const today = day(entry.at);
    setText(parts(node).day, today === lastDay ? "" : today);
    return today;
  }

  refill() {
    for (const entry of this.sorted) fillEntry(this.nodes.get(keyOfEntry(entry)), entry, this.context());
  }

  tick() {
    for (const entry of this.sorted) {
      if (entry.state === "queued") tickEntry(this.nodes.get(keyOfEntry(entry)), entry);
    }
  }

  ofNode(node) {
    return this.known.get(node.dataset.key);
  }

  /** The message an entry answers or goes on from, unless it is the one right above. */
  answered(entry) {
    const said = this.sorted.filter((other) => other.type === "message");
    const parent = said.findIndex((other) => other.id === (entry.continues ?? entry.parent));
    return parent < 0 || said[parent + 1] === entry ? null : said[parent];
  }

  /** The first answer to a message itself that is out, or undefined. */
  ownAnswer({ id }) {
    const ours = (other) => other.type === "message" && other.origin !== "customer" && other.parent === id;
    return this.sorted.find((other) => ours(other) && other.state === "sent" && !other.removed);
  }

  /** The node of what was said last, or undefined. */
  lastSaid() {
    const last = this.sorted.findLast((entry) => entry.type !== "event");
    return last && this.nodes.get(keyOfEntry(last));
  }

  /** The highest number of what is shown: what the agent can have seen. */
  lastSeq() {
    return this.sorted.reduce((highest, entry) => Math.max(highest, entry.seq ?? 0), 0);
  }
}
