import type { AttemptRecord, ExchangeRecord } from "../core/ledger.ts";
import { withoutControls } from "../core/printable.ts";
import { drawRecord } from "../explain/record-picture.ts";
import type { Explained, ExplainedAnswer, ExplainedWords } from "../explain/response/explain-response.ts";
import { formatMs, type Look, wrap } from "./look.ts";

/** What is explained of one answer or error, for people. */
export function tellExplained(explained: Explained, look: Look): string[] {
  return explained.kind === "answer" ? tellAnswer(explained, look) : tellWords(explained, look);
}

function tellAnswer({ asked, line, status, reading, picture }: ExplainedAnswer, look: Look): string[] {
  const { paint } = look;
  const { madeBy, passedOnBy, evidence, summary, fix, fault, culprit, confidence } = reading;
  const where = `${asked ?? `answer ${status}`}${line === null ? "" : ` (line ${line})`}`;
  const verdict = fault === null ? [] : [row("verdict", `${fault}, culprit ${culprit}, ${percent(confidence)} sure`, look)];
  return [
    paint("bold", withoutControls(where)),
    "",
    ...indent(picture),
    "",
    ...row("what", summary, look),
    ...row("made by", madeBy === null ? "nothing on it proves who" : madeBy.name, look),
    ...(passedOnBy.length === 0 ? [] : row("passed on", passedOnBy.join(", "), look)),
    ...verdict.flat(),
    ...evidence.flatMap((words, index) => row(index === 0 ? "evidence" : "", `- ${words}`, look)),
    ...(fault === null && reading.kind === "ok" ? [] : [...row("do", fix.client, look), ...row("its owner", fix.operator, look)]),
  ];
}

function tellWords({ text, line, reading }: ExplainedWords, look: Look): string[] {
  const { fault, culprit, confidence, summary, next } = reading;
  return [
    look.paint("bold", withoutControls(line === 0 ? text : `${text} (line ${line})`)),
    "",
    ...row("what", summary, look),
    ...row("verdict", `${fault}, culprit ${culprit ?? "not shown by the words"}, ${percent(confidence)} sure`, look),
    ...row("do", next, look),
  ];
}

/** The record of an exchange, for people. */
export function tellRecord(record: ExchangeRecord, look: Look): string[] {
  const { id, at, method, target, outcome, status, verdict, attempts, notes, ms, revised = [] } = record;
  return [
    look.paint("bold", withoutControls(`${id}  ${method} ${target}`)),
    "",
    ...indent(drawRecord(record, (look.width ?? WIDE_CHARS) - INDENT_CHARS)),
    "",
    ...row("outcome", `${outcome}, status ${status ?? "none"}, after ${formatMs(ms)}, at ${at}`, look),
    ...(verdict === null ? [] : row("verdict", `${verdict.fault}, culprit ${verdict.culprit}, ${percent(verdict.confidence)} sure`, look)),
    ...(verdict?.evidence ?? []).flatMap((words, index) => row(index === 0 ? "evidence" : "", `- ${words}`, look)),
    ...attempts.flatMap((attempt, index) => row(index === 0 ? "attempts" : "", `${index + 1}. ${tellAttempt(attempt)}`, look)),
    ...revised.flatMap(({ attempt, from, to, reason }) => row("revised", `attempt ${attempt}: ${to}, not ${from}: ${reason}`, look)),
    ...notes.flatMap((note) => row("note", note, look)),
    ...(verdict === null ? [] : [...row("do", verdict.fix.client, look), ...row("its owner", verdict.fix.operator, look)]),
  ];
}

function tellAttempt({ exit, fault, details, status, ms, cancelled, reused }: AttemptRecord): string {
  const times = Object.entries(ms).map(([stage, one]) => `${stage} ${formatMs(one)}`);
  const what = cancelled ? "cancelled" : fault === null ? `answered${status === null ? "" : ` ${status}`}` : `${fault}: ${details}`;
  return `${exit ?? "direct"} ${what} (${[...times, ...(reused ? ["on a socket kept from before"] : [])].join(", ")})`;
}

const LABEL_CHARS = 11;

/** Words under a label, wrapped. */
export function row(label: string, text: string, { width }: Look): string[] {
  const room = (width ?? WIDE_CHARS) - LABEL_CHARS - 2;
  return wrap(text, room).map((part, index) => `  ${(index === 0 ? label : "").padEnd(LABEL_CHARS)}${part}`);
}

/** What `--json` prints: nothing in it steers a terminal either, and it stays JSON. */
export function tellJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split("\n").map(withoutControls).join("\n");
}

/** Where there is no terminal, lines stay readable in a ticket. */
const WIDE_CHARS = 140;

const INDENT_CHARS = 2;

function indent(text: string): string[] {
  return text.split("\n").map((line) => `${" ".repeat(INDENT_CHARS)}${withoutControls(line)}`);
}

function percent(confidence: number): string {
  return `${Math.round(confidence * 100)} %`;
}
