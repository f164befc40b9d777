import { bytesOf, tellDiagnosis, toJson } from "../../src/cli/diagnose-report.ts";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { HostPort } from "../../src/core/address.ts";
import type { Exit } from "../../src/core/route.ts";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { DiagnoseContext } from "../../src/diagnose/diagnose-context.ts";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { toHar } from "../../src/diagnose/har.ts";
import { toHtml } from "../../src/diagnose/html.ts";
import { openDiagnosis } from "../../src/diagnose/open-diagnosis.ts";
import { TARGET_REQUESTS_MAX } from "../../src/diagnose/plan.ts";
import type { Question } from "../../src/diagnose/question.ts";
import { Watch } from "../../src/diagnose/watch.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";

export const context: DiagnoseContext = openDiagnosis(DEFAULTS, 3000);
/** For scenes in which silence is the point. */
export const impatient: DiagnoseContext = { ...context, timeoutMs: 700 };

/** A GET of the target's first page, over these routes and without a proxy. */
export function questionOf(target: HostPort, via: readonly Exit[], more: Partial<Question> = {}): Question {
  const url = new URL(`http://${target.host}:${target.port}/`);
  const plain = {
    before: null,
    method: "GET",
    fields: [],
    body: null,
    host: null,
    place: null,
    insecure: false,
    tunnel: false,
  } as const;
  return { ...plain, url, via, exits: [], direct: true, ports: false, requestsMax: TARGET_REQUESTS_MAX, ...more };
}

export function diagnosisOf(
  target: HostPort,
  via: readonly Exit[],
  more: Partial<Question> = {},
  own: DiagnoseContext = context,
): Promise<Diagnosis> {
  return diagnose(questionOf(target, via, more), own);
}

export async function verdictOf(...asked: Parameters<typeof diagnosisOf>): Promise<Diagnosis["verdict"]> {
  return (await diagnosisOf(...asked)).verdict;
}

export function chain(...parts: readonly HostPort[]): Exit {
  return { ...exitAt(parts[0] as HostPort), hops: parts.flatMap((part) => exitAt(part).hops) };
}

/** All that users and programs are shown of such a diagnosis, in every form. */
export async function shownOf(...[target, via, more = {}, own = context]: Parameters<typeof diagnosisOf>): Promise<string> {
  const question = questionOf(target, via, more);
  return Object.values(formsOf(await diagnose(question, own), question)).join("\n");
}

/** A diagnosis in each form in which it is given out. */
export function formsOf(diagnosis: Diagnosis, question: Question): Readonly<Record<"text" | "json" | "watch" | "har" | "html", string>> {
  const { limits } = context;
  const lines = tellDiagnosis(diagnosis, limits, { width: null, paint: (_, text) => text });
  const change = new Watch().add(diagnosis, 0);
  const bytes = bytesOf(diagnosis, limits);
  return {
    text: lines.join("\n"),
    json: JSON.stringify(toJson({ diagnosis, notes: [] }), null, 2),
    watch: (change?.lines ?? []).join("\n"),
    har: JSON.stringify(toHar(diagnosis, question, "1.0.0"), null, 2),
    html: toHtml(diagnosis, question, { version: "1.0.0", at: 0, notes: [], bytes }),
  };
}
