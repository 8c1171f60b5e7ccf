/* Priority, queue, tags and group, at the ticket's side. */
import { one, parts, setText, show, stamp } from "../core/dom.js";
import { on } from "../core/bus.js";
import { post } from "../core/api.js";
import { Choice } from "../core/choice.js";
import { t } from "../core/strings.js";
import { plain } from "../core/text.js";
import { toast } from "../core/toast.js";
import { change } from "./commands.js";
import { sentence } from "./sending.js";

export class Sorting {
  /** Changes that are on their way. What is loaded meanwhile may be older than they are. */
  sent = 0;
  /** The last of them: the next waits for it, so that the server hears of them in their order. */
  last = Promise.resolve();

  constructor(store, thread) {
    this.store = store;
    this.thread = thread;
    this.tags = one("#sort-tags");
    on("detail", (detail) => this.draw(detail));
    this.choices = {
      priority: new Choice(one("#sort-priority"), (value) => this.priority(Number(value))),
      queue: new Choice(one("#sort-queue"), (value) => this.queue(value)),
      group: new Choice(one("#sort-group"), (value) => this.group(value)),
    };
    one("#sort-tag").addEventListener("input", () => complain(""));
    one("#sort-tag").addEventListener("change", ({ target }) => this.add(target));
    one("#sort-tag").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.add(event.target);
    });
    this.tags.addEventListener("click", (event) => this.clicked(event));
    this.tags.addEventListener("keydown", (event) => this.pressed(event));
  }

  draw(detail) {
    const { labels } = detail;
    const anew = detail.id !== this.id;
    if (anew) {
      one("#sort-tag").value = "";
      complain("");
    }
    this.id = detail.id;
    this.contact = detail.contact.id;
    this.choices.priority.take(String(detail.prio), { anew });
    this.offer("queue", labels.queues, detail.queue, anew);
    this.offer("group", labels.groups, detail.contact.group, anew);
    show(one("#sort-tags-field"), labels.tags.length);
    this.known = labels.tags;
    if (anew || !this.sent) this.drawTags(detail.tags);
  }

  offer(kind, labels, chosen, anew) {
    show(one(`#sort-${kind}-field`), labels.length);
    const options = [new Option(t(`none_${kind}`), ""), ...labels.map(({ id, name }) => new Option(name, id))];
    this.choices[kind].take(String(chosen ?? ""), { options, anew });
  }

  /** Those on the ticket, each with a button that takes it off, and a list of the others. The focus stays near. */
  drawTags(chosen) {
    const focused = [...this.tags.children].findIndex((chip) => chip.contains(document.activeElement));
    const on = this.known.filter(({ id }) => chosen.includes(id));
    const others = this.known.filter(({ id }) => !chosen.includes(id));
    this.chosen = on.map(({ id }) => id);
    this.tags.replaceChildren(...on.map(chip));
    one("#sort-tag-names").replaceChildren(...others.map(({ name }) => new Option(name)));
    show(one("#sort-tag").parentElement, others.length);
    if (focused >= 0) this.focusTags(focused);
  }

  /** To the tag at this place, or the last one, or where one is added. */
  focusTags(place = 0) {
    const chips = this.tags.children;
    const chip = chips[Math.min(place, chips.length - 1)];
    (chip ? parts(chip).remove : one("#sort-tag")).focus();
  }

  /** By its name, or as much of it as fits no other. */
  add(input) {
    const words = plain(input.value.trim());
    if (!words) return;
    const named = this.known.find(({ name }) => plain(name) === words);
    const begun = this.known.filter(({ name }) => plain(name).startsWith(words));
    const found = named ?? (begun.length === 1 ? begun[0] : null);
    complain(found ? "" : t("no_such_tag"));
    if (!found) return;
    input.value = "";
    if (!this.chosen.includes(found.id)) this.tag([...this.chosen, found.id]);
  }

  clicked(event) {
    const chip = event.target.closest("button")?.closest("li");
    if (chip) this.without(chip);
  }

  pressed(event) {
    const chip = event.target.closest("li");
    if (!chip) return;
    const step = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    if (step && chip[step]) parts(chip[step]).remove.focus();
    else if (event.key === "Delete" || event.key === "Backspace") this.without(chip);
    else return;
    event.preventDefault();
  }

  without(chip) {
    return this.tag(this.chosen.filter((id) => id !== Number(chip.dataset.tag)));
  }

  priority(prio) {
    return this.change("priority", { priority: prio }, { prio });
  }

  queue(value) {
    const queue = value ? Number(value) : null;
    return this.change("queue", { queue }, { queue });
  }

  tag(tags) {
    this.drawTags(tags);
    return this.change("tags", { tags }, { tags });
  }

  /** The clocks follow: they stand in what is loaded anew. */
  async change(what, body, patch) {
    const { id } = this;
    this.sent += 1;
    this.last = this.last.then(() => change(this.store, id, what, body, patch));
    await this.last;
    this.sent -= 1;
    if (this.thread.id === id) this.thread.refresh({ whole: true });
  }

  async group(value) {
    try {
      await post(`contacts/${this.contact}/group/`, { group: value ? Number(value) : null });
    } catch (problem) {
      toast(sentence(problem));
    }
    this.thread.refresh({ whole: true });
  }
}

/** At the field, where it covers nothing and stands but once. */
function complain(sentence) {
  setText(one("#sort-tag-error"), sentence);
  one("#sort-tag").setAttribute("aria-invalid", String(Boolean(sentence)));
}

function chip({ id, name }) {
  const node = stamp("tag");
  const part = parts(node);
  node.dataset.tag = id;
  setText(part.name, name);
  setText(part.label, t("remove_tag", { name }));
  return node;
}
