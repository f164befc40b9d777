import { roundMs } from "../core/clock.ts";
import type { ExitHop } from "../core/route.ts";
import { ask } from "../net/ask.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { Connection } from "../net/connection.ts";
import { dial } from "../net/dial.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import { writeRequestHead } from "../wire/http1/request-writer.ts";
import { type DiagnoseContext, dialOptions } from "./diagnose-context.ts";
import { heaviestField } from "./known-sizes.ts";
import { lookAtCertificate } from "./look-at-certificate.ts";
import { askServers, resolveName } from "./look-up-name.ts";
import { forNobody, readNowhere } from "./own-pages.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";
import { readReply } from "./read-reply.ts";
import { seenBeforeFailure } from "./seen-answer.ts";
import { isTunnelled, placeOf, targetOf, tlsWith } from "./target-of.ts";
import { failed, passed } from "./test-result.ts";

/** Runs one test to its end, or until the signal comes. */
export async function runTest(spec: TestSpec, question: Question, context: DiagnoseContext, signal: CancelSignal): Promise<TestResult> {
  const at = context.clock.wall();
  const result =
    spec.part === "nowhere"
      ? readNowhere(await runOfKind(spec, forNobody(question), context, signal))
      : await runOfKind(spec, question, context, signal);
  return { ...result, at };
}

async function runOfKind(spec: TestSpec, question: Question, context: DiagnoseContext, signal: CancelSignal): Promise<TestResult> {
  switch (spec.kind) {
    case "resolve":
      return await resolveName(spec, question, context);
    case "name-server":
      return await askServers(spec, question, context);
    case "certificate":
      return await lookAtCertificate(spec, question, context, signal);
    default:
      return await goRoute(spec, question, { ...context, timeoutMs: waitMsFor(spec, context) }, signal);
  }
}

/** A closer look at what has failed already, or is late, is not waited for as long as the page itself. */
function waitMsFor({ kind, part }: TestSpec, { timeoutMs }: DiagnoseContext): number {
  const isCloserLook = kind === "tunnel" || part === "scheme" || part === "hop-alone" || part === "prefix";
  return isCloserLook ? Math.min(timeoutMs, PROBE_MS) : timeoutMs;
}

const PROBE_MS = 2_500;
const BODY_BYTES_MAX = 64 * 1024;
const RAW_BYTES_MAX = 32 * 1024;

/** A way that is open, and until when it may be used. */
interface OpenRoute {
  readonly connection: Connection;
  readonly ms: TestResult["ms"];
  readonly startedAt: number;
  /** Whom it was dialled to. */
  readonly peer: string;
}

/** The way through an exit, and the request over it. */
async function goRoute(spec: TestSpec, question: Question, context: DiagnoseContext, signal: CancelSignal): Promise<TestResult> {
  const startedAt = context.clock.now();
  const target = targetOf(spec.url);
  const isRequest = spec.kind === "request";
  const plan = {
    hops: spec.exit?.hops ?? [],
    target: isTunnelled(spec, target) ? { ...placeOf(spec, question), tls: isRequest && tlsWith(spec, question) } : null,
  };
  const dialled = await dial(plan, dialOptions(context, signal, startedAt + context.timeoutMs));
  if (dialled.kind === "loop") throw new Error("nothing is our own listener here");
  const { ms, nextHop: peer } = dialled.report;
  if (dialled.kind === "failed") return failed(spec, dialled.failure, target, ms);
  const { connection } = dialled;
  const leave = (): void => connection.destroy();
  signal.addEventListener("abort", leave);
  const result = isRequest
    ? await sendRequest(spec, question, context, { connection, ms, startedAt, peer })
    : { ...passed(spec), ms, words: "the tunnel opened" };
  signal.removeEventListener("abort", leave);
  connection.destroy();
  return result;
}

async function sendRequest(
  spec: TestSpec,
  question: Question,
  { clock, limits, tolerances, timeoutMs, rules }: DiagnoseContext,
  { connection, ms, startedAt, peer }: OpenRoute,
): Promise<TestResult> {
  const target = targetOf(spec.url);
  const tunnel = isTunnelled(spec, target);
  const hops = spec.exit?.hops.length ?? 0;
  const body = spec.method === question.method ? question.body : null;
  const head = headOf(spec, question, tunnel);
  const fields = fieldsIn(head);
  const sent = { fields, headBytes: head.length, heaviest: heaviestField(fields), bodyBytes: body?.length ?? 0, peer };
  const asked = await ask(connection, head, body, {
    ...{ limits, tolerances, clock, method: spec.method, reused: false },
    ...{ role: tunnel ? "target" : "exit", hop: tunnel ? hops + 1 : hops, timeoutMs: Math.max(1, startedAt + timeoutMs - clock.now()) },
    ...{ bodyBytesMax: BODY_BYTES_MAX, rawBytesMax: RAW_BYTES_MAX },
  });
  if (asked.kind === "failed") {
    const answer = seenBeforeFailure(asked.raw, spec.method, limits, tolerances);
    const raw = asked.failure.kind === "fault" ? { bytes: asked.raw, shown: asked.raw } : null;
    return { ...failed(spec, asked.failure, target, { ...ms, total: roundMs(clock.now() - startedAt) }), raw, sent, answer };
  }
  const times = { ...ms, firstByte: roundMs(asked.ms.head), total: roundMs(clock.now() - startedAt) };
  return { ...readReply(spec, target, asked, times, rules), sent };
}

function headOf({ exit, url, method }: TestSpec, { host, fields, body, method: own }: Question, tunnel: boolean): string {
  const { username, password } = (exit?.hops.at(-1) ?? { username: null, password: null }) as Pick<ExitHop, "username" | "password">;
  return writeRequestHead({
    method,
    target: tunnel ? `${url.pathname}${url.search}` : url.href,
    host: host ?? url.host,
    fields,
    framing: body === null || method !== own ? { kind: "none" } : { kind: "length", length: body.length },
    upgrade: null,
    proxyAuthorization: tunnel || username === null ? null : basicAuthorization({ username, password }),
    via: null,
    close: true,
    expectContinue: false,
  });
}

/** Name, value, name, value, … of a head that was written here. */
function fieldsIn(head: string): string[] {
  const lines = head.split("\r\n").slice(1, -2);
  return lines.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
}
