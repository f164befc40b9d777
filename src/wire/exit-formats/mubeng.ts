import { type ForeignEntry, numberedLines } from "./foreign-entry.ts";

/** Reads a list of mubeng: a URL or host:port a line. Its `{{…}}`, which make another name for each request, are not known here. */
export function readMubeng(text: string): ForeignEntry[] {
  const entries: ForeignEntry[] = [];
  for (const [line, raw] of numberedLines(text)) {
    const template = raw.indexOf("{{");
    const isComment = raw.trimStart().startsWith("#");
    if (template >= 0 && !isComment) entries.push({ line, column: template + 1, reason: NO_TEMPLATES });
    else if (raw.trim() !== "" && !isComment) entries.push({ line, column: raw.search(/\S/) + 1, text: raw.trim() });
  }
  return entries;
}

const NO_TEMPLATES = "{{…}} is not known here: for a name of each session write {session} in the user name";
