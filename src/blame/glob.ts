/** A pattern made ready. `*` stands for any run of characters, all else for itself, in either case. */
export interface Glob {
  /** The pieces between the stars, in lower case. */
  readonly pieces: readonly string[];
}

/** Its time to match grows with the text's length times the number of pieces, whatever the text: nothing is tried twice. */
export function toGlob(pattern: string): Glob {
  // Bodies and fields are read as latin1; so is a pattern that has letters beyond ASCII.
  return { pieces: Buffer.from(pattern, "utf8").toString("latin1").toLowerCase().split("*") };
}

/** Whether the whole text matches. @param text in lower case. */
export function matchesWhole({ pieces }: Glob, text: string): boolean {
  const first = pieces[0] as string;
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) as string;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  return findPieces(pieces, { from: 1, to: pieces.length - 1 }, text, first.length, end);
}

/** Whether a part of the text matches. @param text in lower case. */
export function matchesWithin({ pieces }: Glob, text: string): boolean {
  return findPieces(pieces, { from: 0, to: pieces.length }, text, 0, text.length);
}

/** Each piece at its first place behind the one before: a later place could only leave less room for the rest. */
function findPieces(
  pieces: readonly string[],
  range: { readonly from: number; readonly to: number },
  text: string,
  start: number,
  end: number,
): boolean {
  let at = start;
  for (let index = range.from; index < range.to; index++) {
    const piece = pieces[index] as string;
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
