import type { AnyFaultId } from "./log-event.ts";

type Settings = Readonly<Partial<Record<AnyFaultId, string>>>;

/** Envoy's own names, with Istio's in parentheses where people set them there. */
export const ENVOY: Settings = {
  "connect.refused":
    "the port in the endpoint (Istio: targetPort of the Service and port of the container), and the application listening on 0.0.0.0, not on 127.0.0.1",
  "connect.timeout": "connect_timeout of the cluster (Istio: connectionPool.tcp.connectTimeout; 10 s), and network policies on the way",
  "connect.failed":
    "retry_policy with retry_on: connect-failure, and outlier_detection so that a dead endpoint is left out; %UPSTREAM_TRANSPORT_FAILURE_REASON% in the log's format says why",
  "head.closed":
    "idle_timeout of the cluster's common_http_protocol_options shorter than the application's keep-alive time (1 h by default; Istio: connectionPool.http.idleTimeout), and retry_on: reset for requests that may be repeated",
  "head.h2_error": "retry_on: refused-stream,reset; the application's limits of streams and its deploys (GOAWAY, then a drain)",
  "head.timeout": "timeout of the route (15 s by default; Istio: timeout of the VirtualService) longer than the slowest answer",
  "head.invalid":
    "max_response_headers_kb where the head is large; the protocol of the port (Istio: its name or appProtocol) as the application speaks it",
  "head.too_large": "max_response_headers_kb and max_headers_count of the cluster's protocol options",
  "body.idle_timeout": "stream_idle_timeout of the connection manager (5 min), above the longest pause of a stream",
  "body.deadline": "max_stream_duration of the route or of the cluster (Istio: none by default)",
  "tunnel.idle_timeout": "stream_idle_timeout of the connection manager, or pings more often",
  "gateway.no_healthy_backend":
    "endpoints: kubectl get endpoints SERVICE; labels of subsets in the DestinationRule; outlier_detection with max_ejection_percent; healthy_panic_threshold",
  "gateway.no_route": "route_config: a virtual host with that name (Istio: hosts and gateways of the VirtualService)",
  "gateway.config_error": "the cluster's name in the route (Istio: istioctl analyze says which object is missing)",
  "gateway.upstream_limit": "circuit_breakers: max_connections, max_pending_requests, max_requests (1024 each; Istio: connectionPool)",
  "gateway.retries_exhausted": "num_retries and per_try_timeout of the retry_policy",
  "gateway.helper_failed":
    "the service of ext_authz, ratelimit or SDS, its timeout, and failure_mode_allow where requests may pass without it",
  "gateway.overloaded": "the overload manager's triggers, and memory",
  "tls.protocol_mismatch":
    "no transport_socket of TLS towards a port in plain text (Istio: tls.mode of the DestinationRule, targetPort 443 of the ServiceEntry)",
  "tls.cert_untrusted": "trusted_ca of the validation_context (Istio: tls.mode ISTIO_MUTUAL on both sides, or caCertificates)",
  "tls.cert_name_mismatch": "match_typed_subject_alt_names and sni (Istio: subjectAltNames and sni of the DestinationRule)",
  "tls.handshake_failed": "sni in the transport_socket (Istio: tls.sni), protocol versions",
  "dns.error": "the host in the endpoint; dns_lookup_family V4_ONLY where there is no IPv6",
  "client.closed_waiting": "the client's time limit above the route's timeout, never below",
  "client.header_too_large": "max_request_headers_kb (60) of the connection manager",
  "client.denied": "the rule of RBAC or the answer of ext_authz (Istio: AuthorizationPolicy)",
};

