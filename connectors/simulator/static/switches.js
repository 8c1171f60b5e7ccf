// The switches: the trickle, how webhooks travel, what goes wrong, and what the network says of the page.
// `allowed({ standing, view, lists, set })` gives the elements of the last; `set` changes the page.

import { ask, attempt, h, labelled, option, ticked } from "./dom.js";

const RHYTHMS = [[0, "Off"], [2, "2 a minute"], [6, "6 a minute"], [20, "20 a minute"], [60, "60 a minute"]];

export function switches({ network, page, allowed }) {
  const line = h("p", { class: "refused", role: "alert" });
  const sections = {
    trickle: h("section", { class: "card" }),
    webhooks: h("section", { class: "card" }),
    faults: h("section", { class: "card wide" }),
    page: h("section", { class: "card wide" }),
  };
  const order = (path, body, method) => attempt(line, () => ask(path, body, method)).then((done) => (refresh(), done));
  const set = (change) => order("/control/page", { network, page, ...change });
  let before = "";

  async function refresh() {
    const [standing, view, lists] = await Promise.all([
      ask("/control/standing"), ask(`/${network}/pages/${page}`), ask(`/${network}/pages`),
    ]);
    const { posts, conversations, threads, talks, people, version, ...facts } = view;
    const now = JSON.stringify([standing, facts, lists.spare]);
    if (now === before || element.contains(document.activeElement) && document.activeElement.matches("input, select")) return;
    before = now;
    sections.trickle.replaceChildren(...trickle(standing, order));
    sections.webhooks.replaceChildren(...webhooks(standing, network, order));
    if (!sections.faults.children.length) sections.faults.append(...faultForm(standing.fault_kinds[network], page, order));
    sections.faults.lastElementChild.replaceChildren(...standingFaults(standing, order));
    sections.page.replaceChildren(...allowed({ standing: standing.networks[network], view, lists, set }));
  }

  const element = h("div", { class: "switches" }, line, ...Object.values(sections));
  return { element, refresh };
}

function trickle(standing, order) {
  const choose = h(
    "select",
    { onchange: () => (choose.blur(), order("/control/trickle", { per_minute: Number(choose.value) })) },
    ...RHYTHMS.map(([value, label]) => option(String(value), label, String(standing.trickle))),
  );
  if (!RHYTHMS.some(([value]) => value === standing.trickle)) {
    choose.append(option(String(standing.trickle), `${standing.trickle} a minute`, String(standing.trickle)));
  }
  return [
    h("h2", {}, "Customers who write by themselves"),
    labelled("Trickle", choose),
    h("p", { class: "hint" }, "They write in public and in private on every network that is connected, and sometimes react to an answer."),
  ];
}

function webhooks(standing, network, order) {
  const hooks = standing.webhooks;
  const set = (name, read) => (event) => (event.target.blur(), order("/control/webhooks", { [name]: read(event.target) }));
  const check = (name, label) =>
    ticked(label, { checked: hooks[name], onchange: set(name, (box) => box.checked) });
  const number = (name, label, step, max) =>
    labelled(label, h("input", { type: "number", min: 0, max, step, value: String(hooks[name]), onchange: set(name, (box) => Number(box.value)) }));
  const figures = ["accepted", "refused", "duplicated", "waiting", "given_up"];
  return [
    h("h2", {}, "Webhooks"),
    number("duplicates", "Share sent twice", 0.05, 1),
    number("batch", "Seconds collected into one delivery", 0.1, 60),
    check("reorder", "In random order"),
    check("paused", "Hold all back"),
    h("dl", { class: "figures" }, ...figures.map((name) => h("div", {}, h("dt", {}, name.replace("_", " ")), h("dd", {}, String(hooks[name]))))),
    h("ul", { class: "plain" }, ...standing.networks[network].apps.map((app) => h("li", {}, h("code", {}, app.webhook), ` handshake: ${app.handshake}`))),
  ];
}

function faultForm(known, page, order) {
  const input = (name, attributes) => h("input", { name, ...attributes });
  const kinds = h("select", { name: "kind" }, ...Object.entries(known).map(([name, label]) => option(name, `${name}: ${label}`)));
  const fields = [
    labelled("What", kinds),
    labelled("Where", h("select", { name: "page" }, option(page, "This page"), option("", "All pages"))),
    labelled("Which calls", h("select", { name: "on" }, ...["any", "read", "write", "send", "token"].map((on) => option(on, on)))),
    labelled("Times (0: until cleared)", input("times", { type: "number", min: 0, value: "1" })),
    labelled("Seconds (waiting ones)", input("seconds", { type: "number", min: 0, value: "30" })),
    labelled("Minutes (throttled)", input("minutes", { type: "number", min: 0, value: "5" })),
    labelled("Code", input("code", { type: "number", min: 0, value: "0" })),
    labelled("Subcode", input("subcode", { type: "number", min: 0, value: "0" })),
    labelled("Message", input("message", { type: "text" })),
  ];
  const form = h("form", { class: "fields", onsubmit }, ...fields, h("button", { type: "submit" }, "Let it happen"));
  function onsubmit(event) {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    for (const name of ["times", "seconds", "minutes", "code", "subcode"]) given[name] = Number(given[name]);
    document.activeElement.blur();
    order("/control/faults", given);
  }
  return [h("h2", {}, "What goes wrong when the app calls"), form, h("ul", { class: "plain" })];
}

function standingFaults(standing, order) {
  if (!standing.faults.length) return [h("li", { class: "hint" }, "Nothing goes wrong at the moment.")];
  return standing.faults.map((fault) =>
    h(
      "li",
      {},
      `${fault.kind} on ${fault.on} calls, ${fault.page ? `page ${fault.page}` : "all pages"}, ${fault.times ? `${fault.times} more` : "until cleared"} `,
      h("button", { type: "button", onclick: () => order(`/control/faults/${fault.id}`, undefined, "DELETE") }, "Clear"),
    ),
  );
}
