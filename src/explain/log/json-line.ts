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
