import { type ForeignEntry, readLines } from "./foreign-entry.ts";

/** Reads a list of mubeng: a URL or host:port a line. Its `{{…}}`, which make another name for each request, are not known here. */
export function readMubeng(bytes: Buffer): Generator<ForeignEntry | null> {
  return readLines(bytes, (raw, line) => {
    const template = raw.indexOf("{{");
    if (raw.trim() === "" || raw.trimStart().startsWith("#")) return null;
    if (template >= 0) return { line, column: template + 1, reason: NO_TEMPLATES };
    return { line, column: raw.search(/\S/) + 1, text: raw.trim() };
  });
}

const NO_TEMPLATES = "{{…}} is not known here: for a name of each session write {session} in the user name";
