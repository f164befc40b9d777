import { firstOutside, isSpace, TOKEN_BYTES, trimSpace, VALUE_BYTES } from "./characters.ts";
import { nameByte } from "./excerpt.ts";

/** A field line taken apart without haste. A folded line (one that begins with space) has no name. */
export interface OddField {
  readonly name: string;
  readonly value: string;
  readonly spaceBeforeColon: boolean;
}

/** Why a line is no field, and the index that shows it. */
export interface OddFieldProblem {
  readonly reason: string;
  readonly at: number;
}

/** Parses a field line without its end: RFC 9112 section 5, with what its 5.1 and 5.2 let a recipient of responses tolerate marked as such. */
export function readOddField(line: string): OddField | OddFieldProblem {
  if (isSpace(line.charCodeAt(0))) return readValue(line, 0, "", false);
  const nameEnd = firstOutside(TOKEN_BYTES, line);
  let colon = nameEnd;
  while (isSpace(line.charCodeAt(colon))) colon++;
  if (colon >= line.length) return { reason: "a line has no colon", at: line.length };
  if (line[colon] !== ":") return { reason: `a field name holds ${nameByte(line.charCodeAt(nameEnd))}`, at: nameEnd };
  if (nameEnd === 0) return { reason: "a field has no name", at: 0 };
  return readValue(line, colon + 1, line.slice(0, nameEnd), colon > nameEnd);
}

function readValue(line: string, from: number, name: string, spaceBeforeColon: boolean): OddField | OddFieldProblem {
  const at = firstOutside(VALUE_BYTES, line, from);
  if (at < line.length) return { reason: `a field value holds ${nameByte(line.charCodeAt(at))}`, at };
  return { name, value: trimSpace(line.slice(from)), spaceBeforeColon };
}
