import { CR } from "./characters.ts";

/** Where a line ends, and how: with CRLF, with LF alone, or with a CR that something else follows. */
export interface LineEnd {
  /** The index behind the line's content. */
  readonly content: number;
  /** The index behind the line's end. */
  readonly next: number;
  readonly kind: "crlf" | "lf" | "cr";
}

/** The end of the line that begins at `at`; null where it has not come. */
export function findLineEnd(text: string, at: number): LineEnd | null {
  const cr = text.indexOf("\r", at);
  const lf = text.indexOf("\n", at);
  if (cr < 0 || (lf >= 0 && lf < cr)) return lf < 0 ? null : { content: lf, next: lf + 1, kind: "lf" };
  if (lf === cr + 1) return { content: cr, next: cr + 2, kind: "crlf" };
  return cr + 1 < text.length ? { content: cr, next: cr + 1, kind: "cr" } : null;
}

/** True where a CR is followed by more: by what cannot be the LF, in bytes without one. */
export function holdsBareCr(bytes: Buffer): boolean {
  const cr = bytes.indexOf(CR);
  return cr >= 0 && cr + 1 < bytes.length;
}
