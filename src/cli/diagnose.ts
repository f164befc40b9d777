import { writeFileSync } from "node:fs";
import { DEFAULTS } from "../config/defaults.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import type { Diagnosis } from "../diagnose/diagnosis.ts";
import { toHar } from "../diagnose/har.ts";
import { toHtml } from "../diagnose/html.ts";
import { onwardOf } from "../diagnose/onward.ts";
import type { Question } from "../diagnose/question.ts";
import { showUrl } from "../diagnose/secrets.ts";
import { type Asked, type DiagnoseFlags, placed, readAsked } from "./diagnose-asked.ts";
import { bytesOf, tellDiagnosis, tellNotes, toJson } from "./diagnose-report.ts";
import { watchAsked } from "./diagnose-watch.ts";
import { tellJson } from "./explain-report.ts";
import { lookOf } from "./look.ts";
import { unwritable } from "./unwritable.ts";
import { readVersion } from "./version.ts";

/** A diagnosis with what it is of. */
export interface Found {
  readonly question: Question;
  readonly diagnosis: Diagnosis;
  /** What cannot be honoured, and where the request was sent on to. */
  readonly notes: readonly string[];
}

/** Finds out whose fault it is. 1: something is broken. */
export async function diagnoseAsked(operands: readonly string[], flags: DiagnoseFlags): Promise<number> {
  const asked = await readAsked(operands, flags);
  if (flags.watch !== undefined) return watchAsked(asked, flags, { findOut, writePages });
  const found = await findOut(asked);
  writePages(found, flags);
  console.log(flags.json ? tellJson(toJson(found)) : tellFound(found).join("\n"));
  return isWell(found.diagnosis) ? 0 : 1;
}

function writePages({ diagnosis, question, notes }: Found, { html, har }: DiagnoseFlags): void {
  const version = readVersion();
  const bytes = bytesOf(diagnosis, DEFAULTS.limits.message);
  if (html !== undefined) write(html, toHtml(diagnosis, question, { version, at: Date.now(), notes, bytes }));
  if (har !== undefined) write(har, `${JSON.stringify(toHar(diagnosis, question, version), null, 2)}\n`);
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function tellFound({ diagnosis, notes }: Found): string[] {
  const look = lookOf(process.stdout);
  return [...tellDiagnosis(diagnosis, DEFAULTS.limits.message, look), ...tellNotes(notes, look)];
}

/** Nothing is broken, and something was asked. */
function isWell({ verdict }: Diagnosis): boolean {
  return verdict.fault === null && verdict.confidence > 0;
}

/** Diagnoses what is asked for and, where the user follows redirects, what it is sent on to. */
async function findOut({ question, context, curl, notes }: Asked): Promise<Found> {
  const told = [...notes];
  const redirectsMax = curl?.redirectsMax ?? 0;
  let now = { question, context };
  for (let followed = 0; ; followed++) {
    const diagnosis = await diagnose(now.question, now.context);
    const onward = onwardOf(now.question, diagnosis, curl?.isTrusting === true);
    if (onward === null) return { question: now.question, diagnosis, notes: told };
    const words = `the ${onward.status} of ${showUrl(now.question.url, now.question)} sends on to ${showUrl(onward.question.url, onward.question)}`;
    const { requestsMax, via, exits } = onward.question;
    const isFollowed = curl !== null && followed < redirectsMax && requestsMax > via.length + exits.length;
    told.push(
      isFollowed
        ? words
        : `${words}: ${redirectsMax === 0 ? "diagnose that too for the rest of the way" : "that was not followed any more"}`,
    );
    if (!isFollowed) return { question: now.question, diagnosis, notes: told };
    const around = await placed(curl, onward.question.url, context);
    now = { question: { ...onward.question, place: around.place }, context: around.context };
  }
}
