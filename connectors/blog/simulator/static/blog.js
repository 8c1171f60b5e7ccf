// The fake blogs, as parts of the simulator's page, and the switches of a site.

import { ask, attempt, face, h, labelled, option, ticked, time } from "/static/simulator/dom.js";

export const label = "Blogs";

export const parts = [
  { name: "posts", label: "Comments", make: commentsPart },
  { name: "others", label: "Other blogs", make: othersPart },
];

const RULES = [
  ["moderated", "Readers' comments wait to be approved"],
  ["local", "Application passwords are allowed without TLS"],
  ["tells_wrong_password", "Says that a password is wrong (else the caller is just nobody)"],
  ["pretty", "Addresses with wp-json (else ?rest_route=)"],
  ["trash", "Has a trash"],
  ["strips_authorization", "The hoster drops Authorization from what is sent"],
];
const WORDS = { approve: "", hold: "waits to be approved", spam: "spam", trash: "in the trash" };

function writer(people) {
  const id = `people-${Math.round(performance.now())}`;
  const kept = sessionStorage.getItem("reader") || people[0] || "";
  const name = h("input", { list: id, value: kept, maxLength: 100, autocomplete: "off", required: true });
  name.addEventListener("change", () => sessionStorage.setItem("reader", name.value));
  const element = h("div", { class: "writer" }, labelled("Write as", name),
    h("datalist", { id }, ...people.map((one) => option(one, one))));
  return { element, name: () => name.value.trim() };
}

function commentsPart({ page, people }) {
  const line = h("p", { class: "refused", role: "alert" });
  const who = writer(people);
  const company = h("input", { type: "checkbox" });
  who.element.append(h("label", { class: "check" }, company, h("span", {}, "the company itself, from outside the app")));
  const text = h("textarea", { rows: 2, "aria-label": "Text", placeholder: "What does the reader comment?", required: true });
  const below = h("select", { "aria-label": "Below which post" });
  const about = h("p", { class: "about" });
  const posts = h("div", { class: "posts" });
  const door = h("p", { class: "hint" });
  const tell = (order) =>
    attempt(line, () => ask("/control/say", { network: "blog", page, author: who.name(), ...order })).then((done) => (refresh(), done));
  let version = "";
  let target = null;

  function aim(next) {
    target = next;
    below.hidden = Boolean(next);
    about.replaceChildren();
    if (!next) return;
    about.append("Answering ", h("q", {}, next.text.slice(0, 60)), " ", h("button", { type: "button", onclick: () => aim(null) }, "Cancel"));
    text.focus();
  }

  async function refresh(again) {
    const found = await ask(`/blog/pages/${page}?since=${again === true ? "" : version}`);
    if (!found) return;
    version = found.version;
    const wanted = below.value;
    below.replaceChildren(...found.posts.filter((one) => one.open).map((one) => option(String(one.id), one.title, wanted)));
    door.replaceChildren("As readers see it: ", h("a", { href: found.path, target: "_blank" }, found.name));
    posts.replaceChildren(...found.posts.map((one) => post(one, { aim, tell })));
  }

  async function onsubmit(event) {
    event.preventDefault();
    const as = company.checked ? { as: "page" } : {};
    if (await tell({ do: "comment", text: text.value, to: target ? String(target.id) : below.value, ...as })) {
      text.value = "";
      aim(null);
    }
  }
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      text.form.requestSubmit();
    }
  });
  const form = h("form", { class: "composer", onsubmit }, who.element, about, h("div", { class: "row" }, below), text,
    h("div", { class: "row" }, line, h("button", { type: "submit" }, "Comment")));
  return { element: h("div", { class: "page" }, door, form, posts), refresh };
}

