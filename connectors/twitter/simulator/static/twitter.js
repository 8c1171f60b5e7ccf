// The fake X: posts and direct messages, as parts of the simulator's page, and the switches of an account.

import { ask, attempt, h, labelled, option, ticked } from "/static/simulator/dom.js";
import { conversation, post } from "./pieces.js";

export const label = "X";

export const parts = [
  { name: "posts", label: "Posts", make: postsPart },
  { name: "direct", label: "Direct messages", make: directPart },
];

const DOINGS = [["mention", "A post that names the company"], ["post", "A post that does not"]];
const WHO_REPLIES = [
  ["everyone", "Everyone can reply"], ["mentionedUsers", "Only the mentioned can reply"],
  ["following", "Only the followed can reply"], ["verified", "Only the verified can reply"],
];
const TRAITS = [
  ["protected", "protected account", "protect", "unprotect", (person) => person.protected],
  ["closed", "takes no messages", "close_dms", "open_dms", (person) => !person.takes_dms],
  ["blocks", "blocks the company", "block", "unblock", (person, brand) => person.blocks.includes(brand)],
];
const RULES = [
  ["enterprise", "Enterprise: may answer and quote anybody"],
  ["implied_counts", "A reply to the company summons it without typing its name"],
  ["premium", "Premium: up to 25,000 characters"],
  ["newer_words", "Answers in the newer vocabulary (post instead of tweet)"],
  ["patient", "Refused webhooks come again"],
];
const DIALECTS = [["activity", "X Activity API"], ["older", "Account Activity API (older)"], ["both", "Both"], ["none", "None"]];

// Who writes, and how that person is set towards everybody.
function writer(page, people, tell) {
  const id = `people-${Math.round(performance.now())}`;
  const kept = sessionStorage.getItem("x author") || people[0] || "";
  const name = h("input", { list: id, value: kept, maxLength: 50, autocomplete: "off", required: true });
  const company = h("input", { type: "checkbox" });
  const boxes = TRAITS.map(([, , on, off]) => h("input", { type: "checkbox", onchange: (event) => tell({ do: event.target.checked ? on : off }) }));
  const traits = h("div", { class: "writer" }, ...TRAITS.map(([, words], place) => h("label", { class: "check" }, boxes[place], h("span", {}, words))));
  let known = {};
  const show = () => {
    const wanted = name.value.trim().toLowerCase();
    const person = Object.values(known).find((one) => [one.name.toLowerCase(), `@${one.username}`.toLowerCase()].includes(wanted));
    TRAITS.forEach(([, , , , read], place) => (boxes[place].checked = person ? read(person, page) : false));
  };
  name.addEventListener("change", () => (sessionStorage.setItem("x author", name.value), show()));
  return {
    element: h("div", { class: "composer-who" },
      h("div", { class: "writer" }, labelled("Write as", name), h("datalist", { id }, ...people.map((one) => option(one, one))),
        h("label", { class: "check" }, company, h("span", {}, "the company itself, from outside the app"))),
      traits),
    set: (author) => ((name.value = author), sessionStorage.setItem("x author", author), show()),
    name: () => name.value.trim(),
    given: () => (company.checked ? { as: "page" } : { author: name.value.trim() }),
    company: () => company.checked,
    know: (found) => ((known = found), show()),
    onchange: (call) => name.addEventListener("change", call),
  };
}

// Keeps what is on the screen equal to what the simulator knows; asks only for news.
function follower(page, render) {
  let version = "";
  return async (again) => {
    const found = await ask(`/twitter/pages/${page}?since=${again === true ? "" : version}`);
    if (!found) return;
    version = found.version;
    render(found);
  };
}

function postsPart({ page, people }) {
  const line = h("p", { class: "refused", role: "alert" });
  const doing = h("select", { "aria-label": "What" }, ...DOINGS.map(([value, words]) => option(value, words)));
  const replies = h("select", { "aria-label": "Who can reply" }, ...WHO_REPLIES.map(([value, words]) => option(value, words)));
  const photo = h("input", { type: "checkbox" });
  const text = h("textarea", { rows: 2, "aria-label": "Text", placeholder: "What does the customer post?" });
  const about = h("p", { class: "about" });
  const threads = h("div", { class: "posts" });
  const tell = (order) => attempt(line, () => ask("/control/say", { network: "twitter", page, author: who.name(), ...order })).then((done) => (refresh(), done));
  const who = writer(page, people, tell);
  let target = null;

  function aim(next) {
    target = next;
    doing.hidden = Boolean(next);
    replies.hidden = next?.do === "edit";
    about.replaceChildren();
    if (!next) return;
    about.append({ edit: "Changing ", quote: "Quoting ", reply: "Answering " }[next.do], h("q", {}, next.words.text.slice(0, 60)), " ",
      h("button", { type: "button", onclick: () => aim(null) }, "Cancel"));
    if (next.do === "edit") text.value = next.words.text;
    text.focus();
  }

  const refresh = follower(page, (found) => {
    who.know(found.people);
    if (!found.threads.length) return threads.replaceChildren(h("p", { class: "hint" }, "Nobody has posted yet."));
    threads.replaceChildren(...found.threads.map((words) => post(words, {
      reply: (one) => aim({ do: "reply", words: one }),
      quote: (one) => aim({ do: "quote", words: one }),
      edit: (one) => aim({ do: "edit", words: one }),
      remove: (one) => tell({ do: "remove", to: one.id }),
    })));
  });

  async function onsubmit(event) {
    event.preventDefault();
    const order = { do: target?.do || doing.value, text: text.value, to: target?.words.id || "", ...who.given() };
    order.reply_settings = replies.value;
    if (photo.checked) order.photo = true;
    if (await tell(order)) {
      text.value = "";
      photo.checked = false;
      aim(null);
    }
  }
  submitByKey(text);
  const form = h("form", { class: "composer", onsubmit }, who.element, about, h("div", { class: "row" }, doing, replies), text,
    h("div", { class: "row" }, h("label", { class: "check" }, photo, h("span", {}, "with a picture")), line, h("button", { type: "submit" }, "Post")));
  return { element: h("div", { class: "page" }, form, threads), refresh };
}

