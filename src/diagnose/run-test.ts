import type { TLSSocket } from "node:tls";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { type AnswerReading, readAnswer } from "../blame/answer-reading.ts";
import { attribute } from "../blame/attribute.ts";
import { judgeAnswer, placeAnswerFault } from "../blame/relayed.ts";
import type { Rules } from "../blame/rules.ts";
import { type Clock, roundMs } from "../core/clock.ts";
import { fault } from "../core/fault.ts";
import type { AttributedFault, HopFailure } from "../core/ledger.ts";
import { fieldValue } from "../core/message.ts";
import type { Exit, ExitHop, Target } from "../core/route.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import { type Answered, ask } from "../net/ask.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import { dial } from "../net/dial.ts";
import type { DnsQueries } from "../net/dns-query.ts";
import type { Resolver } from "../net/resolve.ts";
import { startTls } from "../net/start-tls.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import { writeRequestHead } from "../wire/http1/request-writer.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";

/** What tests are run with. */
export interface DiagnoseContext {
  readonly resolver: Resolver;
  /** The name servers themselves; null: there is no way to ask them. */
  readonly names: Pick<DnsQueries, "ask"> | null;
  /** `connectTcp`, or a fake in tests. */
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  /** PEM certificates to trust besides Node's own; null: none. */
  readonly ca: readonly string[] | null;
  readonly limits: MessageLimits;
  readonly tolerances: ResponseTolerances;
  /** Tell a block page from a page. */
  readonly rules: Rules;
  /** For one test. Milliseconds. */
  readonly timeoutMs: number;
}

/** Runs one test to its end, or until the signal comes. */
export async function runTest(spec: TestSpec, question: Question, context: DiagnoseContext, signal: CancelSignal): Promise<TestResult> {
  switch (spec.kind) {
    case "resolve":
      return await resolveName(spec, question, context);
    case "name-server":
      return await askServers(spec, question, context);
    case "certificate":
      return await lookAtCertificate(spec, question, context, signal);
    default:
      return await send(spec, question, context, signal);
  }
}

/** What a test that is not waited for leaves. */
export function cutTest(spec: TestSpec): TestResult {
  return { ...blank(spec), outcome: "cut", words: "not waited for: the others settled it" };
}

const BODY_BYTES_MAX = 64 * 1024;
const RAW_BYTES_MAX = 32 * 1024;
const EXCERPT_CHARS_MAX = 200;
const HTTPS_PORT = 443;
const HTTP_PORT = 80;

function blank(spec: TestSpec): TestResult {
  return { spec, outcome: "ok", attributed: null, status: null, ms: {}, words: "", raw: null, excerpt: null };
}

/** The target of a URL. */
function targetOf({ protocol, hostname, port }: URL): Target {
  const scheme = protocol === "https:" ? "https" : "http";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { scheme, host, port: port === "" ? (scheme === "https" ? HTTPS_PORT : HTTP_PORT) : Number(port) };
}

async function resolveName(spec: TestSpec, { url }: Question, { resolver, clock, timeoutMs }: DiagnoseContext): Promise<TestResult> {
  const startedAt = clock.now();
  const found = await resolver.resolve(targetOf(url).host, startedAt + timeoutMs);
  const ms = { dns: roundMs(clock.now() - startedAt) };
  if ("addresses" in found) return { ...blank(spec), ms, words: found.addresses.slice(0, ADDRESSES_SHOWN_MAX).join(", ") };
  const seen = {
    stage: "dns",
    role: "target",
    hop: 1,
    reused: false,
    bytesIn: 0,
    bytesOut: 0,
    firstBytes: NOTHING,
    elapsedMs: ms.dns,
  } as const;
  return failed(spec, { kind: "interrupted", interruption: found.interruption, seen }, { exit: null, target: targetOf(url) }, ms);
}

const ADDRESSES_SHOWN_MAX = 4;
const NOTHING = new Uint8Array(0);

async function askServers(spec: TestSpec, { url }: Question, { names, clock }: DiagnoseContext): Promise<TestResult> {
  if (names === null) return cutTest(spec);
  const startedAt = clock.now();
  const { addresses, code } = await names.ask(targetOf(url).host, 4);
  const words = code === null ? addresses.slice(0, ADDRESSES_SHOWN_MAX).join(", ") : `${CODES[code] ?? "no answer"} (${code})`;
  return { ...blank(spec), ms: { dns: roundMs(clock.now() - startedAt) }, words };
}

