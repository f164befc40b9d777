import { every, type FaultRows } from "./row.ts";

/** Faults of the client's own making. None is ever retried, none counts against a hop. */
export type ClientFaultId =
  | "client.bad_request"
  | "client.smuggling_suspect"
  | "client.header_too_large"
  | "client.uri_too_long"
  | "client.request_timeout"
  | "client.body_timeout"
  | "client.denied"
  | "client.proxy_auth_required"
  | "client.proxy_auth_invalid"
  | "client.tls_handshake_failed"
  | "client.closed_waiting"
  | "client.closed_during_request"
  | "client.closed_during_response"
  | "client.slow_reader";

const base = { stage: "request", culprit: every("client"), confidence: 1, inDoubt: "never", retry: every("never") } as const;

export const CLIENT_FAULTS: FaultRows<ClientFaultId> = {
  "client.bad_request": {
    ...base,
    rfc: "http_request_error",
    status: 400,
    summary: "The client sent something that is not a valid proxy request.",
    fix: { client: "Correct the request as the details say.", operator: "Look at what the client sends; the details quote it." },
  },
  "client.smuggling_suspect": {
    ...base,
    rfc: "http_request_error",
    status: 400,
    summary: "The request's framing is ambiguous, as in request smuggling: it was refused and the connection closed.",
    fix: {
      client: "Send one framing field: Content-Length or Transfer-Encoding, once.",
      operator: "Find out which program in front of the gateway re-frames requests.",
    },
  },
  "client.header_too_large": {
    ...base,
    rfc: "http_request_error",
    status: 431,
    summary: "The request's head is larger than the gateway's limits.",
    fix: {
      client: "Send fewer or smaller fields; clear cookies.",
      operator: "Raise limits.headBytes or limits.fields if such requests are wanted.",
    },
  },
  "client.uri_too_long": {
    ...base,
    rfc: "http_request_error",
    status: 414,
    summary: "The request line is longer than the gateway's limit.",
    fix: { client: "Move data from the URL into a body.", operator: "Raise limits.lineBytes if such URLs are wanted." },
  },
  "client.request_timeout": {
    ...base,
    rfc: "http_request_error",
    status: 408,
    summary: "The client did not complete its request's head in time.",
    fix: { client: "Send the whole head at once.", operator: "Raise timeouts.clientHead if clients are on slow links." },
  },
  "client.body_timeout": {
    ...base,
    stage: "write",
    rfc: "http_request_error",
    status: 408,
    summary: "The client stopped sending its request's body.",
    fix: { client: "Send the body without long pauses.", operator: "Raise timeouts.bodyIdle if clients pause on purpose." },
  },
  "client.denied": {
    ...base,
    rfc: "http_request_denied",
    status: 403,
    summary: "The gateway's own policy does not allow this client, method, port or target.",
    fix: { client: "Ask for something that the policy allows.", operator: "Change allow or targets in the config if this should pass." },
  },
  "client.proxy_auth_required": {
    ...base,
    rfc: "http_request_error",
    status: 407,
    summary: "The gateway wants a user name and password and got none.",
    fix: {
      client: "Give the gateway's credentials in the proxy URL: http://USER:PASSWORD@HOST:PORT.",
      operator: "Users are those of the config's users section.",
    },
  },
  "client.proxy_auth_invalid": {
    ...base,
    rfc: "http_request_error",
    status: 407,
    summary: "The user name, its password or its parameters are not valid.",
    fix: {
      client: "Check name and password, and the parameters after the name as the details say.",
      operator: "Compare the name with the config's users section.",
    },
  },
  "client.tls_handshake_failed": {
    ...base,
    rfc: null,
    status: null,
    summary: "The client's TLS handshake with the gateway's own listener failed.",
    fix: {
      client: "Trust the gateway's certificate and speak TLS 1.2 or later.",
      operator: "Check the listener's certificate and its name.",
    },
  },
  "client.closed_waiting": {
    ...base,
    stage: "head",
    rfc: null,
    status: null,
    summary: "The client left while the gateway waited for an answer.",
    fix: {
      client: "Raise the client's own timeout; it is shorter than what the answer takes.",
      operator: "Compare the client's timeout with timeouts.total.",
    },
  },
  "client.closed_during_request": {
    ...base,
    stage: "write",
    rfc: null,
    status: null,
    summary: "The client left while it was sending its request's body.",
    fix: { client: "Send the whole body.", operator: "Nothing to do on this side." },
  },
  "client.closed_during_response": {
    ...base,
    stage: "reply",
    rfc: null,
    status: null,
    summary: "The client left before it had the whole response.",
    fix: { client: "Read the response to its end.", operator: "Nothing to do on this side." },
  },
  "client.slow_reader": {
    ...base,
    stage: "reply",
    rfc: "connection_write_timeout",
    status: null,
    summary: "The client stopped reading its response.",
    fix: { client: "Read the response without long pauses.", operator: "Raise timeouts.bodyIdle if clients pause on purpose." },
  },
};
