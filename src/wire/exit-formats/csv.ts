import { type Place, readLines } from "./foreign-entry.ts";

/** A row below the line of names: values by their plain names. Or why it is none. */
export type CsvRow = (Place & { readonly fields: ReadonlyMap<string, string> }) | (Place & { readonly reason: string });

/**
 * Reads CSV (RFC 4180) with names in its first line; separated by comma, semicolon or tab. A value with a line end in it is not known. Null
 * stands for a line that is no row.
 */
export function readCsv(bytes: Buffer): Generator<CsvRow | null> {
  let names: string[] | null = null;
  let separator = ",";
  return readLines(bytes, (raw, line): CsvRow | null => {
    if (raw.trim() === "") return null;
    if (names === null) {
      separator = separatorOf(raw);
      names = (splitRow(raw, separator) ?? []).map(plainName);
      return null;
    }
    const known = names;
    const values = splitRow(raw, separator);
    if (values === null) return { line, column: 1, reason: "a quote is not closed" };
    if (values.length > known.length) return { line, column: 1, reason: `there are ${values.length} values for ${known.length} names` };
    return { line, column: 1, fields: new Map(values.map((value, i) => [known[i] ?? "", value])) };
  });
}

/** Names are written in many ways: `proxy_address`, `proxyAddress`. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The first of them that the line has. */
export function separatorOf(line: string): string {
  return [",", ";", "\t"].find((candidate) => line.includes(candidate)) ?? ",";
}

function splitRow(row: string, separator: string): string[] | null {
  const values: string[] = [];
  let value = "";
  let isQuoted = false;
  for (let at = 0; at < row.length; at++) {
    const char = row[at] as string;
    if (isQuoted && char === '"' && row[at + 1] === '"') value += row[++at];
    else if (char === '"' && (isQuoted || value.trim() === "")) isQuoted = !isQuoted;
    else if (char === separator && !isQuoted) {
      values.push(value.trim());
      value = "";
    } else value += char;
  }
  values.push(value.trim());
  return isQuoted ? null : values;
}
