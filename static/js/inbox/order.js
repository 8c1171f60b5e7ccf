/* Sorted ids, and where they may stand while somebody looks. */

/** What a row is sorted by: [first, second], smaller comes first. */
export function keyOf(row, view) {
  if (view === "found") return [-row.id, 0];
  if (view === "pending" || view === "resolved") return [-row.up, -row.id];
  return [row.due ?? Infinity, row.id];
}

export function before(a, b) {
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}

/** Ids kept sorted by their keys; all steps are a binary search. */
export class Order {
  ids = [];
  keys = new Map();

  place(id, key) {
    const known = this.keys.get(id);
    if (known && known[0] === key[0] && known[1] === key[1]) return;
    this.remove(id);
    this.ids.splice(this.position(key), 0, id);
    this.keys.set(id, key);
  }

  remove(id) {
    const key = this.keys.get(id);
    if (!key) return;
    this.ids.splice(this.position(key), 1);
    this.keys.delete(id);
  }

  has(id) {
    return this.keys.has(id);
  }

  position(key) {
    let low = 0;
    let high = this.ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.keys.get(this.ids[middle]), key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * The ids to show, given the true order, the ids that must not move (`pinned`, as shown), and
 * the key each was shown under. News that would land between pinned rows is `held` back;
 * pinned ids that are no longer in the order stay as ghosts.
 */
export function arrange(order, pinned, shownKeys) {
  if (!pinned.length) return { ids: order.ids.slice(), held: [] };
  const stay = new Set(pinned);
  const first = shownKeys.get(pinned[0]);
  const last = shownKeys.get(pinned.at(-1));
  const above = [];
  const below = [];
  const held = [];
  for (const id of order.ids) {
    if (stay.has(id)) continue;
    const key = order.keys.get(id);
    if (before(key, first)) above.push(id);
    else if (before(last, key)) below.push(id);
    else held.push(id);
  }
  return { ids: [...above, ...pinned, ...below], held, above: above.length };
}

/** Puts one id that left the order back where it was shown. */
export function withGhost(ids, order, ghost, key) {
  if (ghost === null || !key || order.has(ghost) || ids.includes(ghost)) return ids;
  const at = order.position(key);
  const anchor = order.ids[at];
  const index = anchor === undefined ? ids.length : Math.max(0, ids.indexOf(anchor));
  return ids.toSpliced(index, 0, ghost);
}
