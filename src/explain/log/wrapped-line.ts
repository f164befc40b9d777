import { parseJson, readField } from "./json-line.ts";
import { readDashed, readSyslogTime } from "./log-times.ts";

/** A line as its program wrote it, out of what syslog or containers put around it. */
export interface Unwrapped {
  readonly line: string;
  readonly at: number | null;
}

/** Takes off what others put in front of a line; null: there is nothing that we know. @param year of times that have none. */
export function unwrap(line: string, year: number): Unwrapped | null {
  const plain = unpaste(line);
  const inner = unwrapPlain(plain, year);
  return inner ?? (plain === line ? null : { line: plain, at: null });
}

/** Without a terminal's colours, and without what a page or a chat puts around a line that is pasted into it. */
function unpaste(line: string): string {
  const colourless = line.includes("\u001b") ? line.replace(COLOURS, "") : line;
  const [start = ""] = PASTE_FIRST.includes(colourless.charAt(0)) ? (PASTE_START.exec(colourless) ?? []) : [];
  if (start === "") return colourless;
  const [mark = ""] = /[*`"]+/.exec(start) ?? [];
  const rest = colourless.slice(start.length).trimEnd();
  return mark !== "" && rest.endsWith(mark) ? rest.slice(0, -mark.length) : rest;
}

const COLOURS = /\u001b\[[\d;]*m/g;
/** A quotation's mark, a list's, bold, code, a text's quotes, or the room in front. */
const PASTE_FIRST = ' \t>-*`"';
const PASTE_START = /^(?:[ \t]+|> ?|- )*(?:\*\*|`{1,3}|")?/;

function unwrapPlain(line: string, year: number): Unwrapped | null {
  if (line.startsWith('{"log":')) {
    const value = parseJson(line);
    const log = readField(value, "log");
    return log === null ? null : { line: log.replace(/\r?\n$/, ""), at: timeOf(readField(value, "time")) };
  }
  const syslog = ofSyslog(line, year);
  if (syslog !== null) return syslog;
  const iso = CRI.exec(line)?.[0] ?? ISO_SYSLOG.exec(line)?.[0];
  if (iso !== undefined) {
    const start = iso.indexOf("20");
    return { line: line.slice(iso.length), at: readDashed(line, Math.max(0, start)) };
  }
  const number = SYSLOG_NUMBER.exec(line)?.[0];
  // What HAProxy sends has the number and then all of syslog; what it prints may have the number alone.
  if (number !== undefined) return ofSyslog(line.slice(number.length), year) ?? { line: line.slice(number.length), at: null };
  const place = PLACE.exec(line)?.[0] ?? "";
  const time = DOCKER_TIME.exec(line.slice(place.length, place.length + DOCKER_TIME_CHARS_MAX))?.[0] ?? "";
  if (place === "" && time === "") return null;
  return { line: line.slice(place.length + time.length), at: time === "" ? null : readDashed(time, 0) };
}

function ofSyslog(line: string, year: number): Unwrapped | null {
  const first = line.charCodeAt(0);
  const [head] = first >= 0x41 && first <= 0x5a ? (SYSLOG.exec(line) ?? []) : [];
  return head === undefined ? null : { line: withoutPid(line.slice(head.length)), at: readSyslogTime(line, 0, year) };
}

/** `Nov 27 14:02:07 host nginx[12]: `, and `Nov 27 14:02:07 localhost nginx: `. */
const SYSLOG = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:\S+ )?[\w./-]+(?:\[\d+\])?: /;
/** `2026-11-27T14:02:07.123456+00:00 host nginx[12]: `, RFC 5424 too. */
const ISO_SYSLOG = /^(?:<\d+>1 )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ (?:[\w./-]+(?:\[\d+\])?: |[\w./-]+ \S+ \S+ (?:-|\[[^\]]*\]) )/;
/** `2026-11-27T14:02:07.123Z stderr F `. */
const CRI = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* (?:stdout|stderr) [FP] /;
/** `<134>`, without a time. */
const SYSLOG_NUMBER = /^<\d{1,3}>/;
/** `web-1  | `, `web.1.si3c4s8@node-1    | `, `[pod/web-7c95/app] ` of kubectl, `[web-7c95] ` of kubetail, and `web-7c95 app ` of stern. */
const PLACE = /^(?:[\w.@-]+ *\| |\[[a-z0-9][\w./-]*(?: [\w.-]+)?\] |[a-z0-9][a-z0-9.-]*-[a-z0-9]{4,10} (?:› )?[a-z0-9][\w-]* )/;
/** `2026-11-27T14:02:07.123456789Z `, as docker and kubectl put it there on demand. */
const DOCKER_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /;
const DOCKER_TIME_CHARS_MAX = 40;

/** Some syslog daemons write the tag twice. */
function withoutPid(line: string): string {
  return line.startsWith("haproxy[") ? line.replace(/^haproxy\[\d+\]: /, "") : line;
}

function timeOf(text: string | null): number | null {
  return text === null ? null : readDashed(text, 0);
}
