import { byRole, every, type FaultRows } from "./row.ts";

/** Faults of an answer: writing the request, the head, the body, the trailers, the tunnel. */
export type ResponseFaultId =
  | "write.reset"
  | "write.timeout"
  | "head.keepalive_race"
  | "head.closed_empty"
  | "head.reset"
  | "head.truncated"
  | "head.timeout"
  | "head.too_large"
  | "head.field_too_large"
  | "head.too_many_fields"
  | "head.not_http"
  | "head.bad_status_line"
  | "head.bad_field"
  | "head.bad_framing"
  | "head.bad_transfer_coding"
  | "head.unexpected_1xx"
  | "head.upgrade_failed"
  | "body.truncated"
  | "body.reset"
  | "body.idle_timeout"
  | "body.bad_chunk"
  | "trailers.too_large"
  | "trailers.invalid"
  | "tunnel.idle_timeout"
  | "tunnel.reset";

const who = { culprit: byRole("exit", "origin"), confidence: 0.8 } as const;
const head = { ...who, stage: "head", status: 502, retry: every("idempotent") } as const;
/** The answer itself is wrong: the same target will say the same, another exit may not. */
const malformed = { ...head, confidence: 0.9, retry: byRole("idempotent", "never") } as const;
/** After the head was relayed nothing can be repeated: the client's connection is broken off. */
const body = { ...who, stage: "body", status: 502, retry: every("never") } as const;

