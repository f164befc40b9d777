/**
 * An answer's text as it was on the wire, out of what a mail or a chat put in front of its lines, a program's escapes, or curl's trace. What
 * has none of these comes back as it is, line for line.
 */
export function unpasteAnswer(text: string): string {
  if (TRACED.test(text)) return ofTrace(text);
  if (ESCAPED.test(text))
    return text
      .replaceAll("\\r\\n", "\n")
      .replaceAll("\\n", "\n")
      .replaceAll('\\"', '"')
      .replace(/^([^\S\n]*)"(?=HTTP\/)/m, "$1");
  // A quotation's mark in front of an answer's first line: curl has it in front of requests alone.
  const [, mark] = MARKED.exec(text) ?? [];
  return mark === undefined ? text : withoutMark(text, mark);
}

const MARKED = /^((?:> ?)+|[ \t]+)HTTP\/\d(?:\.\d)? \d{3}(?: |\r?$)/m;

function withoutMark(text: string, mark: string): string {
  const bare = mark.trimEnd();
  return text
    .split("\n")
    .map((line) => (line.startsWith(mark) ? line.slice(mark.length) : line.trimEnd() === bare ? "" : line))
    .join("\n");
}

/** A head in one line, as programs quote it. */
const ESCAPED = /HTTP\/\d(?:\.\d)? \d{3}[^\n]{0,60}\\r\\n/;

const TRACED = /^<= Recv header, \d+ bytes/m;

/** `curl --trace-ascii`: blocks with a line in front that says whose bytes they are. */
function ofTrace(text: string): string {
  let mark = "";
  return text
    .split("\n")
    .map((line) => {
      const [, direction, part] = /^(=>|<=) (?:Send|Recv)( \w+)*/.exec(line) ?? [];
      if (direction !== undefined) {
        mark = part === " header" ? (direction === "=>" ? "> " : "< ") : direction === "=>" ? "* " : "";
        return "";
      }
      if (line.startsWith("== Info:")) return `* ${line.slice(9)}`;
      const [start] = /^[0-9a-f]{4,}: /.exec(line) ?? [];
      return start === undefined ? line : (mark + line.slice(start.length)).trimEnd();
    })
    .filter((line) => line !== "")
    .join("\n");
}
