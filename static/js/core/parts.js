/* Cutting a long answer into posts that follow one another. */

/** Pieces of `text` that each count at most `most` with their number behind them; [] where a word is too long for one. */
export function split(text, most, weigh) {
  for (let total = 2; total < 100;) {
    const pieces = cut(text, most - weigh(` ${total}/${total}`), weigh);
    if (pieces.length <= 1) return pieces;
    if (pieces.length <= total) return pieces.map((piece, index) => `${piece} ${index + 1}/${pieces.length}`);
    total = pieces.length;
  }
  return [];
}

function cut(text, most, weigh) {
  const pieces = [];
  let piece = "";
  for (const [, gap, word] of text.trim().matchAll(/(\s*)(\S+)/gu)) {
    if (weigh(word) > most) return [];
    const longer = piece ? piece + gap + word : word;
    if (weigh(longer) > most) {
      pieces.push(piece);
      piece = word;
    } else {
      piece = longer;
    }
  }
  return piece ? [...pieces, piece] : pieces;
}
