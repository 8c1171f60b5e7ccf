// The frame of the simulator's page: which network, which page, which tab; and the switches.
// A network's module gives `label`, `parts`, and `allowed`, the switches of one page (see switches.js).

import { ask, h, option, refreshTimes } from "./dom.js";
import { switches } from "./switches.js";

const main = document.getElementById("main");
const modules = {};
for (const name of main.dataset.networks.split(" ")) {
  modules[name] = await import(`/static/${name}/${name}.js`);
}
const names = Object.keys(modules);
const [network, page, tab] = location.hash.slice(1).split("/");
const state = { network: modules[network] ? network : names[0], page: page || "", tab: tab || "", pages: [] };
const choose = h("select", { id: "network", onchange: () => move(choose.value) },
  ...names.map((name) => option(name, modules[name].label, state.network)));
const select = h("select", { id: "page", onchange: () => go({ page: select.value }) });
const tabs = h("nav", { "aria-label": "Parts", class: "tabs" });
const room = h("section", { class: "room" });
const lost = h("p", { class: "lost", role: "status" });
let shown = null;

main.append(
  h("div", { class: "bar" },
    h("div", { class: "writer" },
      names.length > 1 ? h("label", { class: "choose" }, h("span", {}, "Network"), choose) : null,
      h("label", { class: "choose" }, h("span", {}, "Company"), select)),
    tabs),
  lost,
  room,
);

function parts() {
  return [...modules[state.network].parts, { name: "switches", label: "Switches", make: switches }];
}

// To another network: its pages are asked for before anything of them is shown.
function move(network) {
  Object.assign(state, { network, page: "", tab: "", pages: [] });
  shown = null;
  return look();
}

function go(change) {
  Object.assign(state, change);
  const known = parts().find((part) => part.name === state.tab) || parts()[0];
  state.tab = known.name;
  history.replaceState(null, "", `#${state.network}/${state.page}/${state.tab}`);
  tabs.replaceChildren(
    ...parts().map((part) =>
      h("button", { type: "button", "aria-pressed": String(part.name === state.tab), onclick: () => go({ tab: part.name }) }, part.label),
    ),
  );
  shown = known.make({
    network: state.network, page: state.page, people: state.people || [], pages: state.pages,
    allowed: modules[state.network].allowed,
  });
  room.replaceChildren(shown.element);
  return refresh();
}

function fillPages(pages) {
  if (JSON.stringify(pages) === JSON.stringify(state.pages)) return false;
  state.pages = pages;
  const wanted = pages.some((one) => one.id === state.page) ? state.page : (pages.find((one) => one.connected) || pages[0])?.id;
  select.replaceChildren(
    ...pages.map((one) => option(one.id, one.connected ? one.name : `${one.name} (not connected)`, wanted)),
  );
  const moved = wanted !== state.page;
  state.page = wanted || "";
  return moved;
}

async function refresh() {
  try {
    await shown?.refresh();
    lost.textContent = "";
  } catch {
    lost.textContent = "The simulator does not answer.";
  }
  refreshTimes(room);
}

async function look() {
  const asked = state.network;
  try {
    const found = await ask(`/${asked}/pages`);
    if (asked !== state.network) return;
    state.people = found.people;
    if (fillPages(found.pages) || !shown) await go({});
  } catch {
    lost.textContent = "The simulator does not answer.";
  }
}

await look();
setInterval(() => document.hidden || refresh(), 1000);
setInterval(() => document.hidden || look(), 4000);
