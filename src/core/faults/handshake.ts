import { every, type FaultRows } from "./row.ts";

/** Faults of a proxy handshake (CONNECT, SOCKS) with an exit, or that an exit reports about what lies beyond it. */
export type HandshakeFaultId =
  | "handshake.connect_failed"
  | "handshake.auth_required"
  | "handshake.auth_failed"
  | "handshake.connect_rejected"
  | "handshake.target_unresolvable"
  | "handshake.target_refused"
  | "handshake.target_unreachable"
  | "handshake.target_timeout"
  | "handshake.policy_denied"
  | "handshake.exit_unavailable"
  | "handshake.session_lost"
  | "handshake.quota_exceeded"
  | "handshake.rate_limited"
  | "handshake.socks_malformed"
  | "handshake.not_a_proxy"
  | "handshake.bad_connect_reply"
  | "handshake.closed"
  | "handshake.reset"
  | "handshake.timeout";

const base = { stage: "handshake", status: 502, culprit: every("exit"), confidence: 0.9, retry: every("fresh-hop") } as const;

export const HANDSHAKE_FAULTS: FaultRows<HandshakeFaultId> = {
  "handshake.connect_failed": {
    ...base,
    inDoubt: "never",
    rfc: "connection_refused",
    summary: "A hop of the chain could not reach the next hop.",
    fix: { client: "Try again.", operator: "Replace the hop that the details name; test it alone." },
  },
  "handshake.auth_required": {
    ...base,
    inDoubt: "never",
    rfc: "proxy_configuration_error",
    culprit: every("gateway"),
    confidence: 0.97,
    summary: "The exit wants credentials and the exit list has none for it.",
    fix: {
      client: "Nothing to do on the client.",
      operator: "Add user and password to the exit's line, or allow this machine's address at the vendor.",
    },
  },
  "handshake.auth_failed": {
    ...base,
    inDoubt: "never",
    rfc: "proxy_configuration_error",
    culprit: every("gateway"),
    confidence: 0.97,
    summary: "The exit refuses the credentials of the exit list.",
    fix: {
      client: "Nothing to do on the client.",
      operator: "Correct user and password in the exit's line; check the vendor's address allow-list and zone.",
    },
  },
  "handshake.connect_rejected": {
    ...base,
    inDoubt: "never",
    rfc: "http_protocol_error",
    confidence: 0.7,
    summary: "The exit refused to open the tunnel and did not say why in words that prove another culprit.",
    fix: { client: "Try again.", operator: "Try the exit alone; read its own log." },
  },
  "handshake.target_unresolvable": {
    ...base,
    inDoubt: "always",
    rfc: "dns_error",
    culprit: every("origin"),
    confidence: 0.8,
    summary: "The exit says that the target's name does not resolve.",
    fix: {
      client: "Check the spelling of the host name.",
      operator: "Resolve the name here and compare; the exit's resolver may be broken.",
    },
  },
  "handshake.target_refused": {
    ...base,
    inDoubt: "always",
    rfc: "connection_refused",
    culprit: every("origin"),
    confidence: 0.85,
    summary: "The exit says that the target refused its TCP connection.",
    fix: { client: "The target is down or blocks the exit; try later.", operator: "Ask the target through another exit and directly." },
  },
  "handshake.target_unreachable": {
    ...base,
    inDoubt: "always",
    rfc: "destination_ip_unroutable",
    culprit: every("origin"),
    confidence: 0.75,
    summary: "The exit says that no route leads to the target.",
    fix: { client: "Check the target's address.", operator: "Ask the target through another exit; the exit may lack IPv6." },
  },
  "handshake.target_timeout": {
    ...base,
    inDoubt: "always",
    rfc: "connection_timeout",
    status: 504,
    culprit: every("origin"),
    confidence: 0.75,
    summary: "The exit says that the target did not answer in time.",
    fix: { client: "Try later.", operator: "Ask the target through another exit and directly." },
  },
  "handshake.policy_denied": {
    ...base,
    inDoubt: "always",
    rfc: "http_request_denied",
    summary: "The exit's own rules do not allow this target or port.",
    fix: {
      client: "Use another exit for this target.",
      operator: "Read the vendor's rules on targets and ports; complete its verification if it asks for one.",
    },
  },
  "handshake.exit_unavailable": {
    ...base,
    inDoubt: "never",
    rfc: "destination_unavailable",
    status: 503,
    summary: "The vendor has no exit free that fits.",
    fix: { client: "Loosen country, city or session.", operator: "Loosen the filter in the exit's user name." },
  },
  "handshake.session_lost": {
    ...base,
    inDoubt: "never",
    rfc: "connection_terminated",
    summary: "The exit behind this session is gone.",
    fix: { client: "Use a new session id.", operator: "Rotate the session." },
  },
  "handshake.quota_exceeded": {
    ...base,
    inDoubt: "never",
    rfc: "connection_limit_reached",
    status: 503,
    culprit: every("gateway"),
    confidence: 0.95,
    summary: "The vendor account behind this exit is out of quota or suspended.",
    fix: { client: "Nothing to do on the client.", operator: "Check the account: bandwidth, threads, billing." },
  },
  "handshake.rate_limited": {
    ...base,
    inDoubt: "never",
    rfc: "connection_limit_reached",
    status: 503,
    summary: "The exit limits the rate of requests.",
    fix: { client: "Send fewer requests at once.", operator: "Lower the concurrency of this exit, or add exits." },
  },
  "handshake.socks_malformed": {
    ...base,
    inDoubt: "never",
    rfc: "http_protocol_error",
    summary: "The exit's SOCKS answer is nothing that we know.",
    fix: { client: "Try again.", operator: "Remove the exit, or correct its scheme." },
  },
  "handshake.not_a_proxy": {
    ...base,
    inDoubt: "never",
    rfc: "http_protocol_error",
    culprit: every("gateway"),
    confidence: 0.95,
    summary: "Another protocol than the exit list says answers on this port.",
    fix: { client: "Nothing to do on the client.", operator: "Correct the exit's scheme or port as the details say." },
  },
  "handshake.bad_connect_reply": {
    ...base,
    inDoubt: "never",
    rfc: "http_protocol_error",
    summary: "The exit's answer to CONNECT is nothing that we know.",
    fix: { client: "Try again.", operator: "Remove the exit, or correct its scheme." },
  },
  "handshake.closed": {
    ...base,
    inDoubt: "always",
    rfc: "connection_terminated",
    summary: "The exit closed the connection during the proxy handshake.",
    fix: { client: "Try again.", operator: "Check that the port speaks this scheme; an exit that wants TLS often closes so." },
  },
  "handshake.reset": {
    ...base,
    inDoubt: "always",
    rfc: "connection_terminated",
    summary: "The exit reset the connection during the proxy handshake.",
    fix: { client: "Try again.", operator: "Check that the port speaks this scheme and that the exit accepts this machine." },
  },
  "handshake.timeout": {
    ...base,
    inDoubt: "always",
    rfc: "connection_timeout",
    status: 504,
    confidence: 0.8,
    summary: "The exit accepted TCP and then did not complete the proxy handshake in time.",
    fix: { client: "Try again.", operator: "Remove the exit, correct its scheme, or raise timeouts.handshake for slow ones." },
  },
};
