import { parseJson } from "./json-line.ts";
import { readDashed, readEpochOfAnyUnit } from "./log-times.ts";
import type { Unwrapped } from "./wrapped-line.ts";

/** Under which names docker, journald, Filebeat, Fluent Bit, Cloud Logging, CloudWatch, Graylog, Splunk and Elasticsearch keep what a program wrote. */
const CONTENTS = [
  "log",
  "message",
  "MESSAGE",
  "textPayload",
  "jsonPayload",
  "short_message",
  "full_message",
  "@message",
  "_raw",
  "_source",
  "line",
  "msg",
  "Log",
];
const TIMES = ["time", "@timestamp", "timestamp", "__REALTIME_TIMESTAMP", "date", "ts", "TimeStamp"];

/** The line in a JSON object that carries it; null: the line is no such object. */
export function openEnvelope(text: string): Unwrapped | null {
  const value = parseJson(text);
  if (value === null) return null;
  // Texts first: Filebeat has the file's name in an object called log, and the line beside it.
  const line = firstOf(value, textOf) ?? firstOf(value, objectOf);
  return line === null ? null : { line, at: timeOf(value) };
}

function firstOf(value: Readonly<Record<string, unknown>>, lineOf: (content: unknown) => string | null): string | null {
  for (const name of CONTENTS) {
    const line = Object.hasOwn(value, name) ? lineOf(value[name]) : null;
    if (line !== null) return line;
  }
  return null;
}

function textOf(content: unknown): string | null {
  return typeof content === "string" && content !== "" ? content.replace(/\r?\n$/, "") : null;
}

function objectOf(content: unknown): string | null {
  if (typeof content !== "object" || content === null) return null;
  // What is no UTF-8 journald writes byte by byte.
  if (Array.isArray(content)) return content.every(isByte) ? Buffer.from(content).toString("latin1") : null;
  return JSON.stringify(content);
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 255;
}

function timeOf(value: Readonly<Record<string, unknown>>): number | null {
  for (const name of TIMES) {
    const time = Object.hasOwn(value, name) ? value[name] : null;
    if (typeof time === "number" || (typeof time === "string" && /^[\d.]{9,17}$/.test(time))) return readEpochOfAnyUnit(Number(time));
    if (typeof time === "string") return readDashed(time, 0);
  }
  return null;
}
