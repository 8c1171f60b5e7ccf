/* Priority, queue, tags and group, at the ticket's side. */
import { one, parts, setText, show, stamp } from "../core/dom.js";
import { on } from "../core/bus.js";
import { post } from "../core/api.js";
import { t } from "../core/strings.js";
import { toast } from "../core/toast.js";
import { change } from "./commands.js";
import { sentence } from "./sending.js";

export class Sorting {
  constructor(store, thread) {
    this.store = store;
    this.thread = thread;
    this.tags = one("#sort-tags");
    on("detail", (detail) => this.draw(detail));
    one("#sort-priority").addEventListener("change", ({ target }) => this.priority(Number(target.value)));
    one("#sort-queue").addEventListener("change", ({ target }) => this.queue(target.value));
    one("#sort-group").addEventListener("change", ({ target }) => this.group(target.value));
    this.tags.addEventListener("change", () => this.tag());
  }

  draw(detail) {
    const { labels } = detail;
    this.id = detail.id;
    this.contact = detail.contact.id;
    one("#sort-priority").value = String(detail.prio);
    offer("queue", labels.queues, detail.queue);
    offer("group", labels.groups, detail.contact.group);
    show(one("#sort-tags-field"), labels.tags.length);
    this.tags.replaceChildren(...labels.tags.map((tag) => checkbox(tag, detail.tags.includes(tag.id))));
  }

  priority(prio) {
    return this.change("priority", { priority: prio }, { prio });
  }

  queue(value) {
    const queue = value ? Number(value) : null;
    return this.change("queue", { queue }, { queue });
  }

  tag() {
    const tags = [...this.tags.querySelectorAll("input:checked")].map((box) => Number(box.value));
    return this.change("tags", { tags }, { tags });
  }

  /** The clocks follow: they stand in what is loaded anew. */
  async change(what, body, patch) {
    const { id } = this;
    await change(this.store, id, what, body, patch);
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

function offer(kind, labels, chosen) {
  show(one(`#sort-${kind}-field`), labels.length);
  const options = labels.map(({ id, name }) => new Option(name, id, false, id === chosen));
  one(`#sort-${kind}`).replaceChildren(new Option(t("none"), "", false, chosen === null), ...options);
}

function checkbox({ id, name }, on) {
  const node = stamp("tag");
  const part = parts(node);
  part.box.value = id;
  part.box.checked = on;
  setText(part.name, name);
  return node;
}
