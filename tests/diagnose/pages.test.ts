import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { toHar } from "../../src/diagnose/har.ts";
import { toHtml } from "../../src/diagnose/html.ts";
import type { Question } from "../../src/diagnose/question.ts";
import { explainResponse } from "../../src/explain/response/explain-response.ts";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { chain, diagnosisOf, questionOf } from "./diagnosing.ts";

const MORE = { version: "1.2.3", at: Date.UTC(2026, 0, 2, 3, 4, 5), notes: ["--http2 is not honoured"], bytes: ["000000  41  A"] };

interface Har {
  readonly log: {
    readonly version: string;
    readonly creator: { readonly name: string; readonly version: string };
    readonly pages: readonly {
      readonly id: string;
      readonly startedDateTime: string;
      readonly title: string;
      readonly pageTimings: object;
    }[];
    readonly entries: readonly HarEntry[];
  };
}

interface HarEntry {
  readonly pageref: string;
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: HarMessage & { readonly method: string; readonly url: string; readonly queryString: readonly object[] };
  readonly response: HarMessage & {
    readonly status: number;
    readonly statusText: string;
    readonly content: { readonly size: number; readonly mimeType: string };
    readonly redirectURL: string;
    readonly _error?: string;
  };
  readonly cache: object;
  readonly timings: Readonly<Record<string, number>>;
  readonly serverIPAddress?: string;
}

interface HarMessage {
  readonly httpVersion: string;
  readonly cookies: readonly object[];
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly headersSize: number;
  readonly bodySize: number;
}

