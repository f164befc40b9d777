/** A line that is a JSON object; null: it is none. */
export function parseJson(line: string): Readonly<Record<string, unknown>> | null {
  if (line.charCodeAt(0) !== 0x7b) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/**
 * What stands under a name that is not nested, without reading the whole line as JSON: quotes within texts are escaped, so that no text holds
 * `"name":`. Null: the line has no such name, or is cut off. What lines of no interest cost is most of what a log costs.
 */
export function peekField(line: string, name: string): string | null {
  const key = line.indexOf(`"${name}":`);
  if (key === -1 || line.charCodeAt(line.length - 1) !== CLOSE) return null;
  let from = key + name.length + 3;
  while (line.charCodeAt(from) === SPACE) from++;
  const isText = line.charCodeAt(from) === QUOTE;
  const rest = isText ? from + 1 : from;
  let end = rest;
  for (let code = line.charCodeAt(end); !isEnd(code, isText); code = line.charCodeAt(++end));
  return line.slice(rest, end);
}

function isEnd(code: number, isText: boolean): boolean {
  return Number.isNaN(code) || (isText ? code === QUOTE : code === COMMA || code === CLOSE || code === SPACE);
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x7d;
const SPACE = 0x20;

type Fields = Readonly<Record<string, unknown>> | null | undefined;

/** A text under one of the names, the first that has one. */
export function readField(value: Fields, ...names: readonly string[]): string | null {
  for (const name of names) {
    const field = fieldOf(value, name);
    if (typeof field === "string" && field !== "" && field !== "-") return field;
  }
  return null;
}

/** A number under one of the names, also where it is written as a text. */
export function readNumber(value: Fields, ...names: readonly string[]): number | null {
  for (const name of names) {
    const field = fieldOf(value, name);
    const number = typeof field === "string" && field !== "" ? Number(field) : field;
    if (typeof number === "number" && Number.isFinite(number)) return number;
  }
  return null;
}

function fieldOf(value: Fields, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? value[name] : undefined;
}
