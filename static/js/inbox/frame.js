/* What stands around the words of the open ticket: its head, the post above, other people's words, the account's trouble. */
import { one, parts, setData, setText, show, stamp } from "../core/dom.js";
import { ago, fillTime } from "../core/time.js";
import { count, t } from "../core/strings.js";
import { fillText, webAddress } from "../core/text.js";
import { fillAttachments } from "./attachments.js";
import { fillClock } from "./row.js";

/** `detail`: null until it was fetched; `group`: how many people of a group read along. */
export function drawHead(row, detail, group, store) {
  setText(one("#thread-name"), row.name || t("unknown_author"));
  setData(one("#thread-channel"), "channel", row.ch);
  setText(one("#thread-channel"), detail?.account?.name ?? t(`channel_${row.ch}`));
  setText(one("#thread-number"), `#${row.id}`);
  show(one("#thread-group"), group);
  setText(one("#thread-group span"), group ? count("group_of", group) : "");
  const status = one("#thread-status");
  setData(status, "status", row.st);
  setText(status, row.st === "open" ? "" : t(`short_${row.st}`));
  show(status, row.st !== "open");
  show(one("#thread-sla"), (row.due !== null || row.metric) && row.st !== "resolved");
  fillClock(one("#thread-sla"), row);
  setText(one("#assignee-label"), row.who === null ? t("assign") : store.nameOf(row.who));
  show(one('[data-command="assign_me"]'), row.who !== store.me.id && row.st !== "resolved");
  show(one('[data-command="resolve"]'), row.st !== "resolved");
  show(one('[data-command="reopen"]'), row.st === "resolved");
}

/** The post above, or null. */
export function drawStory(story) {
  const node = one("#story");
  show(node, story);
  if (!story) return;
  const part = parts(node);
  setText(part.author, story.author || t("our_side"));
  setText(part.label, t(story.ours ? "our_post" : "their_post"));
  show(part.at, story.at);
  if (story.at) fillTime(part.at, story.at, ago);
  fillText(part.text, story.text || t("no_words"));
  fillAttachments(part.attachments, story.attachments);
  const address = webAddress(story.permalink);
  show(part.permalink, address);
  if (address) part.permalink.href = address;
}

export function drawOthers(others, group) {
  const node = one("#others");
  show(node, others.length);
  if (!others.length) return;
  setText(one("summary span", node), count(group ? "others_group" : "others", others.length));
  one("ul", node).replaceChildren(...others.map((other) => {
    const item = stamp("other-comment");
    setText(parts(item).name, other.name || t("unknown_author"));
    fillTime(parts(item).at, other.at, ago);
    setText(parts(item).text, other.text);
    return item;
  }));
}

export function drawTrouble(account) {
  const strip = one("#account-trouble");
  const trouble = account && account.state !== "connected";
  show(strip, trouble);
  if (trouble) setText(one("span", strip), t(`account_${account.state}`));
}
