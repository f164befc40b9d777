import { cutAtSpaces } from "../core/printable.ts";

/** Breaks lines that are wider than a terminal, or than reads well, at their spaces, under their own indent. Rows of tables and commands stay. */
export function fitLines(text: string, terminalColumns: number): string {
  const columns = Math.min(terminalColumns, PROSE_COLUMNS);
  return text
    .split("\n")
    .flatMap((line) => (line.length <= columns || IS_WHOLE.test(line) ? [line] : breakLine(line, columns)))
    .join("\n");
}

const PROSE_COLUMNS = 110;

/** Commands to copy, and what has gaps between columns. */
const IS_WHOLE = /^ *curl |\S {2,}\S/;

function breakLine(line: string, columns: number): string[] {
  const indent = line.slice(0, line.search(/\S/));
  return cutAtSpaces(line.slice(indent.length), columns - indent.length).map((part) => indent + part);
}
