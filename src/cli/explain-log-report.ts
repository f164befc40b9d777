import { withoutControls } from "../core/printable.ts";
import type { LineShape } from "../explain/log/line-shapes.ts";
import type { LogReport, ShapesTold, ToldIncident } from "../explain/log/log-report.ts";
import { fit, format, type Look, plural, wrap } from "./look.ts";

const INCIDENTS_SHOWN_MAX = 12;
const SHAPES_SHOWN_MAX = 8;

/** What logs tell, for people: the worst incident first, what follows from it behind it. */
export function tellLog(report: LogReport, look: Look): string[] {
  const { lines, bytes, first, last, formats, failures, incidents, otherFailures, notes } = report;
  const names = formats.map((one) => `${one.name} (${format(one.lines)})`).join(", ");
  const span = first === null || last === null ? "" : `, ${day(first)} to ${day(last)}`;
  const shown = incidents.slice(0, INCIDENTS_SHOWN_MAX);
  const beyond = incidents.slice(INCIDENTS_SHOWN_MAX).reduce((sum, { count }) => sum + count, otherFailures);
  return [
    look.paint("bold", `${plural(lines, "line", "lines")}, ${megabytes(bytes)}${span}`),
    ...(names === "" ? [] : paragraph(names, look)),
    ...notes.flatMap((note) => paragraph(`note: ${note}`, look).map((line) => line.replace(/^note:/, look.paint("yellow", "note:")))),
    "",
    failures === 0
      ? "No line tells of a failure."
      : `${plural(failures, "line tells", "lines tell")} of failures, in ${plural(incidents.length, "incident", "incidents")}${incidents.length > 1 ? "; the worst first" : ""}`,
    ...shown.flatMap((one) => ["", ...tellIncident(one, look)]),
    ...(beyond > 0 ? ["", `and ${plural(beyond, "failure", "failures")} in smaller incidents (--json has those that are told apart)`] : []),
    ...tellShapes("Warnings and errors that are in none of our rules", report.unexplained, look),
    ...tellShapes("Lines of no known format", report.unknown, look),
  ];
}

function tellIncident(one: ToldIncident, look: Look): string[] {
  const { paint } = look;
  const where = one.backend === null ? "" : ` at ${withoutControls(one.backend)}`;
  const when =
    one.first === null ? "" : one.first === one.last ? `, ${day(one.first)}` : `, ${day(one.first)} to ${day(one.last ?? one.first)}`;
  const targets = one.targets.map(({ text, count }) => `${fit(text, TARGET_CHARS_MAX)} (${format(count)})`).slice(0, 3);
  const clients = one.clients === null ? "very many clients" : plural(one.clients, "client", "clients");
  return [
    paint("bold", `${one.number}. ${one.fault}${where}: ${plural(one.count, "line", "lines")}${when}`),
    ...(one.rate.counts.length < 2
      ? []
      : row("rate", `${bars(one.rate.counts)}  ${barTime(one.rate.barMs)} a bar, ${format(one.perMinuteMax)} a minute at most`, look)),
    ...row("what", one.summary, look),
    ...(one.followsFrom === null ? [] : row("follows", tellCauses(one.followsFrom, one.orFrom), look)),
    ...(one.likely === null ? [] : row("likely", one.likely, look)),
    ...one.suspicions.flatMap((words) => row("suspicion", words, look)),
    ...row("culprit", `${one.culprit}, at stage ${one.stage}`, look),
    ...(targets.length === 0 ? [] : row("asked for", `${targets.join(", ")}${one.clients === 0 ? "" : `; ${clients}`}`, look)),
    ...row("line", `${one.line.file}:${one.line.line}: ${fit(one.line.words, WORDS_CHARS_MAX)}`, look),
    ...row("do", one.fix, look),
    ...(one.setting === null ? [] : row("setting", `${one.program === "access" ? "" : `${one.program}: `}${one.setting}`, look)),
  ];
}

function tellCauses(from: number, or: readonly number[]): string {
  if (or.length === 0) return `from ${from}: mend that first`;
  return `from ${from}, or from ${or.toSorted((one, other) => one - other).join(", ")}: they began at the same time, and the lines do not say which of them it was`;
}

const TARGET_CHARS_MAX = 60;
const WORDS_CHARS_MAX = 300;

function tellShapes(title: string, { lines, shapes, others }: ShapesTold, look: Look): string[] {
  if (lines === 0) return [];
  const shown = shapes.slice(0, SHAPES_SHOWN_MAX);
  const rest = shapes.slice(SHAPES_SHOWN_MAX).reduce((sum, { count }) => sum + count, others);
  return [
    "",
    look.paint("bold", `${title}: ${format(lines)}`),
    ...shown.map((shape) => `  ${tellShape(shape, look)}`),
    ...(rest > 0 ? [`  ${format(rest).padStart(COUNT_CHARS)}  of other shapes`] : []),
  ];
}

const COUNT_CHARS = 7;

function tellShape({ shape, count, file, line }: LineShape, look: Look): string {
  return `${format(count).padStart(COUNT_CHARS)}  ${fit(shape, (look.width ?? WIDE_CHARS) - 30)}  (${withoutControls(file)}:${line})`;
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** A bar of eight heights for each count; a space for none. */
function bars(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  return counts.map((count) => (count === 0 ? " " : (LEVELS[Math.ceil((count / most) * LEVELS.length) - 1] ?? ""))).join("");
}

function barTime(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

const LABEL_CHARS = 11;
const WIDE_CHARS = 140;

function row(label: string, text: string, { width }: Look): string[] {
  const room = (width ?? WIDE_CHARS) - LABEL_CHARS - 3;
  return wrap(text, room).map((part, index) => `   ${(index === 0 ? label : "").padEnd(LABEL_CHARS)}${part}`);
}

function paragraph(text: string, { width }: Look): string[] {
  return wrap(text, width ?? WIDE_CHARS);
}

function day(iso: string): string {
  return iso.replace("T", " ");
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${format(Math.ceil(bytes / 1000))} kB` : `${format(Math.round(bytes / 1e6))} MB`;
}
