import type { Culprit, Stage } from "../fault.ts";

/**
 * Faults that only a log can report: what another gateway says of itself, and umbrellas for lines that do not say more. No attempt of ours
 * can end with one.
 */
export type LogFaultId =
  | "gateway.no_healthy_backend"
  | "gateway.backend_down"
  | "gateway.backend_ejected"
  | "gateway.config_error"
  | "gateway.no_route"
  | "gateway.queue_timeout"
  | "gateway.retries_exhausted"
  | "gateway.local_response"
  | "gateway.helper_failed"
  | "connect.failed"
  | "connect.unix_socket"
  | "connect.backlog_full"
  | "dns.error"
  | "tls.handshake_failed"
  | "head.closed"
  | "head.invalid"
  | "head.h2_error"
  | "body.excess_bytes"
  | "body.invalid"
  | "body.deadline"
  | "client.body_too_large"
  | "origin.app_stderr"
  | "answer.500"
  | "answer.502"
  | "answer.503"
  | "answer.504"
  | "answer.5xx";

/** What is to say of such a fault. The culprit is as the log's own gateway sees it: what is behind it is the origin. */
export interface LogFaultRow {
  readonly stage: Stage;
  readonly culprit: Culprit;
  /** One sentence: what happened. */
  readonly summary: string;
  readonly fix: { readonly client: string; readonly operator: string };
}

const wait = "Wait and try again.";
const nothing = "Nothing to do on the client.";

