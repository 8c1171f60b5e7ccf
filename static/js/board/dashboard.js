/* The dashboard: a board whose figures open their tickets, the choice of a channel, and the agents. */
import { on } from "../core/bus.js";
import { one, parts, readJson, setData, setText, show, stamp } from "../core/dom.js";
import { count, t } from "../core/strings.js";
import { allowSingleKeys, command, listen } from "../core/keys.js";
import { everySecond, heard, now, span } from "../core/time.js";
import { Notifications } from "../core/notifications.js";
import { Live } from "../core/socket.js";
import { Board, channelName } from "./board.js";

class Dashboard {
  constructor(boot) {
    this.people = new Map(boot.people.map((person) => [person.id, person]));
    this.board = new Board(boot.figures, { list: boot.list });
    const asked = Number(new URLSearchParams(location.search).get("account"));
    if (boot.figures.accounts.some(({ id }) => id === asked)) this.board.choose({ account: asked });
    this.notifications = new Notifications(boot.notifications, boot.list);
    this.live = new Live(boot.live, null, {
      event: (type, payload) => this.event(type, payload),
      resync: () => this.notifications.load(),
      state: (state) => { if (state === "live") this.live.send({ figures: true }); },
    });
    this.draw();
    everySecond(() => {
      this.board.tick();
      this.drawAgents();
    });
  }

  event(type, payload) {
    if (type === "figures") {
      this.board.take(payload);
      this.draw();
    } else if (type === "people") {
      this.people = new Map(payload.map((person) => [person.id, person]));
      this.drawAgents();
    } else if (type === "notify") this.notifications.add(payload);
    else if (type === "notified") this.notifications.load();
    else if (type === "you") location.reload();
  }

  draw() {
    this.drawScopes();
    this.drawAgents();
    this.board.drawTeam(one("#team"));
  }

  // Which channel

  drawScopes() {
    const scopes = one("#scopes");
    const shown = [{ id: null }, ...this.board.record.accounts];
    show(scopes, shown.length > 2);
    while (scopes.childElementCount > shown.length) scopes.lastElementChild.remove();
    while (scopes.childElementCount < shown.length) scopes.append(this.scope());
    shown.forEach((account, place) => {
      const button = scopes.children[place];
      button.value = account.id ?? "";
      button.setAttribute("aria-pressed", String(account.id === (this.board.scope.account ?? null)));
      const { channel } = parts(button);
      setData(channel, "channel", account.channel ?? "");
      setText(channel, account.id === null ? t("all_channels") : channelName(account));
    });
  }

  scope() {
    const button = stamp("scope");
    button.addEventListener("click", () => this.choose(button.value ? { account: Number(button.value) } : {}));
    return button;
  }

  choose(scope) {
    this.board.choose(scope);
    this.draw();
    history.replaceState(null, "", scope.account ? `?account=${scope.account}` : location.pathname);
  }

  // Who works

  drawAgents() {
    const list = one("#agents");
    const agents = [...this.people.values()].map((person) => ({ ...person, held: this.board.record.agents[person.id] ?? [0, 0] }));
    const shown = agents.filter((person) => person.role === "agent" || person.held[0] || (person.present && person.available));
    const weight = (person) => (person.present ? (person.available ? 0 : 1) : 2);
    shown.sort((a, b) => weight(a) - weight(b) || b.held[0] - a.held[0] || a.name.localeCompare(b.name));
    while (list.childElementCount > shown.length) list.lastElementChild.remove();
    while (list.childElementCount < shown.length) list.append(stamp("agent"));
    shown.forEach((person, place) => this.drawAgent(parts(list.children[place]), person));
  }

  drawAgent(part, person) {
    const state = person.present ? (person.available ? "present" : "pause") : "away";
    const [open, late] = person.held;
    setData(part.presence, "state", state);
    setText(part.name, person.name);
    const since = person.present && person.since ? ` · ${span(now() - person.since)}` : "";
    const words = state === "pause" && person.role === "agent" ? "on_break" : `presence_${state}`;
    setText(part.state, t(words) + since);
    this.link(part.open, "waiting", person.id, count("open_of_agent", open));
    this.link(part.late, "late", person.id, late ? count("late_of_agent", late) : "");
  }

  /** Of all channels: so is what an agent holds. */
  link(element, only, agent, words) {
    setText(element, words);
    show(element, words);
    const href = `${this.board.list}?${new URLSearchParams({ only, agent })}`;
    if (element.getAttribute("href") !== href) element.setAttribute("href", href);
  }
}

const boot = readJson("boot");
heard(boot.now, performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0));
const dashboard = new Dashboard(boot);
allowSingleKeys(document.documentElement.dataset.shortcuts !== "off");
on("shortcuts", allowSingleKeys);
command("go_open", { keys: ["g i"], group: "move", label: "", run: () => location.assign(boot.list) });
listen();
dashboard.live.connect();
performance.mark("board:ready");
