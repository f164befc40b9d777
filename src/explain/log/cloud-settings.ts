import type { AnyFaultId } from "./log-event.ts";

type Settings = Readonly<Partial<Record<AnyFaultId, string>>>;

export const GCP: Settings = {
  "head.closed":
    "the application's keep-alive time longer than the load balancer's 600 s, which cannot be changed, e.g. nginx: keepalive_timeout 650; Node: server.keepAliveTimeout = 650_000; and a preStop sleep, so that pods serve until they are detached",
  "head.timeout": "timeoutSec of the backend service (30 s by default; BackendConfig: timeoutSec) longer than the slowest answer",
  "connect.failed":
    "the firewall: 130.211.0.0/22 and 35.191.0.0/16, or the proxy-only subnet, to the serving port; the port of the NEG or the named port; a preStop sleep at roll-outs",
  "connect.timeout": "the firewall: the proxy-only subnet to the serving port",
  "gateway.no_healthy_backend":
    "gcloud compute backend-services get-health NAME; the health check's path, port and status 200, and the firewall for 130.211.0.0/22 and 35.191.0.0/16",
  "gateway.no_route": "the URL map: a default service, host and path rules",
  "body.truncated": "timeoutSec of the backend service: it bounds the whole answer, and a WebSocket too",
  "client.closed_waiting": "the client's time limit above timeoutSec of the backend service, never below",
  "client.denied": "the Cloud Armor policy that jsonPayload.enforcedSecurityPolicy names: preview its rule, or an exception",
  "client.header_too_large": "smaller cookies: the limit is the load balancer's own",
  "tls.cert_name_mismatch": "the names in the backend's certificate, and the SNI of the backend's TLS settings",
};

export const AZURE: Settings = {
  "gateway.no_healthy_backend":
    "Application Gateway: Backend health says what the probe met; the probe's host, path and accepted statuses; NSG and route table of its subnet",
  "head.timeout":
    "Application Gateway: requestTimeout of the backend setting (20 s by default); Front Door: origin response timeout (60 s by default, 240 s at most)",
  "head.closed": "the application's keep-alive time longer than the gateway's, and its limits of memory and workers",
  "head.reset": "the origin's firewall (AzureFrontDoor.Backend may come in) and its keep-alive time, above Front Door's 90 s",
  "head.invalid": "the origin's answer to a request with Range and Accept-Encoding; its Content-Length and chunks",
  "connect.refused": "the origin's port in the origin's settings, and that something listens there",
  "connect.failed": "the origin's port and firewall: AzureFrontDoor.Backend may come in",
  "dns.nxdomain": "the origin's host name in the origin group: one that public resolvers know",
  "tls.cert_name_mismatch": "the origin host header: a name in the origin's certificate, or certificate name check off",
  "tls.cert_untrusted":
    "a certificate of a public authority with its whole chain; Application Gateway v2: the root certificate in the backend setting",
  "tls.handshake_failed": "TLS 1.2 at the origin, with a certificate for the origin host header",
  "client.closed_waiting": "the client's time limit above the gateway's request timeout, never below",
};

export const FLY_IO: Settings = {
  "connect.refused": "internal_port in fly.toml, and an application that listens on 0.0.0.0 (or ::) at that port, not on 127.0.0.1",
  "connect.timeout": "soft_limit and hard_limit under concurrency, more machines or memory: the machine does not accept in time",
  "connect.failed": "the time that the application takes to start; min_machines_running = 1 where it takes long",
  "gateway.no_healthy_backend": "fly status and fly checks list; hard_limit under concurrency; fly scale count 2; fly machine restart ID",
  "gateway.backend_down": "path, grace_period and timeout of the check in fly.toml",
  "head.closed": "the application's keep-alive time longer than 60 s, and its memory: fly logs shows what it said before",
  "origin.app_stderr": "memory = '1gb' under [[vm]], where the machine ran out of it; else what the application said before it went",
};

export const CLOUDFLARE: Settings = {
  "connect.refused": "the origin's address in DNS, port 80 or 443 open there, and its firewall: Cloudflare's address ranges may come in",
  "connect.timeout": "the origin's firewall: Cloudflare's address ranges (cloudflare.com/ips) may come in; its load",
  "connect.host_unreachable": "the address of the origin in DNS",
  "dns.error": "the record of the origin: a name that resolves; of a tunnel (1033) that cloudflared runs",
  "head.timeout": "answers within 120 s; longer work in the background, or on a name that is not proxied",
  "head.closed": "keep-alive at the origin above 900 s, heads below 128 KiB, and a look at what crashed",
  "tls.handshake_failed": "SSL/TLS mode: Full (strict) with a certificate for the name at the origin, port 443 open",
  "tls.cert_untrusted": "a certificate of a public authority, or Cloudflare's origin certificate, that is valid for the name",
  "client.denied": "Security > Events: the rule that RayID names",
};
