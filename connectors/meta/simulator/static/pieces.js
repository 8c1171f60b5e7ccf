// Posts, comments and messages as they are shown. Texts only ever become text nodes.

import { face, h, time } from "/static/simulator/dom.js";

const FEELINGS = { like: "👍", love: "❤", wow: "😮", haha: "😆", sad: "😢", angry: "😠", care: "🤗" };

export function post(words, doings) {
  return h("article", { class: words.ours ? "post own" : "post" }, head(words), body(words), foot(words, doings),
    words.comments.length ? h("ul", { class: "comments" }, ...words.comments.map((one) => comment(one, doings))) : null);
}

function comment(words, doings) {
  return h("li", { class: words.ours ? "comment own" : "comment" }, head(words), body(words), foot(words, doings),
    words.comments.length ? h("ul", { class: "comments" }, ...words.comments.map((one) => comment(one, doings))) : null);
}

function head(words) {
  return h("header", {}, face(words.author, words.ours), h("strong", {}, words.author),
    words.ours ? mark("company") : null, words.kind === "mention" ? mark("elsewhere") : null,
    words.rating ? h("span", { class: "stars", title: `${words.rating} of 5` }, "★".repeat(words.rating)) : null,
    time(words.at), words.edited ? mark("edited") : null, words.hidden ? mark("hidden by the page") : null,
    words.liked ? mark("liked by the page") : null, words.private_reply ? mark("answered privately") : null);
}

function body(words) {
  return h("div", { class: "words" }, h("p", { dir: "auto" }, words.text), ...words.photos.map(picture),
    words.reactions.length ? h("p", { class: "feelings" }, words.reactions.map((one) => FEELINGS[one] || one).join(" ")) : null);
}

function foot(words, doings) {
  const button = (label, doing) => h("button", { type: "button", onclick: () => doing(words) }, label);
  return h("footer", {}, words.kind === "mention" ? null : button(words.kind === "comment" ? "Reply" : "Comment", doings.answer),
    words.ours ? null : button("Edit", doings.edit), words.ours && words.kind === "post" ? null : button("Delete", doings.remove),
    button("❤", doings.react));
}

export function conversation(chosen, doings) {
  if (!chosen) return [h("p", { class: "hint" }, "Nothing said yet. Write the first message below.")];
  const seen = chosen.seen && chosen.messages.filter((one) => !one.ours && one.at <= chosen.seen).at(-1);
  const bubbles = chosen.messages.flatMap((one) => [
    bubble(one, doings),
    one === seen ? h("p", { class: "mark aside" }, "Seen by the company") : null,
  ]);
  if (chosen.typing) bubbles.push(h("p", { class: "typing" }, "The company is typing …"));
  return bubbles.filter(Boolean);
}

function bubble(message, doings) {
  const button = (label, doing) => h("button", { type: "button", onclick: () => doing(message) }, label);
  const state = message.ours ? (message.seen ? "read" : message.delivered ? "delivered" : "sent") : "";
  return h("div", { class: message.ours ? "bubble own" : "bubble" },
    message.removed ? h("p", { class: "hint" }, "Message withdrawn") : null,
    message.text ? h("p", { dir: "auto" }, message.text) : null, ...message.attachments.map(attachment),
    h("footer", {}, time(message.at), message.edited ? mark("edited") : null, state ? mark(state) : null,
      message.reactions.length ? h("span", {}, message.reactions.join(" ")) : null,
      message.removed ? null : button("❤", doings.react),
      message.ours || message.removed ? null : [message.text ? button("Edit", doings.edit) : null, button("Withdraw", doings.unsend)]));
}

function attachment(one) {
  const url = one.payload?.url || one.url || "";
  if (["image", "sticker"].includes(one.type) && url) return picture(url);
  const place = one.payload?.coordinates;
  return h("p", { class: "hint" }, place ? `📍 ${one.title} (${place.lat}, ${place.long})` : `${one.type} ${one.title || url}`);
}

// Pictures the simulator drew itself are shown; the address may name another host for the same machine.
function picture(url) {
  const path = new URL(url, location.href).pathname;
  if (path.startsWith("/meta/pictures/")) return h("img", { src: path, alt: "Picture", width: 160, height: 120 });
  return h("p", { class: "hint" }, url);
}

function mark(text) {
  return h("span", { class: "mark" }, text);
}
