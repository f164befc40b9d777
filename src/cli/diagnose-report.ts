import type { MessageLimits } from "../core/settings.ts";
import type { Diagnosis } from "../diagnose/diagnosis.ts";
import { drawDiagnosis } from "../diagnose/draw.ts";
import type { Hint } from "../diagnose/machine/hints.ts";
import { lookAtBytes } from "../diagnose/microscope.ts";
import type { Found } from "./diagnose.ts";
import { formatMs, type Look, printable } from "./look.ts";

/** A diagnosis for people: the sentence, the picture, the proof, the fix, the table of tests. */
export function tellDiagnosis(diagnosis: Diagnosis, limits: MessageLimits, { paint }: Look): string[] {
  const { verdict, tests, hints } = diagnosis;
  const { summary, culprit, fault, hop, confidence, evidence, whyNot, fix, nextTest } = verdict;
  const place = hop === 0 ? "" : `, hop ${hop}`;
  const microscope = bytesOf(diagnosis, limits);
  const picture = drawDiagnosis(diagnosis);
  return [
    paint("bold", printable(summary)),
    ...(picture === null ? [] : ["", ...picture.split("\n").map((line) => `  ${line}`)]),
    "",
    ...(fault === null ? [] : [`  verdict    ${fault}, culprit ${culprit}${place}, ${Math.round(confidence * 100)} % sure`]),
    ...(fault === null ? [] : evidence.map((words) => `  evidence   - ${printable(words)}`)),
    ...whyNot.map((words) => `  but        - ${printable(words)}`),
    ...(fault === null ? [] : [`  do         ${printable(fix.client)}`, `  its owner  ${printable(fix.operator)}`]),
    ...hints.flatMap(tellHint),
    ...(microscope === null ? [] : ["", ...microscope.map((line) => `  ${printable(line)}`)]),
    ...(nextTest === null ? [] : [`  to decide  ${nextTest}`]),
    "",
    ...tests.map(({ spec, outcome, words, ms }) => {
      const mark = paint(outcome === "ok" ? "green" : outcome === "fault" ? "red" : "dim", outcome.padEnd(5));
      return `  ${mark}  ${printable(spec.route)}  ${printable(spec.request)}  ${printable(words)}${ms.total === undefined ? "" : `, ${formatMs(ms.total)}`}`;
    }),
  ];
}

function tellHint({ words, command, at }: Hint): string[] {
  return [`  look       - ${printable(at === "there" ? `On its machine: ${words}` : words)}`, `               ${printable(command)}`];
}

/** Of the first answer that does not parse, where it stops to be HTTP; null: all parse. */
export function bytesOf({ tests }: Diagnosis, limits: MessageLimits): readonly string[] | null {
  return tests.map((one) => lookAtBytes(one, limits)).find((lines) => lines !== null) ?? null;
}

/** What is said beside the verdict. */
export function tellNotes(notes: readonly string[], { paint }: Look): string[] {
  return notes.length === 0 ? [] : ["", ...notes.map((words) => paint("dim", `  note  ${printable(words)}`))];
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
