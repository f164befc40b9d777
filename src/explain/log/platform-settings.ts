import type { AnyFaultId } from "./log-event.ts";

type Settings = Readonly<Partial<Record<AnyFaultId, string>>>;

export const CLOUDFLARED: Settings = {
  "connect.refused":
    "service: of the ingress rule (or of the public hostname): an address that is reachable where cloudflared runs; in a container localhost is the container itself, and the application must listen on 0.0.0.0",
  "connect.timeout":
    "service: of the ingress rule: address and port, and the firewall between; originRequest.connectTimeout (30s by default)",
  "connect.host_unreachable": "service: of the ingress rule: an address in a network that cloudflared is in",
  "dns.nxdomain":
    "service: of the ingress rule: a name that resolves where cloudflared runs; containers share names within one network alone",
  "tls.protocol_mismatch": "service: http:// where the application speaks clear text",
  "tls.cert_untrusted": "originRequest.caPool, or noTLSVerify: true; originServerName where the certificate has another name",
  "tls.cert_name_mismatch": "originRequest.originServerName: the name in the certificate",
  "head.closed_empty": "service: https:// where the port speaks TLS; else keepAliveTimeout (90s) shorter than the application's",
  "head.timeout": "the application's slowest answer below 100 s: Cloudflare waits no longer",
};

export const HEROKU: Settings = {
  "head.timeout":
    "30 s are all there is: do the work in a background job, or begin the answer sooner; a limit in the application below 30 s",
  "head.closed":
    "the application's keep-alive time and workers' limits: it closed without an answer; memory where R14 or R15 stand beside it",
  "gateway.no_healthy_backend":
    "heroku logs --tail for what crashed; heroku ps:scale web=1; a web line in the Procfile; listening on $PORT",
  "connect.refused": "listening on 0.0.0.0:$PORT as soon as it starts",
  "gateway.queue_timeout": "heroku ps:scale web=N, more workers in each, or faster answers",
  "body.idle_timeout": "a byte at least every 55 s",
};

/** Gunicorn, uWSGI and PHP-FPM. */
export const APP: Settings = {
  "connect.backlog_full":
    "PHP-FPM: pm.max_children as memory allows, request_terminate_timeout 30s so that hung ones end; uWSGI: processes, listen with net.core.somaxconn",
  "origin.app_stderr":
    "Gunicorn: --timeout above the slowest answer and below the limit of the gateway in front, --worker-class gthread; fewer workers or more memory where one was killed (signal 9); uWSGI: harakiri; PHP-FPM: request_terminate_timeout",
  "head.too_large": "uWSGI: buffer-size = 32768",
  "client.closed_during_response": "the limit of the gateway in front (uwsgi_read_timeout) above the slowest answer",
};

export const LIGHTTPD: Settings = {
  "connect.refused": "proxy.server: host and port that the application listens on",
  "connect.timeout": 'proxy.server: "connect-timeout" => 3, and a second host, so that another backend is asked soon',
  "gateway.no_healthy_backend": 'a second host in proxy.server; "disable-time" => 1 keeps a backend out for a second after one failure',
  "head.timeout": 'proxy.server: "read-timeout" longer than the slowest answer, and every limit in front longer than that',
  "head.too_large": "smaller cookies and fields: 64 KiB are lighttpd's own limit",
  "head.closed_empty": "the application's limits of time and memory: it ended without an answer",
  "gateway.fd_exhausted": "server.max-fds = 16384",
};
