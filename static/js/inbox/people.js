/* Colleagues: who takes a ticket, who is there, and whether I take tickets. */
import { one, parts, setText, show, stamp } from "../core/dom.js";
import { number, t } from "../core/strings.js";
import { plain } from "../core/text.js";
import { on } from "../core/bus.js";
import { post } from "../core/api.js";
import { toast } from "../core/toast.js";
import { sentence } from "./sending.js";

const NOBODY = { id: null };

export function presenceOf(person) {
  if (!person.present) return "away";
  return person.available ? "present" : "pause";
}

function sorted(people, me) {
  const weight = { present: 0, pause: 1, away: 2 };
  return [...people].sort((a, b) =>
    (b.id === me) - (a.id === me) || weight[presenceOf(a)] - weight[presenceOf(b)] || a.load - b.load || a.name.localeCompare(b.name));
}

function fillPerson(node, person) {
  const part = parts(node);
  const state = presenceOf(person);
  part.presence.dataset.state = state;
  setText(part.name, person.name);
  setText(part.note, t(`presence_${state}`));
  setText(part.load, number(person.load ?? 0));
  part.load.title = t("open_tickets_of_person");
}

/** The dialog of names; resolves through `choose(id)`, null for nobody. */
export class AssignDialog {
  at = 0;

  constructor(store, choose) {
    this.store = store;
    this.choose = choose;
    this.dialog = one("#assign-dialog");
    this.filter = one("#assign-filter");
    this.list = one("#assign-list");
    this.filter.addEventListener("input", () => { this.at = 0; this.draw(); });
    this.filter.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("click", (event) => this.clicked(event));
    on("people", () => { if (this.dialog.open) this.draw(); });
  }

  open(assignee) {
    this.assignee = assignee;
    this.filter.value = "";
    this.at = 0;
    this.draw();
    this.dialog.showModal();
    this.filter.focus();
  }

  offered() {
    const wanted = plain(this.filter.value.trim());
    const people = sorted(this.store.people.values(), this.store.me.id).filter((person) => plain(person.name).includes(wanted));
    return this.assignee !== null && !wanted ? [...people, NOBODY] : people;
  }

  draw() {
    const people = this.offered();
    this.at = Math.max(0, Math.min(this.at, people.length - 1));
    this.list.replaceChildren(...people.map((person, index) => this.option(person, index)));
    this.filter.setAttribute("aria-activedescendant", people.length ? `person-${this.at}` : "");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  option(person, index) {
    const node = stamp("person");
    node.id = `person-${index}`;
    node.dataset.person = person.id ?? "";
    node.classList.toggle("active", index === this.at);
    node.setAttribute("aria-selected", String(person.id === this.assignee));
    if (person === NOBODY) {
      setText(parts(node).name, t("nobody"));
      show(parts(node).presence, false);
    } else fillPerson(node, person);
    if (person.id === this.store.me.id) setText(parts(node).name, t("me_name", { name: person.name }));
    return node;
  }

  pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.at = (this.at + step + this.list.childElementCount) % Math.max(1, this.list.childElementCount);
      this.draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.list.children[this.at]?.click();
    }
  }

  clicked(event) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    this.dialog.close();
    this.choose(option.dataset.person ? Number(option.dataset.person) : null);
  }
}

/** The list "Team" at the foot of the navigation, for those who supervise. */
export function teamPanel(store) {
  const list = document.getElementById("team-list");
  if (!list) return;
  const draw = () => {
    const people = sorted(store.people.values(), null);
    setText(one("#team-present"), number(people.filter((person) => person.present).length));
    while (list.childElementCount > people.length) list.lastElementChild.remove();
    while (list.childElementCount < people.length) list.append(stamp("member"));
    people.forEach((person, index) => fillPerson(list.children[index], person));
  };
  on("people", draw);
  draw();
}

/** The switch "Taking tickets". */
export function availability(store) {
  const button = one("#availability");
  const draw = () => button.setAttribute("aria-checked", String(Boolean(store.people.get(store.me.id)?.available)));
  on("people", draw);
  draw();
  button.addEventListener("click", async () => {
    const me = store.people.get(store.me.id) ?? { id: store.me.id, name: store.me.name, load: 0, present: true };
    const available = !me.available;
    store.setPeople([{ ...me, available }]);
    try {
      await post("presence/", { available });
      toast(t(available ? "taking_tickets" : "on_a_break"));
    } catch (problem) {
      store.setPeople([{ ...me, available: !available }]);
      toast(sentence(problem));
    }
  });
}
