import type { AnyFaultId } from "./log-event.ts";

/** What to do about a fault in the log of another gateway, where this one has a setting of its own in the fault table. */
export const OTHERS_FIXES: Readonly<Partial<Record<AnyFaultId, string>>> = {
  "client.header_too_large": "Raise the gateway's limit if such requests are wanted; else look for cookies that grow.",
  "client.uri_too_long": "Raise the gateway's limit if such URLs are wanted.",
  "client.request_timeout": "Give clients on slow links more time; connections that never send a request are no loss.",
  "client.body_timeout": "Give clients more time if they pause on purpose.",
  "client.slow_reader": "Give clients more time if they pause on purpose.",
  "client.denied": "Change the gateway's rules if this should pass.",
  "client.proxy_auth_required": "See whether the client has a login at all, and sends it when it is asked.",
  "client.proxy_auth_invalid": "Compare the name and the password with those that the gateway knows.",
  "client.closed_waiting": "Compare the client's time limit with the gateway's, and look for what makes it wait.",
  "gateway.overloaded": "Raise the gateway's limit of connections or requests, or look for a loop through other gateways.",
  "gateway.upstream_limit": "Raise the limit that the line names, add backends, or let more requests wait.",
  "gateway.source_port_exhausted": "Keep connections to the backends alive; widen net.ipv4.ip_local_port_range.",
  "gateway.loop_detected": "Remove the gateway's own address from its backends, or from DNS.",
  "handshake.timeout": "See whether the proxy behind is up and speaks this protocol; else give it more time.",
  "tls.cert_untrusted": "Serve the full chain, or let the gateway know the authority.",
  "head.timeout": "Find the slow work, or raise the gateway's time limit.",
  "head.too_large": "Shrink the head at the backend (cookies, CSP), or raise the gateway's limit.",
  "head.field_too_large": "Shrink the field, or raise the gateway's limit.",
  "head.too_many_fields": "Send fewer fields, or raise the gateway's limit.",
  "body.idle_timeout": "Send a heartbeat, or raise the gateway's time limit.",
  "tunnel.idle_timeout": "Send pings, or raise the gateway's time limit.",
  "relay.blocked": "Ask the site's owner to let this gateway's address in.",
  "relay.rate_limited": "Ask for less at once, as long as Retry-After says.",
};
