import { withoutControls } from "../core/printable.ts";
import type { MessageLimits } from "../core/settings.ts";
import type { Diagnosis } from "../diagnose/diagnosis.ts";
import { drawDiagnosis } from "../diagnose/draw.ts";
import type { Hint } from "../diagnose/machine/hints.ts";
import { lookAtBytes } from "../diagnose/microscope.ts";
import type { Found } from "./diagnose.ts";
import { tellTests } from "./diagnose-table.ts";
import { row } from "./explain-report.ts";
import { type Look, wrap } from "./look.ts";

/** A diagnosis for people: the sentence, the picture, the proof, the fix, the table of tests. */
export function tellDiagnosis(diagnosis: Diagnosis, limits: MessageLimits, look: Look): string[] {
  const { summary } = diagnosis.verdict;
  const microscope = bytesOf(diagnosis, limits);
  const picture = drawDiagnosis(diagnosis, look.width === null ? undefined : look.width - 2);
  return [
    ...wrap(summary, look.width ?? Number.POSITIVE_INFINITY).map((line) => look.paint("bold", line)),
    ...(picture === null ? [] : ["", ...picture.split("\n").map((line) => `  ${withoutControls(line)}`)]),
    ...tellReasons(diagnosis, look),
    ...(microscope === null ? [] : ["", ...microscope.map((line) => `  ${withoutControls(line)}`)]),
    "",
    ...tellTests(diagnosis.tests, look),
  ];
}

function tellReasons({ verdict, hints }: Diagnosis, look: Look): string[] {
  const { culprit, fault, hop, confidence, evidence, whyNot, fix, nextTest } = verdict;
  const list = (label: string, lines: readonly string[]) =>
    lines.flatMap((words, index) => row(index === 0 ? label : "", `- ${words}`, look));
  const place = hop === 0 ? "" : `, hop ${hop}`;
  const isToldToDo = fault !== null || fix.client !== NOTHING;
  const lines = [
    ...(fault === null ? [] : row("verdict", `${fault}, culprit ${culprit}${place}, ${Math.round(confidence * 100)} % sure`, look)),
    ...(fault === null ? [] : list("evidence", evidence)),
    ...list("but", whyNot),
    ...(isToldToDo ? row("do", fix.client, look) : []),
    ...(fault === null ? [] : row("its owner", fix.operator, look)),
    ...hints.flatMap((hint, index) => tellHint(hint, index === 0 ? "look" : "", look)),
    ...(nextTest === null ? [] : row("to decide", nextTest, look)),
  ];
  return lines.length === 0 ? [] : ["", ...lines];
}

/** As a diagnosis of what is well has it. */
const NOTHING = "Nothing to do.";

/** Its command stands on a line of its own, whole. */
function tellHint({ words, command, at }: Hint, label: string, look: Look): string[] {
  return [...item(label, at === "there" ? `On its machine: ${words}` : words, look), `               ${withoutControls(command)}`];
}

/** One of a list, behind a dash. */
function item(label: string, words: string, look: Look): string[] {
  const indent = row("", "", look).join("").length;
  return row(label, `- ${words}`, { ...look, width: look.width === null ? null : look.width - 2 }).map((line, index) =>
    index === 0 ? line : `${" ".repeat(indent)}  ${line.slice(indent)}`,
  );
}

/** Of the first answer that does not parse, where it stops to be HTTP; null: all parse. */
export function bytesOf({ tests }: Diagnosis, limits: MessageLimits): readonly string[] | null {
  return tests.map((one) => lookAtBytes(one, limits)).find((lines) => lines !== null) ?? null;
}

/** What is said beside the verdict. */
export function tellNotes(notes: readonly string[], { paint }: Look): string[] {
  return notes.length === 0 ? [] : ["", ...notes.map((words) => paint("dim", `  note  ${withoutControls(words)}`))];
}

/** The same for programs. */
export function toJson({ diagnosis: { verdict, tests, hints }, notes }: Pick<Found, "diagnosis" | "notes">): object {
  return {
    verdict,
    tests: tests.map(({ spec, outcome, attributed, status, words, ms, excerpt }) => ({
      ...{ route: spec.route, request: spec.request, outcome, fault: attributed?.fault.id ?? null, status, details: words },
      ...{ timings: ms, excerpt },
    })),
    hints,
    notes,
  };
}
