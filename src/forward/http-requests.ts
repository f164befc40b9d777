import { type Fault, fault } from "../core/fault.ts";
import { fieldValue } from "../core/message.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Target } from "../core/route.ts";
import { Exchange, type ExchangeRequest } from "../exchange/exchange.ts";
import { endWithoutAnswer, makeAnswer, replyWithFault, wholeAnswer } from "../exchange/reply.ts";
import { runRequest } from "../exchange/run-request.ts";
import { runTunnel } from "../exchange/run-tunnel.ts";
import type { ClientInfo, ClientStream } from "../net/client-stream.ts";
import { parseAbsoluteForm, parseAuthority } from "../wire/http1/request-target.ts";
import type { Admitted } from "./admission.ts";
import { ConnectClient } from "./connect-client.ts";
import type { ForwardService } from "./service.ts";
import { detachFromHead, showRaw, showTarget } from "./shown-target.ts";

const HTTPS_PORT = 443;
const HTTP_PORT = 80;
const NOWHERE: Target = { scheme: "http", host: "", port: 0 };

/** One request of an HTTP client of the forward listener: admitted, parsed, run. Rejects with a bug, never for what anybody did. */
export function serveHttp(service: ForwardService, stream: ClientStream): Promise<void> {
  const { inFlight, context } = service;
  const { address } = stream.client;
  const running = inFlight.tryEnter(address, context.settings.limits, () => admitAndRun(service, stream));
  if (running instanceof Promise) return running;
  return refuse(service, stream, running);
}

const DONE = Promise.resolve();
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
export function recordRefused(
  { context }: ForwardService,
  value: Fault,
  client: ClientInfo,
  bytes: { readonly bytesFromClient: number; readonly bytesToClient: number },
): void {
  const exchange = new Exchange(context, requestFor({ client, method: "?", target: NOWHERE, shownTarget: "?" }));
  endWithoutAnswer(exchange, { fault: value, role: "target", hop: 0 }, bytes);
}

function admitAndRun(service: ForwardService, stream: ClientStream): Promise<void> {
  const { head, client } = stream;
  if (service.isDraining()) return refuse(service, stream, fault("gateway.shutting_down", "the gateway is shutting down"));
  const admitted = service.admission.admitHeader(client.address, fieldValue(head.fields, "proxy-authorization"), head.fields);
  if ("id" in admitted) return refuse(service, stream, admitted);
  return head.method === "CONNECT" ? runConnect(service, stream, admitted) : runPlain(service, stream, admitted);
}

function runConnect(service: ForwardService, stream: ClientStream, { user, params }: Admitted): Promise<void> {
  const { head, client } = stream;
  const authority = parseAuthority(head.target);
  if (authority === null) {
    return refuse(service, stream, fault("client.bad_request", "the target of CONNECT is not host:port"));
  }
  const denied = denyPort(service, authority.port);
  if (denied !== null) return refuse(service, stream, denied);
  const target: Target = { scheme: "tcp", ...authority };
  const request = {
    ...requestFor({ client, method: "CONNECT", target, shownTarget: head.target }),
    protocol: "connect" as const,
    user,
    params,
  };
  return runTunnel(service.context, new ConnectClient(stream), { ...request, publicOnly: isPublicOnly(service) });
}

function runPlain(service: ForwardService, stream: ClientStream, { user, params }: Admitted): Promise<void> {
  const { head, client } = stream;
  const { settings } = service.context;
  const url = parseAbsoluteForm(head.target, head.method);
  if (url === null) return refuse(service, stream, fault("client.bad_request", whyNotAbsolute(head.target)));
  const isMaxForwards = head.method === "OPTIONS" || head.method === "TRACE";
  if (isMaxForwards && fieldValue(head.fields, "max-forwards") === "0") return answerHere(service, stream);
  if (url.scheme === "https" && service.isPublic && !client.isInTls && !service.settings.allowPlaintextHttps) {
    const details = "https:// targets in clear text are for loopback clients; use CONNECT, or set allowPlaintextHttps on this listener";
    return refuse(service, stream, fault("client.denied", details));
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
  return runRequest(service.context, stream, request, url);
}

/** RFC 9112 3.2.2: the target's own host counts; what Host said instead is for the ledger. */
function noteHost(host: string | null, authority: string): readonly string[] {
  if (host === null || host === authority || host.toLowerCase() === authority.toLowerCase()) return NO_NOTES;
  return [`Host was "${host}"; the target's own was sent`];
}

/** RFC 9110 7.6.2: the request is not to be forwarded. */
function answerHere(service: ForwardService, stream: ClientStream): Promise<void> {
  if (stream.head.method === "TRACE") return refuse(service, stream, fault("client.denied", "this gateway does not answer TRACE itself"));
  stream.reply({
    status: 200,
    reason: "OK",
    fields: [],
    framing: { kind: "length", length: 0 },
    upgrade: null,
    extra: [],
  });
  stream.end(null);
  return DONE;
}

/** Ports that tunnels may not go to; null: it may. */
export function denyPort({ context }: ForwardService, port: number): Fault | null {
  const { tunnelPorts } = context.settings.targets;
  if (tunnelPorts.length === 0 || tunnelPorts.includes(port)) return null;
  return fault("client.denied", `tunnels to port ${port} are not allowed (targets.tunnelPorts)`);
}

export function isPublicOnly({ context, isPublic }: ForwardService): boolean {
  const { addresses } = context.settings.targets;
  return addresses === "public" || (addresses === "auto" && isPublic);
}

function whyNotAbsolute(target: string): string {
  if (target.startsWith("/") || target === "*") {
    return "this is a proxy, and the request is for an origin server: set this address as the proxy of your client (curl -x http://HOST:PORT URL)";
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(target) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) return `scheme ${scheme.slice(0, 20)}: is not served, only http: and https:`;
  return "the request's target is not a valid http:// or https:// URL";
}

function refuse({ context }: ForwardService, stream: ClientStream, value: Fault): Promise<void> {
  const { method, target } = stream.head;
  const shownTarget = detachFromHead(showRaw(target, context.settings.keepQuery), stream.head.bytes);
  const exchange = new Exchange(context, requestFor({ client: stream.client, method, target: NOWHERE, shownTarget }));
  replyWithFault(exchange, stream, { fault: value, role: "target", hop: 0 });
  return DONE;
}

function requestFor(known: Pick<ExchangeRequest, "client" | "method" | "target" | "shownTarget">): ExchangeRequest {
  return { ...known, protocol: "http", params: NO_PARAMS, user: null, publicOnly: false, ownField: null, notes: [] };
}
