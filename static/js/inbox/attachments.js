/* Attachments are named and linked, never loaded: nothing remote enters the page. */
import { parts, setText, stamp } from "../core/dom.js";
import { webAddress } from "../core/text.js";
import { t } from "../core/strings.js";

const SHAPES = { image: "image", video: "video", audio: "audio", file: "file", location: "location", sticker: "sticker" };

export function fillAttachments(element, attachments = []) {
  const written = JSON.stringify(attachments);
  if (element.dataset.written === written) return;
  element.dataset.written = written;
  element.replaceChildren(...attachments.map(makeAttachment));
}

function makeAttachment(attachment) {
  const node = stamp("attachment");
  const shape = SHAPES[attachment.type] ?? "link";
  const address = addressOf(attachment);
  node.dataset.type = shape;
  if (address) node.href = address;
  setText(parts(node).title, attachment.title || t(`attachment_${attachment.type}`));
  setText(parts(node).kind, describe(attachment, address));
  return node;
}

function addressOf({ type, url, latitude, longitude }) {
  const given = webAddress(url);
  if (given || type !== "location" || latitude == null || longitude == null) return given;
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
}

function describe(attachment, address) {
  const kind = attachment.title ? `${t(`attachment_${attachment.type}`)} · ` : "";
  if (attachment.type === "location" && attachment.latitude != null) {
    return `${kind}${attachment.latitude.toFixed(4)}, ${attachment.longitude.toFixed(4)}`;
  }
  return kind + (address ? new URL(address).hostname.replace(/^www\./, "") : t("attachment_without_link"));
}