function post(one, { aim, tell }) {
  const known = new Set(one.comments.map((comment) => comment.id));
  const roots = one.comments.filter((comment) => !known.has(comment.parent));
  const tree = (comment) => h("div", { class: comment.ours ? "post comment own" : "post comment" },
    h("header", {}, face(comment.author, comment.ours), h("strong", {}, comment.author), time(comment.at),
      WORDS[comment.status] || comment.kind !== "comment" ? h("small", { class: "hint" }, WORDS[comment.status] || comment.kind) : null),
    h("p", { class: "words" }, comment.text),
    h("div", { class: "row" },
      h("button", { type: "button", onclick: () => aim(comment) }, "Reply"),
      comment.status === "hold" ? h("button", { type: "button", onclick: () => tell({ do: "approve", to: String(comment.id) }) }, "Approve") : null,
      h("button", { type: "button", onclick: () => tell({ do: "remove", to: String(comment.id) }) }, "Delete")),
    ...one.comments.filter((next) => next.parent === comment.id).map(tree));
  return h("article", { class: "post card" },
    h("header", {}, h("strong", {}, h("a", { href: one.path, target: "_blank" }, one.title)), time(one.at)),
    h("p", { class: "words" }, one.text),
    one.open ? null : h("p", { class: "hint" }, "Comments are closed."),
    h("p", {}, h("button", { type: "button", onclick: () => tell({ do: one.open ? "close" : "open", to: String(one.id) }) },
      one.open ? "Close for comments" : "Open for comments")),
    ...roots.map(tree));
}

// What other people write about the company on blogs of their own.
function othersPart({ page, people }) {
  const line = h("p", { class: "refused", role: "alert" });
  const who = writer(people);
  const blog = h("select", { "aria-label": "Blog" });
  const title = h("input", { type: "text", "aria-label": "Title", placeholder: "Title", required: true, maxLength: 200 });
  const text = h("textarea", { rows: 3, "aria-label": "Text", placeholder: "What does the blogger write?", required: true });
  const list = h("ul", { class: "plain" });
  const done = h("p", { class: "hint", role: "status" });

  async function refresh() {
    const found = await ask("/blog/pages");
    if (!blog.children.length) blog.replaceChildren(...found.others.map((one) => option(one.id, one.name)));
    list.replaceChildren(...found.others.map((one) => h("li", {}, h("a", { href: one.path, target: "_blank" }, one.name), " feed ",
      h("code", {}, `${one.url}/feed/rss`))));
  }
  async function onsubmit(event) {
    event.preventDefault();
    const order = { network: "blog", page, do: "publish", blog: blog.value, author: who.name(), title: title.value, text: text.value };
    const made = await attempt(line, () => ask("/control/say", order));
    if (!made) return;
    done.replaceChildren("Published: ", h("a", { href: new URL(made.link).pathname, target: "_blank" }, title.value));
    title.value = text.value = "";
  }
  const form = h("form", { class: "composer", onsubmit }, who.element, h("div", { class: "row" }, blog, title), text,
    h("div", { class: "row" }, line, h("button", { type: "submit" }, "Publish")));
  return { element: h("div", { class: "page" }, form, done, h("section", { class: "card" }, h("h2", {}, "Feeds to watch"), list)), refresh };
}

// How the site is set, and the password of its editor where one may connect it oneself.
export function allowed({ standing, view, set }) {
  const box = ([name, words]) =>
    ticked(words, { checked: view.rules[name], onchange: (event) => (event.target.blur(), set({ rules: { [name]: event.target.checked } })) });
  const signing = h("select", { onchange: () => (signing.blur(), set({ signing: signing.value })) },
    ...standing.methods.map((one) => option(one, one, standing.signing)));
  const fresh = h("output", {});
  const token = (tokens, words) =>
    h("button", { type: "button", onclick: async () => {
      const found = await set({ tokens });
      if (found) fresh.replaceChildren(...(found.password ? [`${found.login} `, h("code", {}, found.password)] : ["Its passwords no longer work."]));
    } }, words);
  return [
    h("h2", {}, `How ${view.name} is set`),
    h("div", { class: "fields lines" }, ...RULES.map(box)),
    h("div", { class: "row" }, token("kill", "Revoke its passwords"), token("new", "Give a new password"), fresh),
    h("h2", {}, "To connect it"),
    h("p", {}, "Address ", h("code", {}, `${view.url}/`), " user ", h("code", {}, view.login),
      ...view.passwords.flatMap((one) => [" application password ", h("code", {}, one)])),
    h("div", { class: "fields" }, labelled("The hub signs with", signing)),
  ];
}