/** All that HAR 1.2 demands of an entry. */
function assertEntry({ request, response, timings, ...entry }: HarEntry): void {
  assert.match(entry.startedDateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  for (const key of ["send", "wait", "receive"]) assert.ok((timings[key] ?? -1) >= 0, key);
  for (const key of ["blocked", "dns", "connect", "ssl"]) assert.ok((timings[key] ?? 0) >= -1, key);
  const { ssl, ...parts } = timings;
  const sum = Object.values(parts).reduce((all, one) => all + Math.max(0, one), 0);
  assert.ok(Math.abs(sum - entry.time) < 0.01, `the times are ${sum} together, and not ${entry.time}`);
  assert.ok((ssl ?? -1) <= Math.max(0, timings["connect"] ?? 0), "connect holds ssl");
  assert.ok(URL.canParse(request.url) && request.method !== "" && Array.isArray(request.queryString));
  for (const message of [request, response]) {
    assert.ok(
      Array.isArray(message.cookies) && message.headers.every(({ name, value }) => typeof name === "string" && typeof value === "string"),
    );
    assert.ok(Number.isInteger(message.headersSize) && Number.isInteger(message.bodySize) && typeof message.httpVersion === "string");
  }
  assert.ok(Number.isInteger(response.status) && typeof response.statusText === "string" && typeof response.redirectURL === "string");
  assert.ok(Number.isInteger(response.content.size) && typeof response.content.mimeType === "string");
  assert.deepEqual(entry.cache, {});
}

async function pagesOf(question: Question, diagnosis: Diagnosis): Promise<{ har: Har; text: string; html: string }> {
  const har = toHar(diagnosis, question, "1.2.3") as Har;
  return { har, text: JSON.stringify(har), html: toHtml(diagnosis, question, MORE) };
}

test("the requests of a diagnosis are a HAR file, of answers and of what failed", async () => {
  await using site = await startSite();
  await using bad = await startLabServer(refuses("nginx502"));
  const question = questionOf(site, [exitAt(bad), exitAt(await findClosedPort())], { method: "PUT", body: Buffer.from("geheim=1") });
  const { har, text } = await pagesOf(question, await diagnosisOf(site, question.via, question));
  const { version, creator, pages, entries } = har.log;
  assert.deepEqual([version, creator, pages.length], ["1.2", { name: "goodgateway", version: "1.2.3" }, 1]);
  assert.ok(entries.length >= 3);
  for (const entry of entries) assertEntry(entry);
  assert.ok(entries.every(({ pageref }) => pageref === pages[0]?.id));
  const refused = entries.find(({ response }) => response._error !== undefined);
  assert.deepEqual([refused?.response.status, refused?.response._error], [0, "net::ERR_PROXY_CONNECTION_FAILED"]);
  const answered = entries.find(({ response }) => response.status === 502);
  assert.equal(answered?.serverIPAddress, "127.0.0.1");
  assert.ok(!text.includes("geheim"));
});

test("what explain reads of a HAR file that diagnose wrote is what diagnose saw", async () => {
  await using site = await startLabServer(refuses("nginx502"));
  const question = questionOf(site, []);
  const { text } = await pagesOf(question, await diagnosisOf(site, []));
  const [explained] = explainResponse(text) ?? [];
  assert.equal(explained?.kind, "answer");
  assert.match(JSON.stringify(explained), /nginx/);
});

test("a diagnosis as a page needs no script and nothing from elsewhere", async () => {
  await using site = await startSite();
  const question = questionOf(site, [exitAt(await findClosedPort())]);
  const { html } = await pagesOf(question, await diagnosisOf(site, question.via));
  assert.match(html, /^<!doctype html>/);
  assert.doesNotMatch(html, /<script|<link|<img|@import|url\(|javascript:| on\w+=/i);
  for (const part of [
    /<svg /,
    /connect\.refused/,
    /What you can do/,
    /Evidence/,
    /--http2 is not honoured/,
    /000000 {2}41/,
    /prefers-color-scheme: dark/,
  ])
    assert.match(html, part);
  assert.match(html, /@media print/);
  assert.match(html, /goodgateway 1\.2\.3 diagnose, 2026-01-02T03:04:05Z/);
});

test("the picture breaks between two hops where the page is narrow, and holds no text that a small screen cannot reach", async () => {
  await using site = await startSite();
  const question = questionOf(site, [chain(...(await Promise.all([findClosedPort(), findClosedPort(), findClosedPort()])))]);
  const { html } = await pagesOf(question, await diagnosisOf(site, question.via));
  const steps = /<div class="picture"[^>]*>(.*?)<\/div>/.exec(html)?.[1]?.split('<span class="step">').slice(1) ?? [];
  assert.deepEqual([steps.length, steps.map((step) => step.split("<svg ").length - 1)], [5, [1, 2, 2, 2, 2]]);
  for (const step of steps) assert.equal([...step.matchAll(/class="leg|class="box/g)].length, step.split("<svg ").length - 1);
  assert.match(html, /\.picture svg \{[^}]*max-width: 100%/);
});

test("nothing that a site says becomes a part of the page", async () => {
  const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;\u202e`;
  const fields = { "X-Evil": hostile, Server: "<b>x</b>", Via: `1.1 ${hostile}` };
  await using site = await startLabServer(afterHead(says(formatAnswer(502, fields, `<html>${hostile}`), fin)));
  await using exit = await startHttpExit();
  const question = questionOf(site, [exitAt(exit)]);
  const { html } = await pagesOf(question, await diagnosisOf(site, question.via));
  assert.match(html, /&lt;script&gt;alert/);
  assert.doesNotMatch(html, /<script|<img|<b>x|\u202e/);
  assert.equal(html.split("<html").length, 2);
});

test("every element of the page that is opened is closed", async () => {
  await using site = await startSite();
  const question = questionOf(site, [exitAt(await findClosedPort())]);
  const { html } = await pagesOf(question, await diagnosisOf(site, question.via));
  const open: string[] = [];
  for (const [, slash, name = "", own] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
    if (own === "/" || ["meta", "br", "wbr"].includes(name)) continue;
    if (slash === "") open.push(name);
    else assert.equal(open.pop(), name);
  }
  assert.deepEqual(open, []);
});
