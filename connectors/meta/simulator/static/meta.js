// The fake page and the fake Messenger, as parts of the simulator's page.

import { ask, attempt, h, labelled, option, ticked } from "/static/simulator/dom.js";
import { conversation, post } from "./pieces.js";

export const label = "Facebook page and Messenger";

export const parts = [
  { name: "page", label: "Page", make: pagePart },
  { name: "messenger", label: "Messenger", make: messengerPart },
];

const DOINGS = [["post", "A post on the page"], ["review", "A recommendation"], ["mention", "A mention elsewhere"]];

// Who writes: a name, or the company itself as somebody in its own inbox would.
function writer(people, nameOnlyCustomers = false) {
  const id = `people-${Math.round(performance.now())}`;
  const kept = sessionStorage.getItem("author") || people[0] || "";
  const name = h("input", { list: id, value: kept, maxLength: 100, autocomplete: "off", required: true });
  name.addEventListener("change", () => sessionStorage.setItem("author", name.value));
  const company = h("input", { type: "checkbox" });
  company.addEventListener("change", () => (name.disabled = nameOnlyCustomers && company.checked));
  const element = h(
    "div",
    { class: "writer" },
    labelled("Write as", name),
    h("datalist", { id }, ...people.map((one) => option(one, one))),
    h("label", { class: "check" }, company, h("span", {}, "the company itself, from outside the app")),
  );
  return {
    element,
    set: (author) => ((name.value = author), sessionStorage.setItem("author", author)),
    name: () => name.value.trim(),
    given: () => (company.checked ? { as: "page" } : { author: name.value.trim() }),
    company: () => company.checked,
    onchange: (call) => [name, company].forEach((field) => field.addEventListener("change", call)),
  };
}

// Keeps what is on the screen equal to what the simulator knows; asks only for news.
function follower(page, render) {
  let version = "";
  return async (again) => {
    const found = await ask(`/meta/pages/${page}?since=${again === true ? "" : version}`);
    if (!found) return;
    version = found.version;
    render(found);
  };
}

function pagePart({ page, people }) {
  const who = writer(people, true);
  const line = h("p", { class: "refused", role: "alert" });
  const doing = h("select", { "aria-label": "What" }, ...DOINGS.map(([value, label]) => option(value, label)));
  const stars = h("select", { "aria-label": "Stars" }, ...[5, 4, 3, 2, 1].map((one) => option(String(one), "★".repeat(one))));
  const photo = h("input", { type: "checkbox" });
  const text = h("textarea", { rows: 2, "aria-label": "Text", placeholder: "What does the customer write?" });
  const about = h("p", { class: "about" });
  const posts = h("div", { class: "posts" });
  let target = null;

  function aim(next) {
    target = next;
    doing.hidden = Boolean(next);
    stars.hidden = Boolean(next) || doing.value !== "review";
    about.replaceChildren();
    if (!next) return;
    about.append(next.do === "edit" ? "Changing: " : "Answering ", h("q", {}, next.words.text.slice(0, 60)), " ",
      h("button", { type: "button", onclick: () => aim(null) }, "Cancel"));
    if (next.do === "edit") text.value = next.words.text;
    text.focus();
  }
  doing.addEventListener("change", () => aim(null));

  const refresh = follower(page, (found) => {
    posts.replaceChildren(...found.posts.map((words) => post(words, {
      answer: (one) => aim({ do: "comment", words: one }),
      edit: (one) => aim({ do: "edit", words: one }),
      remove: (one) => tell({ do: "remove", to: one.id }),
      react: (one) => tell({ do: "react", to: one.id, text: "love", ...who.given() }),
    })));
  });
  const tell = (order) => attempt(line, () => ask("/control/say", { network: "meta", page, ...order })).then((done) => (refresh(), done));

  async function onsubmit(event) {
    event.preventDefault();
    const order = { do: target?.do || doing.value, text: text.value, to: target?.words.id || "", ...who.given() };
    if (order.do === "review") order.rating = Number(stars.value);
    if (photo.checked) order.attachments = [{ type: "image" }];
    if (await tell(order)) {
      text.value = "";
      photo.checked = false;
      aim(null);
    }
  }
  submitByKey(text);
  aim(null);
  const form = h("form", { class: "composer", onsubmit }, who.element, about, h("div", { class: "row" }, doing, stars), text,
    h("div", { class: "row" }, h("label", { class: "check" }, photo, h("span", {}, "with a picture")), line, h("button", { type: "submit" }, "Publish")));
  return { element: h("div", { class: "page" }, form, posts), refresh };
}