const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: "NXDOMAIN: there is no such name",
  ENODATA: "the name has no IPv4 address",
  ESERVFAIL: "SERVFAIL: the servers fail on this name",
  EREFUSED: "REFUSED: the servers do not answer this machine",
  ETIMEOUT: "no name server answered",
  ECONNREFUSED: "no name server is reachable",
};

/** The way through an exit, and the request over it. */
async function send(spec: TestSpec, question: Question, context: DiagnoseContext, signal: CancelSignal): Promise<TestResult> {
  const { clock, timeoutMs } = context;
  const startedAt = clock.now();
  const target = targetOf(question.url);
  const route = { exit: spec.exit, target };
  const tunnel = isTunnelled(spec, target);
  const isRequest = spec.kind === "request";
  const dialled = await dial(
    {
      hops: spec.exit?.hops ?? [],
      target: tunnel ? { host: target.host, port: target.port, addresses: null, tls: isRequest && target.scheme === "https" } : null,
    },
    dialOptions(context, signal, startedAt + timeoutMs),
  );
  if (dialled.kind === "loop") throw new Error("nothing is our own listener here");
  const { ms } = dialled.report;
  if (dialled.kind === "failed") return failed(spec, dialled.failure, route, ms);
  const { connection } = dialled;
  if (!isRequest) {
    connection.destroy();
    return { ...blank(spec), ms, words: "the tunnel opened" };
  }
  const leave = (): void => connection.destroy();
  signal.addEventListener("abort", leave);
  const hops = spec.exit?.hops.length ?? 0;
  const asked = await ask(connection, headOf(spec, question, tunnel), spec.method === question.method ? question.body : null, {
    ...{ limits: context.limits, tolerances: context.tolerances, clock, method: spec.method, reused: false },
    ...{ role: tunnel ? "target" : "exit", hop: tunnel ? hops + 1 : hops, timeoutMs: Math.max(1, startedAt + timeoutMs - clock.now()) },
    ...{ bodyBytesMax: BODY_BYTES_MAX, rawBytesMax: RAW_BYTES_MAX },
  });
  signal.removeEventListener("abort", leave);
  connection.destroy();
  if (asked.kind === "failed")
    return {
      ...failed(spec, asked.failure, route, ms),
      raw: asked.failure.kind === "fault" ? { bytes: asked.raw, shown: asked.raw } : null,
    };
  return answered(spec, question, asked, { ...ms, firstByte: roundMs(asked.ms.head), total: roundMs(clock.now() - startedAt) }, context);
}

function isTunnelled({ exit, tunnel }: TestSpec, { scheme }: Target): boolean {
  const last = exit?.hops.at(-1)?.scheme;
  return last === undefined || tunnel || scheme === "https" || last.startsWith("socks");
}

function dialOptions(context: DiagnoseContext, signal: CancelSignal, deadline: number): Parameters<typeof dial>[1] {
  const { resolver, connectTcp, clock, ca, timeoutMs } = context;
  const timeouts = { connect: timeoutMs, handshake: timeoutMs, tls: timeoutMs };
  return { resolver, connectTcp, timeouts, clock, signal, deadline, ca, isOwnListener: () => false };
}

function headOf({ exit, method }: TestSpec, { url, fields, body, method: own }: Question, tunnel: boolean): string {
  const { username, password } = (exit?.hops.at(-1) ?? { username: null, password: null }) as Pick<ExitHop, "username" | "password">;
  return writeRequestHead({
    method,
    target: tunnel ? `${url.pathname}${url.search}` : url.href,
    host: url.host,
    fields,
    framing: body === null || method !== own ? { kind: "none" } : { kind: "length", length: body.length },
    upgrade: null,
    proxyAuthorization: tunnel || username === null ? null : basicAuthorization({ username, password }),
    via: null,
    close: true,
    expectContinue: false,
  });
}

function failed(spec: TestSpec, failure: HopFailure, route: { exit: Exit | null; target: Target }, ms: TestResult["ms"]): TestResult {
  if (failure.kind === "interrupted" && failure.interruption.how === "left") return cutTest(spec);
  const attributed = attribute(failure, route);
  return { ...blank(spec), outcome: "fault", attributed, ms, words: attributed.fault.details };
}