function directPart({ page, people }) {
  const line = h("p", { class: "refused", role: "alert" });
  const text = h("textarea", { rows: 2, "aria-label": "Message", placeholder: "Write to the company" });
  const list = h("ul", { class: "people" });
  const thread = h("div", { class: "thread", role: "log", "aria-label": "Conversation", tabIndex: 0 });
  let last = null;
  let group = "";
  let shownId = "";
  const tell = (order) =>
    attempt(line, () => ask("/control/say", { network: "twitter", page, author: who.name(), ...(group ? { talk: group } : {}), ...order }))
      .then((done) => (refresh(), done));
  const who = writer(page, people, tell);

  function render(found) {
    last = found;
    who.know(found.people);
    list.replaceChildren(...found.talks.map((one) =>
      h("li", {}, h("button", { type: "button", "aria-pressed": String(one === chosen(found)), onclick: () => open(one) }, one.name || "Nobody else",
        h("small", {}, one.group ? "Group" : one.messages.at(-1)?.text || "…")))));
    const talk = chosen(found);
    thread.replaceChildren(...conversation(talk));
    const id = talk?.messages.at(-1)?.id || "";
    if (id !== shownId) thread.scrollTop = thread.scrollHeight;
    shownId = id;
  }
  const chosen = (found) => found.talks.find((one) => (group ? one.id === group : !one.group && is(one.members[0])));
  const is = (person) => person && [person.name.toLowerCase(), `@${person.username}`.toLowerCase()].includes(who.name().toLowerCase());
  const refresh = follower(page, render);
  function open(talk) {
    group = talk.group ? talk.id : "";
    if (!talk.group || !talk.members.some(is)) who.set(talk.members[0]?.name || who.name());
    render(last);
  }
  who.onchange(() => ((group = ""), last && render(last)));

  async function onsubmit(event) {
    event.preventDefault();
    if (await tell({ do: "message", text: text.value, ...(who.company() ? { as: "page" } : {}) })) text.value = "";
  }
  submitByKey(text, true);
  const button = (words, order) => h("button", { type: "button", onclick: () => tell(order) }, words);
  const form = h("form", { class: "composer", onsubmit }, who.element, text,
    h("div", { class: "row" }, button("Picture", { do: "message", photo: true }), button("Read all", { do: "see" }),
      button("Encrypted message", { do: "encrypted" }),
      h("button", { type: "button", onclick: begin }, "Begin a group"), line, h("button", { type: "submit" }, "Send")));
  async function begin() {
    const made = await tell({ do: "group", talk: "", with: people.filter((one) => one !== who.name()).slice(0, 1) });
    if (made) [group] = [made.id];
    await refresh(true);
  }
  return { element: h("div", { class: "messenger" }, list, h("div", { class: "talk" }, thread, form)), refresh };
}

// How X is set towards the company, and what its papers leave open.
export function allowed({ standing, view, set }) {
  const box = (checked, words, change) => ticked(words, { checked, onchange: (event) => (event.target.blur(), set(change(event.target.checked))) });
  const lacking = (scope, has) => (has ? view.lacking.filter((one) => one !== scope) : [...view.lacking, scope]);
  const older = view.heard.includes("older");
  const spoken = older ? (view.heard.length > 1 ? "both" : "older") : view.heard.length ? "activity" : "none";
  const dialect = h("select", { onchange: () => (dialect.blur(), set({ dialect: dialect.value })) }, ...DIALECTS.map(([value, words]) => option(value, words, spoken)));
  const fresh = h("output", {});
  const token = (tokens, words) =>
    h("button", { type: "button", onclick: async () => {
      const answer = await set({ tokens });
      if (answer) fresh.replaceChildren(...shownTokens(answer));
    } }, words);
  return [
    h("h2", {}, `What ${view.name} is allowed`),
    h("div", { class: "fields lines" },
      ...standing.scopes.map((scope) => box(!view.lacking.includes(scope), scope, (has) => ({ lacking: lacking(scope, has) })))),
    h("div", { class: "row" }, token("expire", "Let its access tokens expire"), token("revoke", "Revoke as the owner"),
      token("new", "Give new OAuth 2 tokens"), token("new1", "Give OAuth 1.0a tokens")),
    h("p", { class: "hint" }, fresh),
    h("h2", {}, "How X does it"),
    h("div", { class: "fields lines" },
      ...RULES.map(([name, words]) => box(standing.rules[name], words, (on) => ({ rules: { [name]: on } })))),
    h("div", { class: "fields" }, labelled("Events come from", dialect),
      h("button", { type: "button", onclick: () => set({ check: true }) }, "Challenge the webhook now")),
    h("p", { class: "hint" }, view.heard.length ? `Subscribed: ${view.heard.join(", ")}` : "No app is subscribed to this account."),
  ];
}

function shownTokens(answer) {
  const names = ["access_token", "refresh_token", "access_token_secret"].filter((name) => answer[name]);
  if (!names.length) return ["Done."];
  return names.flatMap((name) => [`${name} `, h("code", {}, answer[name]), " "]);
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