export const LOG_FAULTS: Readonly<Record<LogFaultId, LogFaultRow>> = {
  "gateway.no_healthy_backend": {
    stage: "select",
    culprit: "origin",
    summary: "No backend was left to ask: all of them count as down.",
    fix: { client: wait, operator: "Look for what came first: the fault by which the last backend was taken out." },
  },
  "gateway.backend_down": {
    stage: "select",
    culprit: "origin",
    summary: "A health check took a backend out.",
    fix: { client: "Nothing to do.", operator: "The check's own words say why: see whether the application runs and answers its check." },
  },
  "gateway.backend_ejected": {
    stage: "select",
    culprit: "origin",
    summary: "The gateway took a backend out for a while, after failures of requests.",
    fix: { client: "Nothing to do.", operator: "Look at the failures just before; this is what followed from them." },
  },
  "gateway.config_error": {
    stage: "select",
    culprit: "gateway",
    summary: "The gateway's own configuration does not allow it to pass this request on.",
    fix: { client: nothing, operator: "Correct what the line names." },
  },
  "gateway.no_route": {
    stage: "select",
    culprit: "gateway",
    summary: "The gateway has no route for this host or path.",
    fix: { client: "Check the URL.", operator: "Add the route, or look for a rollout that removed it." },
  },
  "gateway.queue_timeout": {
    stage: "select",
    culprit: "origin",
    summary: "A request waited too long for a free place at a backend.",
    fix: { client: wait, operator: "Add backends, or allow each of them more at once." },
  },
  "gateway.retries_exhausted": {
    stage: "head",
    culprit: "origin",
    summary: "The gateway tried as often as it may, and every attempt failed.",
    fix: { client: wait, operator: "Look for the fault of the single attempts." },
  },
  "gateway.local_response": {
    stage: "select",
    culprit: "gateway",
    summary: "The gateway answered by itself, as its rules say.",
    fix: { client: "Ask for something that the rules allow.", operator: "See the rule that answers." },
  },
  "gateway.helper_failed": {
    stage: "select",
    culprit: "gateway",
    summary: "A service that the gateway asks before it passes a request on (authorization, rate limits, a certificate) failed.",
    fix: { client: wait, operator: "See whether that service runs and answers the gateway." },
  },
  "connect.failed": {
    stage: "connect",
    culprit: "origin",
    summary: "No connection with the backend; the line does not say whether it was refused, timed out or found no way.",
    fix: { client: wait, operator: "See whether the backend listens, and whether a firewall is between." },
  },
  "connect.unix_socket": {
    stage: "connect",
    culprit: "gateway",
    summary: "The application's socket file is missing, or the gateway may not use it.",
    fix: {
      client: wait,
      operator: "See whether the application runs, and compare the socket's path, owner and mode with the gateway's config.",
    },
  },
  "connect.backlog_full": {
    stage: "connect",
    culprit: "origin",
    summary: "The application accepts no more: the queue of its socket is full.",
    fix: {
      client: wait,
      operator: "More workers in the application; a longer backlog (listen.backlog, net.core.somaxconn) only helps bursts.",
    },
  },
  "dns.error": {
    stage: "dns",
    culprit: "dns",
    summary: "A name could not be resolved; the line does not say why.",
    fix: { client: "Check the host name.", operator: "Ask the gateway's resolver for the name." },
  },
  "tls.handshake_failed": {
    stage: "tls",
    culprit: "origin",
    summary: "TLS with the backend failed.",
    fix: {
      client: nothing,
      operator: "Check port, server name (SNI), certificate and versions: openssl s_client -connect HOST:PORT -servername NAME.",
    },
  },
  "head.closed": {
    stage: "head",
    culprit: "origin",
    summary: "The backend closed the connection before its answer's head was complete.",
    fix: {
      client: "Try again if the request may be repeated.",
      operator: "Look for a crash or a killed worker, else for a keep-alive time that is shorter than the gateway's.",
    },
  },
  "head.invalid": {
    stage: "head",
    culprit: "origin",
    summary: "The backend's answer was no valid HTTP, or its head was too large, or a rule refused it.",
    fix: { client: nothing, operator: "Ask the backend directly and look at its head: curl -sv http://BACKEND/ -o /dev/null." },
  },
  "head.h2_error": {
    stage: "head",
    culprit: "origin",
    summary: "The backend ended the stream or the connection by an HTTP/2 error.",
    fix: {
      client: "Try again if the request may be repeated.",
      operator: "Look into the backend's log; at deploys let it drain (GOAWAY) before it ends.",
    },
  },
  "body.excess_bytes": {
    stage: "body",
    culprit: "origin",
    summary: "The backend sent more than its answer's length said.",
    fix: { client: nothing, operator: "Fix the Content-Length that the application writes." },
  },
  "body.invalid": {
    stage: "body",
    culprit: "origin",
    summary: "The backend's body could not be read as it was announced.",
    fix: { client: nothing, operator: "Fix what compresses or cuts the body." },
  },
  "client.body_too_large": {
    stage: "request",
    culprit: "client",
    summary: "The request's body is larger than the gateway allows.",
    fix: { client: "Send less at once.", operator: "Raise the limit if such bodies are wanted." },
  },
  "body.deadline": {
    stage: "body",
    culprit: "gateway",
    summary: "The gateway ended a response, or a connection, that lasted longer than its limit allows.",
    fix: { client: "Ask for less at once, or resume.", operator: "Raise the limit on a whole stream's time if such long ones are wanted." },
  },
  "origin.app_stderr": {
    stage: "head",
    culprit: "origin",
    summary: "The application's own words, as they stand in the log.",
    fix: { client: wait, operator: "Fix the application as its words say." },
  },
  "answer.500": {
    stage: "head",
    culprit: "origin",
    summary: "500s, and the line does not say who made them; commonly the application.",
    fix: { client: wait, operator: "Read the application's log of that time." },
  },
  "answer.502": {
    stage: "head",
    culprit: "origin",
    summary: "502s, and the line does not say what the gateway had against its backend.",
    fix: { client: wait, operator: "Give the gateway's error log too: it has the reason of each." },
  },
  "answer.503": {
    stage: "head",
    culprit: "origin",
    summary: "503s, and the line does not say whether the gateway had no backend or the application refused.",
    fix: { client: wait, operator: "Give the gateway's error log too: it has the reason of each." },
  },
  "answer.504": {
    stage: "head",
    culprit: "origin",
    summary: "504s: somebody waited too long, and the line does not say who for whom.",
    fix: { client: wait, operator: "Give the gateway's error log too: it has the reason of each." },
  },
  "answer.5xx": {
    stage: "head",
    culprit: "origin",
    summary: "Answers of the 5xx that the line does not explain.",
    fix: { client: wait, operator: "Read the application's log of that time." },
  },
};
