// Posts and direct messages as they are shown. Texts only ever become text nodes.

import { face, h, time } from "/static/simulator/dom.js";

export function post(words, doings) {
  return h("article", { class: words.ours ? "post own" : "post" }, ...inside(words, doings));
}

function reply(words, doings) {
  return h("li", { class: words.ours ? "comment own" : "comment" }, ...inside(words, doings));
}

function inside(words, doings) {
  const below = words.replies.length ? h("ul", { class: "comments" }, ...words.replies.map((one) => reply(one, doings))) : null;
  return [head(words), body(words), foot(words, doings), below].filter(Boolean);
}

function head(words) {
  return h("header", {}, face(words.author, words.ours), h("strong", {}, words.author), h("span", { class: "hint" }, `@${words.username}`),
    words.ours ? mark("company") : null, time(words.at), words.edited ? mark(`edited, version ${words.history.length}`) : null,
    words.hidden ? mark("hidden by the company") : null, words.protected ? mark("protected") : null,
    words.reply_settings === "everyone" ? null : mark(`replies: ${words.reply_settings}`));
}

function body(words) {
  return h("div", { class: "words" }, h("p", { dir: "auto" }, words.text), ...words.photos.map(picture),
    words.quoted ? h("blockquote", { class: "card" }, h("strong", {}, `@${words.quoted.username}`), h("p", { dir: "auto" }, words.quoted.text)) : null);
}

function foot(words, doings) {
  const button = (label, doing) => h("button", { type: "button", onclick: () => doing(words) }, label);
  return h("footer", {}, button("Reply", doings.reply), button("Quote", doings.quote), button("Edit", doings.edit), button("Delete", doings.remove));
}

export function conversation(chosen) {
  if (!chosen) return [h("p", { class: "hint" }, "Nothing said yet. Write the first message below.")];
  return chosen.messages.map((one) => (one.kind === "MessageCreate" ? bubble(one, chosen.group) : note(one)));
}

function bubble(message, group) {
  return h("div", { class: message.ours ? "bubble own" : "bubble" },
    group ? h("strong", {}, message.author) : null, message.text ? h("p", { dir: "auto" }, message.text) : null, ...message.photos.map(picture),
    h("footer", {}, time(message.at), message.ours && !group ? mark(message.seen ? "read" : "sent") : null));
}

function note(message) {
  const deed = message.kind === "ParticipantsJoin" ? "began the group" : "left the group";
  return h("p", { class: "hint" }, `${message.author} ${deed} `, time(message.at));
}

// The simulator drew it itself; the address may name another host for the same machine.
function picture(url) {
  const path = new URL(url, location.href).pathname;
  return path.startsWith("/twitter/pictures/") ? h("img", { src: path, alt: "Picture", width: 160, height: 120 }) : h("p", { class: "hint" }, url);
}

function mark(text) {
  return h("span", { class: "mark" }, text);
}
