/* How bad a figure is: it turns worse at once, and better only when it clearly is. */

const HOLD = 10_000;
const RANK = { none: 0, good: 0, warn: 1, bad: 2 };

export class Levels {
  shown = new Map();

  /**
   * The level to show for a figure: `fresh` as the bounds say it, `relaxed` as they say it with some slack. What was
   * worse stays so until the relaxed one agrees and ten seconds have gone.
   */
  of(name, fresh, relaxed, at) {
    const before = this.shown.get(name);
    if (!before || RANK[fresh] >= RANK[before.level]) {
      const same = before && before.level === fresh;
      this.shown.set(name, { level: fresh, since: same ? before.since : at });
      return fresh;
    }
    if (at - before.since < HOLD || RANK[relaxed] >= RANK[before.level]) return before.level;
    this.shown.set(name, { level: relaxed, since: at });
    return relaxed;
  }

  /** Another channel is looked at: nothing is known of its past. */
  forget() {
    this.shown.clear();
  }
}

/** For a share in percent: the higher the better. */
export function ofShare(share, { goal, alarm }, slack = 0) {
  if (share === null) return "none";
  if (share < Math.min(100, alarm + slack)) return "bad";
  return share < Math.min(100, goal + slack) ? "warn" : "good";
}

/** For the time until `due`: none without a clock. */
export function ofWait(wait, risk, now, slack = 0) {
  if (!wait || wait.due === null) return wait ? "none" : "good";
  if (wait.due <= now + slack) return "bad";
  return wait.due - now < (risk + slack) ? "warn" : "good";
}
