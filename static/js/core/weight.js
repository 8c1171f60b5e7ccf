/* How long a text is to X. The server counts the same way in connectors/twitter/length.py; change both. */
import { TLDS } from "./tlds.js";

const LINK = 23;
const MOST_DOTS = 25;
const LONGEST_WORD = 4096;
const LIGHT = [[0x0000, 0x10ff], [0x2000, 0x200d], [0x2010, 0x201f], [0x2032, 0x2037]];

const NAME = String.raw`0-9A-Za-z\u00a1-\u02ff\u0370-\u1fff\u2c00-\u2fef\u3040-\ud7ff\uf900-\ufdcf\u{10000}-\u{1efff}`;
const WORD = String.raw`[0-9A-Za-z][0-9A-Za-z_\-]*`;
const HOST = new RegExp(
  String.raw`([Hh][Tt][Tt][Pp][Ss]?:\/\/)([${NAME}][${NAME}_\-]*(?:\.[${NAME}][${NAME}_\-]*)+)|(${WORD}(?:\.${WORD})+)`, "gu",
);
const LATIN = /^[0-9A-Za-z-]*/u;
const NO_LINK_AFTER = /[0-9A-Za-z@＠$#＃_]/u;
const NO_BARE_LINK_AFTER = /[-./]/u;
const GOES_ON = /[0-9A-Za-z@+-]/u;
const PORT = /:[0-9]+/uy;
const PATH = /\/[0-9A-Za-z\u00c0-\u024f\u0400-\u04ff!*';:=+,.$/%#[\]–_~@|&()-]*/uy;
const PATH_END = /[0-9A-Za-z\u00c0-\u024f\u0400-\u04ff=_#/+)-]/u;
const QUERY = /\?[0-9A-Za-z!?*'@();:&=+$/%#[\]_.,~|-]*/uy;
const QUERY_END = /[0-9A-Za-z\-_&=#/]/u;
const SHORT_PATH = /\/[0-9A-Za-z]+/uy;
const PICTURE =
  String.raw`\u00a9\u00ae\u2122\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2` +
  String.raw`\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623` +
  String.raw`\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b` +
  String.raw`\u267e\u267f\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4` +
  String.raw`\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705` +
  String.raw`\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755` +
  String.raw`\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030` +
  String.raw`\u303d\u3297\u3299\u{1f004}\u{1f0cf}\u{1f170}\u{1f171}\u{1f17e}\u{1f17f}\u{1f18e}` +
  String.raw`\u{1f191}-\u{1f19a}\u{1f201}\u{1f202}\u{1f21a}\u{1f22f}\u{1f232}-\u{1f23a}\u{1f250}\u{1f251}` +
  String.raw`\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f7e0}-\u{1f7eb}\u{1f7f0}\u{1f90c}-\u{1f9ff}` +
  String.raw`\u{1fa70}-\u{1faff}`;
const ONE = String.raw`[${PICTURE}]\ufe0f?[\u{1f3fb}-\u{1f3ff}]?`;
const EMOJI = new RegExp(
  String.raw`[\u{1f1e6}-\u{1f1ff}]{2}|[0-9#*]\ufe0f?\u20e3|\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}|${ONE}(?:\u200d${ONE})*`, "gu",
);
const BREAK = /[ \t\n\r\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+/gu;
// eslint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** The length X counts: links 23, emoji 2, most of Latin 1, all else 2. */
export function weight(text) {
  const plain = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").normalize("NFC");
  let total = 0;
  for (const gap of plain.match(BREAK) ?? []) total += letters(gap);
  for (const word of plain.split(BREAK)) total += wordWeight(word);
  return total;
}

export function hasLink(text) {
  return text.split(BREAK).some((word) => !isHostile(word) && links(word).length > 0);
}

function wordWeight(word) {
  if (isHostile(word)) return letters(word);
  let total = 0;
  let last = 0;
  for (const [start, end] of links(word)) {
    total += withoutLinks(word.slice(last, start)) + LINK;
    last = end;
  }
  return total + withoutLinks(word.slice(last));
}

/** A word made to be slow counts as plain letters. */
function isHostile(word) {
  let points = word.length;
  if (points > LONGEST_WORD) points = [...word].length;
  return points > LONGEST_WORD || word.split(".").length - 1 > MOST_DOTS;
}

function withoutLinks(text) {
  if (ASCII.test(text)) return text.length;
  let found = 0;
  const bare = text.replace(EMOJI, () => {
    found += 1;
    return "";
  });
  return letters(bare) + 2 * found;
}

function letters(text) {
  if (ASCII.test(text)) return text.length;
  let total = 0;
  for (const letter of text) {
    const point = letter.codePointAt(0);
    total += LIGHT.some(([first, last]) => first <= point && point <= last) ? 1 : 2;
  }
  return total;
}

/** Where links begin and end. */
function links(word) {
  const spans = [];
  if (!word.includes(".")) return spans;
  HOST.lastIndex = 0;
  for (let found = HOST.exec(word); found; found = HOST.exec(word)) {
    const span = link(word, found);
    if (span) spans.push(span);
    HOST.lastIndex = span ? span[1] : nextTry(found);
  }
  return spans;
}

/** Behind https:// the same host may still be a bare one; else behind the first label. */
function nextTry(found) {
  return found.index + (found[1] ? found[1].length : found[0].indexOf("."));
}

function link(word, found) {
  const scheme = found[1] ?? "";
  const host = found[2] ?? found[3];
  const start = found.index;
  const before = word.slice(Math.max(0, start - 1), start);
  if (NO_LINK_AFTER.test(before) || (!scheme && NO_BARE_LINK_AFTER.test(before))) return null;
  const labels = host.split(".");
  for (let count = labels.length - 1; count > 0; count -= 1) {
    const begin = start + scheme.length + labels.slice(0, count).join(".").length + 1;
    const end = endOfDomain(word, labels[count], begin);
    if (end && !labels[count - 1].includes("_")) {
      if (labels.slice(0, count).some((label) => label.endsWith("-") || label.endsWith("_"))) return null;
      return [start, behindHost(word, end, scheme && host.toLowerCase() === "t.co")];
    }
  }
  return null;
}

/** Where a top-level domain that begins there ends, 0 where none does; other letters may follow a Latin one. */
function endOfDomain(word, label, begin) {
  for (const name of [label, LATIN.exec(label)[0]]) {
    const end = begin + name.length;
    const domain = name.toLowerCase();
    if ((TLDS.has(domain) || domain.startsWith("xn--")) && !GOES_ON.test(word.slice(end, end + 1))) return end;
  }
  return 0;
}

function behindHost(word, end, isShort) {
  if (isShort) return end + matchAt(SHORT_PATH, word, end).length;
  const port = end + matchAt(PORT, word, end).length;
  return trimmed(word, trimmed(word, port, PATH, PATH_END), QUERY, QUERY_END);
}

/** Without the sentence's own marks at the end; a bracket stays where the link opened it. */
function trimmed(word, start, run, ending) {
  const found = matchAt(run, word, start);
  let opened = found.split("(").length - 1;
  let closed = found.split(")").length - 1;
  for (let end = start + found.length; end > start; end -= 1) {
    const letter = word[end - 1];
    if (ending.test(letter) && !(letter === ")" && closed > opened)) return end;
    if (letter === ")") closed -= 1;
    if (letter === "(") opened -= 1;
  }
  return start;
}

function matchAt(pattern, word, place) {
  pattern.lastIndex = place;
  return pattern.exec(word)?.[0] ?? "";
}
