/* Everything that can be done to a ticket, with its keys; and the sheet that lists them. */
import { one, parts, setText, stamp } from "../core/dom.js";
import { command, all } from "../core/keys.js";
import { post } from "../core/api.js";
import { t } from "../core/strings.js";
import { toast } from "../core/toast.js";
import { sentence } from "./sending.js";

/** Registers the commands; `inbox` is what main.js put together. */
export function register(inbox) {
  const { list, thread, composer, store } = inbox;
  const opened = () => inbox.settle();
  const write = (mode) => () => inbox.write(mode);
  const add = (id, keys, group, run, more = {}) => command(id, { keys, group, label: t(`do_${id}`), run, ...more });

  add("next", ["j", "ArrowDown"], "move", () => inbox.move(1), { list: ["ArrowDown"] });
  add("previous", ["k", "ArrowUp"], "move", () => inbox.move(-1), { list: ["ArrowUp"] });
  add("read", ["o", "Enter"], "move", () => one("#messages").focus(), { list: ["Enter"], when: opened });
  add("leave", ["Escape"], "move", () => inbox.leave(), { typing: true });
  add("search", ["/"], "move", () => one("#search").focus());
  add("go_open", ["g i"], "move", () => inbox.go("open"));
  add("go_mine", ["g m"], "move", () => inbox.go("mine"));
  add("go_unassigned", ["g u"], "move", () => inbox.go("unassigned"));
  add("go_breached", ["g b"], "move", () => inbox.go("breached"));
  add("go_pending", ["g p"], "move", () => inbox.go("pending"));
  add("go_resolved", ["g r"], "move", () => inbox.go("resolved"));
  const dashboard = document.getElementById("to-dashboard");
  if (dashboard) add("go_dashboard", ["g d"], "move", () => location.assign(dashboard.href));

  add("reply", ["r"], "write", write("reply"), { when: opened });
  add("private", ["p"], "write", write("private"), { when: () => opened() && Boolean(composer.modes.private) });
  add("note", ["n"], "write", write("note"), { when: opened });
  add("send", ["Mod+Enter"], "write", () => composer.submit(), { typing: true, when: () => document.activeElement === one("#words") });

  add("resolve", ["e"], "ticket", () => inbox.resolve(), { when: opened });
  add("reopen", [], "ticket", () => inbox.reopen(), { when: opened });
  add("assign", ["a"], "ticket", () => inbox.assignDialog.open(thread.row.who), { when: opened });
  add("assign_me", ["i"], "ticket", () => inbox.assign(store.me.id), { when: opened });
  add("tags", ["l"], "ticket", () => inbox.tags(), { when: opened });
  add("help", ["?"], "ticket", () => help());
}

/** Changes a ticket at once and tells the server: its row, or null where it refused and said why. */
export async function change(store, id, what, body, patch) {
  const before = store.rows.get(id);
  const shown = before && { ...before, ...patch };
  if (shown) store.put(shown);
  try {
    const { row } = await post(`tickets/${id}/${what}/`, body);
    if (row.id !== id && shown && store.rows.get(id) === shown) store.put(before);
    store.put(row);
    return row;
  } catch (problem) {
    if (shown && store.rows.get(id) === shown) store.put(before);
    toast(sentence(problem));
    return null;
  }
}

const GROUPS = ["move", "write", "ticket"];
const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc", "Mod+Enter": "Ctrl/⌘ ↵" };

function help() {
  const sheet = one("#help");
  one("#help-groups").replaceChildren(...GROUPS.map(helpGroup));
  sheet.showModal();
}

function helpGroup(group) {
  const node = stamp("help-group");
  setText(parts(node).title, t(`group_${group}`));
  const commands = all().filter((entry) => entry.group === group && entry.keys.length);
  parts(node).keys.append(...commands.map(helpLine));
  return node;
}

function helpLine(entry) {
  const node = stamp("help-key");
  setText(parts(node).label, entry.label);
  entry.keys.forEach((keys, index) => {
    if (index) parts(node).keys.append(" ");
    for (const key of keys.split(" ")) {
      const element = document.createElement("kbd");
      element.textContent = SIGNS[key] ?? key;
      parts(node).keys.append(element, " ");
    }
  });
  return node;
}
