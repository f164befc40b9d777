import { every, type FaultRows } from "./row.ts";

/** Faults of this process, its configuration or its machine. */
export type GatewayFaultId =
  | "gateway.no_exit"
  | "gateway.internal_error"
  | "gateway.overloaded"
  | "gateway.upstream_limit"
  | "gateway.fd_exhausted"
  | "gateway.source_port_exhausted"
  | "gateway.shutting_down"
  | "gateway.loop_detected"
  | "gateway.ip_prohibited";

const base = { stage: "select", culprit: every("gateway"), confidence: 1, inDoubt: "never", retry: every("never") } as const;

export const GATEWAY_FAULTS: FaultRows<GatewayFaultId> = {
  "gateway.no_exit": {
    ...base,
    rfc: "destination_not_found",
    status: 502,
    summary: "No exit of the pool matches what the client asked for.",
    fix: {
      client: "Loosen the parameters in the user name; the details say which filter matched nothing.",
      operator: "Add exits, or the tags that clients ask for.",
    },
  },
  "gateway.internal_error": {
    ...base,
    stage: "request",
    rfc: "proxy_internal_error",
    status: 500,
    summary: "The gateway itself has a bug.",
    fix: { client: "Try again.", operator: "Report it with the log line and stack." },
  },
  "gateway.overloaded": {
    ...base,
    stage: "request",
    rfc: "proxy_internal_response",
    status: 503,
    summary: "More exchanges are in flight than the gateway's limits allow.",
    fix: {
      client: "Send fewer requests at once.",
      operator: "Raise limits.exchanges or limits.exchangesPerClient, or look for a loop through other proxies.",
    },
  },
  "gateway.upstream_limit": {
    ...base,
    rfc: "connection_limit_reached",
    status: 503,
    summary: "What the exits or the target may get at once or in a second is used up, and no turn came in time.",
    fix: {
      client: "Send fewer requests at once, and try again after the time that Retry-After says.",
      operator: "The details name the limit: raise it in pacing, add exits, or let more exchanges wait (pacing.queue, pacing.wait).",
    },
  },
  "gateway.fd_exhausted": {
    ...base,
    stage: "connect",
    retry: every("fresh-hop"),
    rfc: "proxy_internal_error",
    status: 503,
    summary: "The gateway's process or machine has no file descriptor left for another socket.",
    fix: { client: "Try again later.", operator: "Raise the limit of open files (ulimit -n, LimitNOFILE)." },
  },
  "gateway.source_port_exhausted": {
    ...base,
    stage: "connect",
    retry: every("fresh-hop"),
    rfc: "proxy_internal_error",
    status: 503,
    summary: "The gateway's machine has no free source port towards that address.",
    fix: { client: "Try again later.", operator: "Widen net.ipv4.ip_local_port_range, or spread over more exits." },
  },
  "gateway.shutting_down": {
    ...base,
    stage: "request",
    rfc: "proxy_internal_response",
    status: 503,
    summary: "The gateway is shutting down and takes no new request.",
    fix: { client: "Try again on a new connection.", operator: "Nothing to do." },
  },
  "gateway.loop_detected": {
    ...base,
    rfc: "proxy_loop_detected",
    status: 502,
    summary: "The target or the exit is the gateway's own listener.",
    fix: { client: "Ask for another target.", operator: "Remove the gateway's own address from the exit list or from DNS." },
  },
  "gateway.ip_prohibited": {
    ...base,
    stage: "dns",
    rfc: "destination_ip_prohibited",
    status: 502,
    summary: "The target's address or port is one that this public listener does not allow.",
    fix: { client: "Ask for a public address.", operator: "Allow it in targets if it should be reachable." },
  },
};