function messengerPart({ page, people }) {
  const who = writer(people);
  const line = h("p", { class: "refused", role: "alert" });
  const text = h("textarea", { rows: 2, "aria-label": "Message", placeholder: "Write to the company" });
  const list = h("ul", { class: "people" });
  const thread = h("div", { class: "thread", role: "log", "aria-label": "Conversation", tabIndex: 0 });
  let last = null;
  let shownMid = "";

  function render(found) {
    last = found;
    list.replaceChildren(...found.conversations.map((one) =>
      h("li", {}, h("button", { type: "button", "aria-pressed": String(one.person === who.name()), onclick: () => open(one.person) }, one.person,
        h("small", {}, one.messages.at(-1)?.text || "…")))));
    const chosen = found.conversations.find((one) => one.person.toLowerCase() === who.name().toLowerCase());
    thread.replaceChildren(...conversation(chosen, {
      edit: (one) => ((text.value = one.text), (editing = one), text.focus()),
      unsend: (one) => tell({ do: "unsend", to: one.mid }),
      react: (one) => tell({ do: "react", to: one.mid, text: one.reactions.length ? "" : "❤" }),
    }));
    const mid = chosen?.messages.at(-1)?.mid || "";
    if (mid !== shownMid) thread.scrollTop = thread.scrollHeight;
    shownMid = mid;
  }
  const refresh = follower(page, render);
  const open = (name) => (who.set(name), last && render(last));
  who.onchange(() => last && render(last));
  let editing = null;

  // In the company's own inbox the author still says whose conversation it is.
  const tell = (order) =>
    attempt(line, () => ask("/control/say", { network: "meta", page, author: who.name(), ...(who.company() ? { as: "page" } : {}), ...order }))
      .then((done) => (refresh(), done));
  const hang = (type) => h("button", { type: "button", onclick: () => tell({ do: "message", attachments: [{ type }] }) });
  const labels = { sticker: "👍 Sticker", image: "Picture", location: "Location", audio: "Voice" };

  async function onsubmit(event) {
    event.preventDefault();
    const order = editing ? { do: "edit", to: editing.mid, text: text.value } : { do: "message", text: text.value };
    if (await tell(order)) {
      text.value = "";
      editing = null;
    }
  }
  submitByKey(text, true);
  const extras = Object.entries(labels).map(([type, label]) => {
    const button = hang(type);
    button.textContent = label;
    return button;
  });
  const form = h("form", { class: "composer", onsubmit }, who.element, text,
    h("div", { class: "row" }, ...extras, line, h("button", { type: "submit" }, "Send")));
  return { element: h("div", { class: "messenger" }, list, h("div", { class: "talk" }, thread, form)), refresh };
}

function submitByKey(text, plainEnter = false) {
  text.addEventListener("keydown", (event) => {
    const sends = plainEnter ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && sends && !event.isComposing) {
      event.preventDefault();
      text.form.requestSubmit();
    }
  });
}

// What the page is allowed, and the pages one may connect oneself.
export function allowed({ standing, view, lists, set }) {
  const lacking = (scope, has) => (has ? view.lacking.filter((one) => one !== scope) : [...view.lacking, scope]);
  const box = (checked, label, onchange) => ticked(label, { checked, onchange });
  const fresh = h("output", {});
  const token = async (tokens) => {
    const answer = await set({ tokens });
    if (answer) fresh.textContent = answer.token || "The page's tokens no longer work.";
  };
  return [
    h("h2", {}, `What ${view.name} is allowed`),
    h("div", { class: "fields lines" },
      ...standing.scopes.map((scope) =>
        box(!view.lacking.includes(scope), scope, (event) => (event.target.blur(), set({ lacking: lacking(scope, event.target.checked) }))),
      ),
      box(view.human_agent, "Human Agent (7 days)", (event) => (event.target.blur(), set({ human_agent: event.target.checked }))),
    ),
    h("p", {},
      h("button", { type: "button", onclick: () => token("kill") }, "End its tokens"), " ",
      h("button", { type: "button", onclick: () => token("new") }, "Give a new token"), " ", fresh),
    h("p", { class: "hint" }, view.heard.length ? `Subscribed: ${view.heard.join(", ")}` : "No app is subscribed to this page."),
    h("h2", {}, "Pages you may connect yourself"),
    h("ul", { class: "plain" }, ...lists.spare.map((one) =>
      h("li", {}, h("strong", {}, one.name), " id ", h("code", {}, one.id), " token ", h("code", {}, one.token)))),
  ];
}
