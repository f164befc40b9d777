import type { RawFields } from "../core/message.ts";
import type { Diagnosis, Verdict } from "./diagnosis.ts";
import { pictureOf } from "./draw.ts";
import { drawPicture } from "./html-picture.ts";
import { STYLE } from "./html-style.ts";
import { escapeHtml } from "./html-text.ts";
import { drawTimes, LEGEND } from "./html-times.ts";
import type { Hint } from "./machine/hints.ts";
import type { Question, TestResult } from "./question.ts";
import { showUrl } from "./secrets.ts";
import { totalOf } from "./test-times.ts";

/** What a page tells besides the diagnosis. */
export interface PageMore {
  /** Of this program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What could not be honoured. */
  readonly notes: readonly string[];
  /** Where an answer stops to be HTTP; null: nowhere. */
  readonly bytes: readonly string[] | null;
}

/** A diagnosis as one page that needs nothing else, to attach to a ticket: no script, nothing fetched, light or dark as its reader has it. */
export function toHtml(diagnosis: Diagnosis, question: Question, more: PageMore): string {
  const { verdict, tests, hints } = diagnosis;
  const picture = pictureOf(diagnosis);
  const asked = `${question.method} ${showUrl(question.url, question)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${verdict.fault ?? "well"}: ${asked}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${headerOf(verdict, asked)}
${picture === null ? "" : drawPicture(picture, verdict.summary)}
${verdict.fault === null && verdict.fix.client === NOTHING ? "" : fixesOf(verdict)}
${hintsOf(hints)}
${reasonsOf(verdict)}
${more.bytes === null ? "" : `<section><h2>The bytes</h2><pre class="wide">${more.bytes.map(escapeHtml).join("\n")}</pre></section>`}
${testsOf(tests)}
${list("Notes", more.notes)}
</main>
<footer>goodgateway ${escapeHtml(more.version)} diagnose, ${new Date(more.at).toISOString().replace(/\.\d+Z$/, "Z")}. Passwords, cookies, logins, query values and the request's body are shown as <code>***</code> or left out.</footer>
</body>
</html>
`;
}

const NOTHING = "Nothing to do.";

function headerOf({ summary, culprit, fault, stage, hop, confidence }: Verdict, asked: string): string {
  const sure = confidence === 0 ? [] : [`${Math.round(confidence * 100)} % sure`];
  const facts =
    fault === null
      ? []
      : [`culprit <b>${culprit}</b>`, `fault <code>${fault}</code>`, `stage ${stage}`, ...(hop === 0 ? [] : [`hop ${hop}`]), ...sure];
  return `<header class="${fault === null ? "well" : "broken"}">
<p class="asked"><code>${escapeHtml(asked)}</code></p>
<h1>${escapeHtml(summary)}</h1>
${facts.length === 0 ? "" : `<p class="facts">${facts.map((fact) => `<span>${fact}</span>`).join(" ")}</p>`}
</header>`;
}

function fixesOf({ fix }: Verdict): string {
  const card = (title: string, text: string) => `<div><h2>${title}</h2><p>${escapeHtml(text)}</p></div>`;
  return `<section class="fixes">${card("What you can do", fix.client)}${card("What the owner can do", fix.operator)}</section>`;
}

function hintsOf(hints: readonly Hint[]): string {
  if (hints.length === 0) return "";
  const items = hints.map(({ words, command, at }) => {
    const where = at === "there" ? "On its machine: " : "";
    return `<li>${escapeHtml(where + words)}<br><code>${escapeHtml(command)}</code></li>`;
  });
  return `<section><h2>Where to look</h2><ul>${items.join("")}</ul></section>`;
}

function reasonsOf({ fault, evidence, whyNot, nextTest }: Verdict): string {
  const next = nextTest === null ? "" : `<p><b>One more test would decide:</b> ${escapeHtml(nextTest)}</p>`;
  if (fault === null) return next;
  return `${list("Evidence", evidence)}${list("Why nobody else", whyNot)}${next}`;
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `<section><h2>${title}</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul></section>`;
}

function testsOf(tests: readonly TestResult[]): string {
  const longest = Math.max(1, ...tests.map(({ ms }) => totalOf(ms)));
  const usual = tests.find(({ spec }) => spec.kind === "request")?.spec.request ?? "";
  return `<section><h2>Tests</h2>
<div class="wide"><table>
<thead><tr><th></th><th>route</th><th>what came</th><th class="times">${LEGEND}</th></tr></thead>
<tbody>${tests.map((test) => rowOf(test, longest, usual)).join("")}</tbody>
</table></div>
${tests.map(detailOf).join("")}</section>`;
}

const MARKS: Readonly<Record<TestResult["outcome"], string>> = { ok: "works", fault: "fails", cut: "not waited for" };

/** @param usual what most tests ask for, which is not said again */
function rowOf({ spec, outcome, words, ms }: TestResult, longest: number, usual: string): string {
  // A chain is broken into lines at its links.
  const route = escapeHtml(spec.route).replaceAll(",", ",<wbr>");
  const asked = spec.request === usual ? "" : `<br><small>${escapeHtml(spec.request)}</small>`;
  const came = escapeHtml(outcome === "cut" ? "" : words);
  return `<tr class="${outcome}"><td class="mark">${MARKS[outcome]}</td><td>${route}${asked}</td><td>${came}</td><td class="times">${drawTimes(ms, longest)}</td></tr>\n`;
}

/** What was sent and what came, folded away. */
function detailOf({ spec, sent, answer, excerpt, outcome }: TestResult): string {
  if (sent === null || outcome === "cut") return "";
  const request = [spec.request, ...linesOf(sent.fields)];
  const body = excerpt === null ? [] : ["", excerpt];
  const response =
    answer === null
      ? ["no answer that parses"]
      : [`HTTP/1.${answer.minor} ${answer.status} ${answer.reason}`, ...linesOf(answer.fields), ...body];
  const block = (lines: readonly string[]) => `<pre>${lines.map(escapeHtml).join("\n")}</pre>`;
  return `<details><summary>${escapeHtml(`${spec.route}: sent to ${sent.peer}, and what came`)}</summary><div class="talk">${block(request)}${block(response)}</div></details>\n`;
}

function linesOf(fields: RawFields): string[] {
  return fields.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${fields[i + 1]}`] : []));
}
