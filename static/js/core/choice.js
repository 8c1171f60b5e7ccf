/* A select of which the choice counts and not the way to it: by arrow keys or letters a closed one changes at each step. */

// A change that comes so soon after a key was made by it; these keys choose from the list that is open.
const BY_KEY = 200;
const CHOOSING = ["Enter", " "];

export class Choice {
  kept = "";
  keyAt = -Infinity;

  /**
   * `write(value)` is called once somebody has chosen: from the open list at once, by keys with Enter or on leaving.
   * Escape takes back what keys did.
   */
  constructor(select, write) {
    Object.assign(this, { select, write, kept: select.value });
    select.addEventListener("keydown", (event) => this.pressed(event));
    select.addEventListener("change", () => this.changed());
    select.addEventListener("blur", () => this.settle());
  }

  /** Something else is shown than what is written. */
  get open() {
    return this.select.value !== this.kept;
  }

  /** What is written, among `options` where they are new. What keys are choosing stays, but for `anew`. */
  take(value, { options = null, anew = false } = {}) {
    const choosing = this.open && !anew ? this.select.value : null;
    if (options) this.select.replaceChildren(...options);
    this.select.value = value;
    this.kept = this.select.value;
    const still = [...this.select.options].some((option) => option.value === choosing);
    this.show(still ? choosing : this.kept);
  }

  show(value) {
    this.select.value = value;
    this.select.toggleAttribute("data-choosing", this.open);
  }

  changed() {
    this.select.toggleAttribute("data-choosing", this.open);
    if (performance.now() - this.keyAt > BY_KEY) this.settle();
  }

  pressed(event) {
    if (this.open && event.key === "Enter") this.settle();
    else if (this.open && event.key === "Escape") this.show(this.kept);
    else {
      this.keyAt = CHOOSING.includes(event.key) ? -Infinity : performance.now();
      return;
    }
    event.preventDefault();
  }

  settle() {
    if (!this.open) return;
    this.kept = this.select.value;
    this.show(this.kept);
    this.write(this.kept);
  }
}