export const RESPONSE_FAULTS: FaultRows<ResponseFaultId> = {
  "write.reset": {
    ...head,
    inDoubt: "always",
    stage: "write",
    rfc: "connection_terminated",
    summary: "The hop closed or reset the connection while the request was being written.",
    fix: {
      client: "Check the size of the body; a limit at the hop may refuse it.",
      operator: "Look for a body limit or a crash at the hop.",
    },
  },
  "write.timeout": {
    ...head,
    inDoubt: "always",
    stage: "write",
    rfc: "connection_write_timeout",
    status: 504,
    summary: "The hop stopped reading the request.",
    fix: { client: "Try again.", operator: "The hop is stuck; check its load." },
  },
  "head.keepalive_race": {
    ...head,
    inDoubt: "never",
    rfc: "connection_terminated",
    confidence: 0.9,
    retry: every("fresh-socket"),
    summary: "The hop closed an idle connection just as the gateway reused it.",
    fix: { client: "Try again.", operator: "Make the hop's keep-alive timeout longer than the gateway's." },
  },
  "head.closed_empty": {
    ...head,
    inDoubt: "always",
    rfc: "connection_terminated",
    summary: "The hop took the request and closed the connection without a byte.",
    fix: {
      client: "Try again if the request may be repeated.",
      operator: "Look for a crash, a worker's time limit or memory limit at the hop.",
    },
  },
  "head.reset": {
    ...head,
    inDoubt: "always",
    rfc: "connection_terminated",
    summary: "The hop took the request and reset the connection without a byte.",
    fix: {
      client: "Try again if the request may be repeated.",
      operator: "Look for a killed process or a body that the hop did not read.",
    },
  },
  "head.truncated": {
    ...head,
    inDoubt: "always",
    rfc: "http_response_incomplete",
    summary: "The connection ended in the middle of the response's head.",
    fix: { client: "Try again if the request may be repeated.", operator: "Look for a crash in the middle of the head." },
  },
  "head.timeout": {
    ...head,
    inDoubt: "always",
    rfc: "connection_read_timeout",
    status: 504,
    confidence: 0.7,
    summary: "The hop did not send a response's head in time.",
    fix: { client: "Wait longer, or ask for less.", operator: "Find the slow work, or raise timeouts.head." },
  },
  "head.too_large": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_response_header_section_size",
    summary: "The response's head is larger than the gateway's limit.",
    fix: { client: "Clear cookies for this site.", operator: "Shrink the head at the hop (cookies, CSP), or raise limits.headBytes." },
  },
  "head.field_too_large": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_response_header_size",
    summary: "A field of the response's head is larger than the gateway's limit.",
    fix: { client: "Clear cookies for this site.", operator: "Shrink the field that the details name, or raise limits.fieldBytes." },
  },
  "head.too_many_fields": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_response_header_section_size",
    summary: "The response's head has more fields than the gateway's limit.",
    fix: { client: "Nothing to do on the client.", operator: "Send fewer fields, or raise limits.fields." },
  },
  "head.not_http": {
    ...malformed,
    inDoubt: "always",
    rfc: "http_protocol_error",
    summary: "What came back is not HTTP.",
    fix: { client: "Check scheme and port.", operator: "Correct the scheme or port as the details say." },
  },
  "head.bad_status_line": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_protocol_error",
    summary: "The response's status line is malformed.",
    fix: { client: "Nothing to do on the client.", operator: "Fix what the application or exit writes." },
  },
  "head.bad_field": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_protocol_error",
    summary: "A field of the response's head is malformed.",
    fix: { client: "Nothing to do on the client.", operator: "Fix the field that the details quote." },
  },
  "head.bad_framing": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_protocol_error",
    summary: "The response's length is stated in contradicting ways.",
    fix: { client: "Nothing to do on the client.", operator: "Send one framing field: Content-Length or Transfer-Encoding, once." },
  },
  "head.bad_transfer_coding": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_response_transfer_coding",
    summary: "The response uses a transfer coding that was not asked for.",
    fix: { client: "Nothing to do on the client.", operator: "Send chunked or a Content-Length." },
  },
  "head.unexpected_1xx": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_protocol_error",
    summary: "The hop sends interim responses that make no sense or do not end.",
    fix: { client: "Nothing to do on the client.", operator: "Fix the hop." },
  },
  "head.upgrade_failed": {
    ...malformed,
    inDoubt: "never",
    rfc: "http_upgrade_failed",
    summary: "The hop switched protocols without being asked, or to another one.",
    fix: { client: "Check the Upgrade field.", operator: "Check the WebSocket settings of the hop." },
  },
  "body.truncated": {
    ...body,
    inDoubt: "always",
    rfc: "http_response_incomplete",
    summary: "The connection ended before the response's body was complete.",
    fix: { client: "Ask again, with Range where the server supports it.", operator: "Look for a crash, or a wrong Content-Length." },
  },
  "body.reset": {
    ...body,
    inDoubt: "always",
    rfc: "connection_terminated",
    summary: "The connection was reset in the middle of the response's body.",
    fix: { client: "Ask again.", operator: "Look for a crash or a middlebox." },
  },
  "body.idle_timeout": {
    ...body,
    inDoubt: "always",
    rfc: "connection_read_timeout",
    status: 504,
    summary: "The response's body stopped arriving.",
    fix: { client: "Ask again.", operator: "Send a heartbeat, or raise timeouts.bodyIdle." },
  },
  "body.bad_chunk": {
    ...body,
    inDoubt: "never",
    rfc: "http_response_transfer_coding",
    summary: "The response's chunked coding is broken.",
    fix: { client: "Nothing to do on the client.", operator: "Fix what writes the chunks." },
  },
  "trailers.too_large": {
    ...body,
    inDoubt: "never",
    stage: "trailers",
    rfc: "http_response_trailer_section_size",
    summary: "The response's trailers are larger than the gateway's limit.",
    fix: { client: "Nothing to do on the client.", operator: "Shrink the trailers." },
  },
  "trailers.invalid": {
    ...body,
    inDoubt: "never",
    stage: "trailers",
    rfc: "http_protocol_error",
    summary: "The response's trailers are malformed.",
    fix: { client: "Nothing to do on the client.", operator: "Fix the trailers." },
  },
  "tunnel.idle_timeout": {
    ...who,
    inDoubt: "always",
    stage: "tunnel",
    rfc: "connection_read_timeout",
    status: null,
    confidence: 0.5,
    retry: every("never"),
    summary: "Nothing went through the tunnel in either direction for too long.",
    fix: { client: "Send keep-alive messages (ping frames).", operator: "Raise timeouts.tunnelIdle." },
  },
  "tunnel.reset": {
    ...who,
    inDoubt: "always",
    stage: "tunnel",
    rfc: "connection_terminated",
    status: null,
    confidence: 0.5,
    retry: every("never"),
    summary: "The tunnel was reset from the far side.",
    fix: { client: "Open it again.", operator: "See whether one exit or one target does it." },
  },
};