function answered(
  spec: TestSpec,
  { url }: Question,
  { head, response }: Answered,
  ms: TestResult["ms"],
  { rules }: DiagnoseContext,
): TestResult {
  const target = targetOf(url);
  const tunnel = isTunnelled(spec, target);
  const body = decode(response.body, fieldValue(head.fields, "content-encoding"));
  const firstByte = ms.firstByte ?? null;
  const reading = readAnswer({ ...head, body, ms: firstByte }, { target, plainProxy: !tunnel, method: spec.method }, rules);
  const { length } = response.body;
  const text = body.subarray(0, EXCERPT_CHARS_MAX).toString("latin1");
  const words = `${head.status} ${head.reason}`.trim();
  const common = {
    ...blank(spec),
    status: head.status,
    ms,
    excerpt: length === 0 ? null : text,
  };
  const attributed = reading.fault === null ? null : attributedAnswer(spec, target, head, body, reading);
  return {
    ...common,
    outcome: attributed === null ? "ok" : "fault",
    attributed,
    words: attributed === null ? words : `${words}: ${attributed.fault.details}`,
  };
}

/** As a gateway would place it; a block page is the target's side's. */
function attributedAnswer(
  { exit, ...spec }: TestSpec,
  target: Target,
  head: Answered["head"],
  body: Buffer,
  reading: AnswerReading,
): AttributedFault {
  const tunnel = isTunnelled({ exit, ...spec }, target);
  const hops = exit?.hops.length ?? 0;
  const way = {
    exit: !tunnel,
    authenticated: exit?.hops.at(-1)?.username != null,
    hardSession: false,
    vendor: null,
    target,
    empty: body.length === 0,
  };
  const judged = reading.kind === "block" || reading.kind === "rate-limit" ? null : judgeAnswer(head, body, way);
  if (judged !== null) return placeAnswerFault(judged, { exit, target });
  const details = reading.evidence[0] ?? reading.summary;
  const value = fault(reading.fault as NonNullable<typeof reading.fault>, details, {
    culprit: reading.culprit,
    confidence: reading.confidence,
  });
  return { fault: value, role: "target", hop: hops + 1 };
}

function decode(body: Buffer, coding: string | null): Buffer {
  const decoder = DECODERS.get(coding?.trim().toLowerCase() ?? "");
  if (decoder === undefined) return body;
  try {
    return decoder(body, { maxOutputLength: BODY_BYTES_MAX });
  } catch {
    return body; // broken, cut, or larger than is looked at
  }
}

const DECODERS: ReadonlyMap<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer> = new Map([
  ["gzip", gunzipSync],
  ["deflate", inflateSync],
  ["br", brotliDecompressSync],
]);

/** Names of the certificate that the target shows, and who vouches for it. */
async function lookAtCertificate(spec: TestSpec, { url }: Question, context: DiagnoseContext, signal: CancelSignal): Promise<TestResult> {
  const { clock, timeoutMs } = context;
  const target = targetOf(url);
  const deadline = clock.now() + timeoutMs;
  const plan = {
    hops: [],
    target: { host: target.host, port: target.port, addresses: null, tls: spec.sni ? ("unverified" as const) : false },
  };
  const dialled = await dial(plan, dialOptions(context, signal, deadline));
  const { ms } = dialled.report;
  if (dialled.kind !== "open") return dialled.kind === "failed" ? failed(spec, dialled.failure, { exit: null, target }, ms) : cutTest(spec);
  if (spec.sni) {
    const words = tellCertificate(dialled.connection.socket as TLSSocket);
    dialled.connection.destroy();
    return { ...blank(spec), ms, words };
  }
  // An IP address is not sent as a name (RFC 6066 section 3).
  const options = {
    serverName: "0.0.0.0",
    insecure: true,
    timeoutMs: Math.max(1, deadline - clock.now()),
    alpn: [],
    ca: context.ca,
    signal,
  };
  const outcome = await startTls(dialled.connection.release(), options);
  if (!("socket" in outcome)) return { ...blank(spec), ms, words: "no TLS without the name either" };
  const words = tellCertificate(outcome.socket);
  outcome.socket.destroy();
  return { ...blank(spec), ms, words };
}

function tellCertificate(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "no certificate";
  const names = (certificate.subjectAltName ?? certificate.subject).replaceAll("DNS:", "").replaceAll("\n", ", ");
  const alpn = typeof socket.alpnProtocol === "string" ? `, ALPN ${socket.alpnProtocol}` : "";
  return `for ${names.slice(0, EXCERPT_CHARS_MAX)}, by ${certificate.issuer.replaceAll("\n", ", ")}, valid ${certificate.validFrom} to ${certificate.validTo}${alpn}`;
}
