/* Cutting a long answer into posts that follow one another. */
import { hasLink } from "./weight.js";

/** As far as the last sentence that ends in it, and the blanks behind. */
const SENTENCES = /^([\s\S]*[.!?…。！？]["'”’»)]*)(?:\s+|$)/u;
const LETTERS = new Intl.Segmenter();

/** Pieces of `text` that each count at most `most` with their number behind them; [] where a word is too long for one.
    They end with a sentence where that makes no more of them. */
export function split(text, most, weigh) {
  for (let total = 2; total < 100;) {
    const room = most - weigh(` (${total}/${total})`);
    const words = wordsOf(text, room, weigh);
    const [pieces, whole] = [false, true].map((ends) => cut(words, room, weigh, ends));
    if (pieces.length <= 1) return pieces;
    if (pieces.length <= total) return numbered(whole.length > pieces.length ? pieces : whole);
    total = pieces.length;
  }
  return [];
}

function numbered(pieces) {
  return pieces.map((piece, index) => `${piece} (${index + 1}/${pieces.length})`);
}

/** [blanks before, word] of each; what is written without blanks falls into its letters; [] where a word fits nowhere. */
function wordsOf(text, most, weigh) {
  const words = [];
  for (const [, gap, word] of text.trim().matchAll(/(\s*)(\S+)/gu)) {
    if (weigh(word) <= most) words.push([gap, word]);
    else if (/^[!-~]+$/.test(word) || hasLink(word)) return [];
    else for (const { segment, index } of LETTERS.segment(word)) words.push([index ? "" : gap, segment]);
  }
  return words;
}

function cut(words, most, weigh, ends) {
  const pieces = [];
  let piece = "";
  for (const [gap, word] of words) {
    const found = ends && piece && weigh(piece + gap + word) > most ? SENTENCES.exec(piece) : null;
    if (found) {
      pieces.push(found[1]);
      piece = piece.slice(found[0].length);
    }
    if (piece && weigh(piece + gap + word) > most) {
      pieces.push(piece);
      piece = "";
    }
    piece = piece ? piece + gap + word : word;
  }
  return piece ? [...pieces, piece] : pieces;
}
