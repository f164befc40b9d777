import { type Fault, fault } from "../core/fault.ts";
import { fieldValue } from "../core/message.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Target } from "../core/route.ts";
import { Exchange, type ExchangeRequest } from "../exchange/exchange.ts";
import { endWithoutAnswer, makeAnswer, replyWithFault, wholeAnswer } from "../exchange/reply.ts";
import { runRequest } from "../exchange/run-request.ts";
import { runTunnel } from "../exchange/run-tunnel.ts";
import type { ClientInfo, ClientStream } from "../net/client-stream.ts";
import type { Connection } from "../net/connection.ts";
import { parseAbsoluteForm, parseAuthority } from "../wire/http1/request-target.ts";
import type { Admitted, Leave } from "./admission.ts";
import { ConnectClient } from "./connect-client.ts";
import type { ForwardService } from "./service.ts";
import { detachFromHead, showRaw, showTarget } from "./shown-target.ts";
import { denyPort, isPublicOnly } from "./target-rules.ts";

const HTTPS_PORT = 443;
const HTTP_PORT = 80;
const NOWHERE: Target = { scheme: "http", host: "", port: 0 };

/** One request of an HTTP client of the forward listener: admitted, parsed, run. A bug goes to `context.onBug`. */
export function serveHttp(service: ForwardService, stream: ClientStream): void {
  const { inFlight, context } = service;
  const entered = inFlight.enter(stream.client.address, context.settings.limits);
  if (typeof entered !== "function") {
    refuse(service, stream, entered);
    return;
  }
  try {
    const denied = admitAndRun(service, stream, entered);
    if (denied === null) return;
    refuse(service, stream, denied);
  } catch (bug) {
    context.onBug(bug);
  }
  entered();
}

const NO_NOTES: readonly string[] = [];

/** The answer to a head that is none, as text; the connection closes after it. */
export function rejectHead({ context }: ForwardService, value: Fault, client: ClientInfo): string {
  const exchange = new Exchange(context, requestFor({ client, method: "?", target: NOWHERE, shownTarget: "?" }));
  const answer = makeAnswer(exchange, { fault: value, role: "target", hop: 0 }, null);
  const text = wholeAnswer(answer);
  exchange.end({ outcome: "failed", status: answer.status, verdict: answer.verdict, bytesFromClient: 0, bytesToClient: text.length });
  return text;
}

/** Notes that a client was sent away without an answer that it could read. */
export function recordRefused({ context }: ForwardService, value: Fault, client: ClientInfo, { bytesIn, bytesOut }: Connection): void {
  const exchange = new Exchange(context, requestFor({ client, method: "?", target: NOWHERE, shownTarget: "?" }));
  endWithoutAnswer(exchange, { fault: value, role: "target", hop: 0 }, { bytesFromClient: bytesIn, bytesToClient: bytesOut });
}

/** Null: it runs, and calls `leave` at its end. Else why it does not. */
function admitAndRun(service: ForwardService, stream: ClientStream, leave: Leave): Fault | null {
  const { head, client } = stream;
  if (service.isDraining()) return fault("gateway.shutting_down", "the gateway is shutting down");
  const admitted = service.admission.admitHeader(client.address, fieldValue(head.fields, "proxy-authorization"), head.fields);
  if ("id" in admitted) return admitted;
  return head.method === "CONNECT" ? runConnect(service, stream, admitted, leave) : runPlain(service, stream, admitted, leave);
}

function runConnect(service: ForwardService, stream: ClientStream, { user, params }: Admitted, leave: Leave): Fault | null {
  const { head, client } = stream;
  const authority = parseAuthority(head.target);
  if (authority === null) return fault("client.bad_request", "the target of CONNECT is not host:port");
  const denied = denyPort(service, authority.port);
  if (denied !== null) return denied;
  const target: Target = { scheme: "tcp", ...authority };
  const request = {
    ...requestFor({ client, method: "CONNECT", target, shownTarget: head.target }),
    protocol: "connect" as const,
    user,
    params,
  };
  const { context } = service;
  runTunnel(context, new ConnectClient(stream), { ...request, publicOnly: isPublicOnly(service) }).then(leave, (bug) => {
    context.onBug(bug);
    leave();
  });
  return null;
}

function runPlain(service: ForwardService, stream: ClientStream, { user, params }: Admitted, leave: Leave): Fault | null {
  const { head, client } = stream;
  const { settings } = service.context;
  const url = parseAbsoluteForm(head.target, head.method);
  if (url === null) return fault("client.bad_request", whyNotAbsolute(head.target));
  const isMaxForwards = head.method === "OPTIONS" || head.method === "TRACE";
  if (isMaxForwards && fieldValue(head.fields, "max-forwards") === "0") return answerHere(stream, leave);
  if (url.scheme === "https" && service.isPublic && !client.isInTls && !service.settings.allowPlaintextHttps) {
    const details = "https:// targets in clear text are for loopback clients; use CONNECT, or set allowPlaintextHttps on this listener";
    return fault("client.denied", details);
  }
  const scheme = params.overTls ? "https" : url.scheme;
  const port = params.overTls && url.scheme === "http" && url.port === HTTP_PORT ? HTTPS_PORT : url.port;
  const target: Target = { scheme, host: url.host, port };
  const request: ExchangeRequest = {
    protocol: "http",
    method: head.method,
    target,
    shownTarget: detachFromHead(showTarget(scheme, url.authority, url.path === "*" ? "" : url.path, settings.keepQuery), head.bytes),
    params,
    client,
    user,
    publicOnly: isPublicOnly(service),
    ownField: service.admission.sessionField,
    notes: noteHost(head.host, url.authority),
  };
  runRequest(service.context, stream, request, url, leave);
  return null;
}

/** RFC 9112 3.2.2: the target's own host counts; what Host said instead is for the ledger. */
function noteHost(host: string | null, authority: string): readonly string[] {
  if (host === null || host === authority || host.toLowerCase() === authority.toLowerCase()) return NO_NOTES;
  return [`Host was "${host}"; the target's own was sent`];
}

/** RFC 9110 7.6.2: the request is not to be forwarded. */
function answerHere(stream: ClientStream, leave: Leave): Fault | null {
  if (stream.head.method === "TRACE") return fault("client.denied", "this gateway does not answer TRACE itself");
  stream.reply({
    status: 200,
    reason: "OK",
    fields: [],
    lines: null,
    framing: { kind: "length", length: 0 },
    upgrade: null,
    extra: [],
  });
  stream.end(null);
  leave();
  return null;
}

function whyNotAbsolute(target: string): string {
  if (target.startsWith("/") || target === "*") {
    return "this is a proxy, and the request is for an origin server: set this address as the proxy of your client (curl -x http://HOST:PORT URL)";
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(target) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) return `scheme ${scheme.slice(0, 20)}: is not served, only http: and https:`;
  return "the request's target is not a valid http:// or https:// URL";
}

function refuse({ context }: ForwardService, stream: ClientStream, value: Fault): void {
  const { method, target } = stream.head;
  const shownTarget = detachFromHead(showRaw(target, context.settings.keepQuery), stream.head.bytes);
  const exchange = new Exchange(context, requestFor({ client: stream.client, method, target: NOWHERE, shownTarget }));
  replyWithFault(exchange, stream, { fault: value, role: "target", hop: 0 });
}

function requestFor(known: Pick<ExchangeRequest, "client" | "method" | "target" | "shownTarget">): ExchangeRequest {
  return { ...known, protocol: "http", params: NO_PARAMS, user: null, publicOnly: false, ownField: null, notes: [] };
}