export const TRAEFIK: Settings = {
  "answer.502": "log.level: DEBUG, so that Traefik's log says why: it does so at that level alone",
  "answer.500": "serversTransport: rootCAs and serverName for backends over TLS; log.level: DEBUG says what is wrong with the certificate",
  "answer.504": "log.level: DEBUG; forwardingTimeouts.dialTimeout (30 s) and responseHeaderTimeout of the serversTransport",
  "connect.refused": "loadbalancer.server.port of the container's labels: the port that the application listens on inside, on 0.0.0.0",
  "connect.timeout": "traefik.docker.network where the container is in several networks; forwardingTimeouts.dialTimeout: 5s",
  "head.closed_empty":
    "idleConnTimeout of the serversTransport (90 s by default) shorter than the application's keep-alive time, and the retry middleware",
  "head.keepalive_race": "idleConnTimeout of the serversTransport (90 s by default) shorter than the application's keep-alive time",
  "head.timeout": "forwardingTimeouts.responseHeaderTimeout of the serversTransport longer than the slowest answer",
  "tls.cert_untrusted": "serversTransport: rootCAs",
  "tls.cert_name_mismatch": "serversTransport: serverName, the name in the backend's certificate",
  "tls.protocol_mismatch": "loadbalancer.server.scheme: http for a port in plain text",
  "gateway.no_healthy_backend": "containers that run and are healthy: Traefik leaves out others; the service's healthCheck path",
  "gateway.no_route": "the router's rule and entryPoints; exposedByDefault and traefik.enable=true of the container",
  "gateway.backend_down": "healthCheck: path, interval, timeout, and a status that says that the application is well",
  "gateway.backend_ejected": "circuitBreaker: the expression, fallbackDuration",
  "client.body_timeout": "entryPoints: transport.respondingTimeouts.readTimeout (60 s) above the longest upload",
  "client.closed_waiting": "the client's time limit above Traefik's, never below",
};

export const ALB: Settings = {
  "connect.failed":
    "the target's port and security group (it must let the load balancer in), its TLS certificate and versions where the target group speaks HTTPS; deregistration_delay.timeout_seconds at deploys",
  "connect.timeout":
    "security groups and network ACLs between load balancer and target, and the target's backlog: after 10 s the connection is given up",
  "head.closed":
    "the application's keep-alive time longer than idle_timeout.timeout_seconds (60 s), e.g. Node: server.keepAliveTimeout = 65_000; gunicorn: --keep-alive 65; nginx: keepalive_timeout 75s",
  "head.timeout": "idle_timeout.timeout_seconds (60 s) longer than the slowest answer, and every limit in front longer than that",
  "head.invalid":
    "the head of the answer smaller than 32 KiB, Content-Length and chunks as they should be; of a Lambda: statusCode, headers and body",
  "gateway.no_healthy_backend": "targets registered in the group: the service's or the auto scaling group's attachment to it",
  "gateway.config_error": "protocol_version of the target group (HTTP1, HTTP2, GRPC) as clients speak it; permissions of the Lambda",
  "gateway.upstream_limit": "reserved concurrency of the Lambda, addresses in its subnets",
  "client.closed_waiting": "the client's time limit above idle_timeout.timeout_seconds, never below",
};

export const CLOUDFRONT: Settings = {
  "connect.failed":
    "the origin's port, its firewall (let CloudFront's address ranges in), certificate and ciphers; Origin connection attempts and timeout",
  "dns.error": "Origin domain: a name that public resolvers know",
  "head.timeout": "Origin response timeout (30 s by default) longer than the slowest answer",
  "head.closed": "Origin keep-alive timeout (5 s) shorter than the origin's own",
  "head.reset": "Origin keep-alive timeout (5 s) shorter than the origin's own; a second origin in an origin group",
  "head.too_large": "fewer and smaller cookies and fields in the origin's answer: the limit is CloudFront's own",
  "gateway.overloaded": "an origin group with a failover, and another try of the client: CloudFront's place was full",
  "gateway.upstream_limit": "CloudFront's quotas of requests and of functions",
  "gateway.helper_failed": "the function's own log (CloudWatch, in the region of the edge)",
};
