import { AZURE, CLOUDFLARE, FLY_IO, GCP } from "./cloud-settings.ts";
import { ALB, CLOUDFRONT, ENVOY, TRAEFIK } from "./edge-settings.ts";
import type { AnyFaultId, LogProgram } from "./log-event.ts";
import { APP, CLOUDFLARED, HEROKU, LIGHTTPD } from "./platform-settings.ts";
import { APACHE, CADDY, PRIVOXY, TINYPROXY, VARNISH } from "./server-settings.ts";

/** What to write into which config against a fault; null: no setting of that program helps. */
export function settingFor(program: LogProgram, fault: AnyFaultId): string | null {
  return SETTINGS[program]?.[fault] ?? null;
}

type Settings = Readonly<Partial<Record<AnyFaultId, string>>>;

const NGINX: Settings = {
  "head.timeout":
    "proxy_read_timeout (60s by default; fastcgi_read_timeout for PHP) longer than the slowest answer, and every limit in front of nginx longer than that",
  "head.too_large": "proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k; (fastcgi_… for PHP)",
  "head.closed":
    "the application's keep-alive time longer than nginx's (upstream block: keepalive_timeout 60s), e.g. Node: server.keepAliveTimeout = 65_000; gunicorn: --keep-alive 65",
  "head.reset":
    "the application's keep-alive time longer than nginx's (upstream block: keepalive_timeout 60s); workers' limits (max_requests, memory) if they are killed",
  "connect.refused":
    "proxy_pass to the address that the application listens on: 127.0.0.1 instead of localhost where it has no IPv6; in containers it must listen on 0.0.0.0",
  "connect.timeout": "proxy_connect_timeout 3s; and proxy_next_upstream error timeout; so that another backend is asked soon",
  "connect.acl_denied": "setsebool -P httpd_can_network_connect 1 (SELinux)",
  "connect.unix_socket": "the same path in proxy_pass unix:… and in the application; listen.owner and listen.group = nginx's user",
  "connect.backlog_full": "pm.max_children or workers of the application; listen.backlog with net.core.somaxconn",
  "gateway.no_healthy_backend":
    "max_fails=3 fail_timeout=10s on each server of the upstream block (1 failure in 10 s is enough by default), and more than one server",
  "gateway.fd_exhausted": "worker_rlimit_nofile 65535; LimitNOFILE in the unit",
  "gateway.overloaded": "worker_connections 8192; in the events block",
  "gateway.source_port_exhausted": 'keepalive 64; in the upstream block, with proxy_http_version 1.1; proxy_set_header Connection "";',
  "gateway.config_error": "resolver 127.0.0.53 valid=10s; where proxy_pass has a variable",
  "tls.sni_unrecognized": "proxy_ssl_server_name on; proxy_ssl_name the.site.example;",
  "tls.version_or_cipher":
    "proxy_ssl_server_name on; (nginx sends no server name by default), then proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_certificate and proxy_ssl_certificate_key where the backend wants to know its clients",
  "tls.handshake_failed": "proxy_ssl_server_name on; (nginx sends no server name by default)",
  "tls.closed_in_handshake": "proxy_ssl_server_name on; (nginx sends no server name by default)",
  "tls.protocol_mismatch": "proxy_pass http:// instead of https://, or the backend's TLS port",
  "tls.cert_untrusted": "proxy_ssl_trusted_certificate /path/to/ca.pem;",
  "tls.cert_name_mismatch": "proxy_ssl_name the name in the backend's certificate;",
  "head.not_http": "proxy_pass https:// where the port speaks TLS; grpc_pass or fastcgi_pass where it speaks those",
  "body.idle_timeout": "proxy_read_timeout above the longest pause; proxy_buffering off; for event streams",
  "tunnel.idle_timeout": "proxy_read_timeout 1h; in the WebSocket's location, or pings more often",
  "write.timeout": "proxy_send_timeout",
  "client.body_too_large": "client_max_body_size 20m; (1m by default)",
  "client.header_too_large": "large_client_header_buffers 4 16k;",
  "client.closed_waiting": "the client's time limit above proxy_read_timeout, never below",
  "dns.timeout": "resolver ADDRESS valid=30s; resolver_timeout 5s;",
  "dns.nxdomain": "the name in proxy_pass, and the resolver that nginx asks",
};

const HAPROXY: Settings = {
  "head.timeout": "timeout server longer than the slowest answer, and every limit in front longer than that",
  "connect.timeout": "timeout connect 3s; option redispatch 1; so that another server is asked soon",
  "connect.failed": "option redispatch 1; retries 3; and check on each server line",
  "connect.refused": "the server's address and port; option redispatch 1 so that requests go to another one meanwhile",
  "gateway.no_healthy_backend": "a second server, or a backup server; fall 3 rise 2 inter 2s where checks fail too soon",
  "gateway.queue_timeout": "maxconn of the server lines, timeout queue, more servers",
  "head.closed":
    "retry-on conn-failure empty-response; option http-server-close or a shorter timeout http-keep-alive than the application's",
  "head.invalid": "tune.bufsize 32768 where the head is larger than 16 KiB; show errors on the stats socket shows the bytes",
  "gateway.fd_exhausted": "maxconn and ulimit-n",
  "gateway.source_port_exhausted": "source 0.0.0.0 usesrc… or http-reuse always; net.ipv4.ip_local_port_range 1024 65000",
  "client.closed_waiting": "the client's time limit above timeout server, never below",
  "body.idle_timeout": "timeout server above the longest pause; timeout tunnel 1h for WebSockets",
};

const SQUID: Settings = {
  "dns.error": "dns_nameservers; dns_timeout 5 seconds; positive_dns_ttl where addresses change",
  "connect.failed": "connect_timeout 10 seconds; forward_max_tries; dns_v4_first where IPv6 does not work",
  "head.timeout": "read_timeout",
  "gateway.fd_exhausted": "max_filedescriptors 65536",
  "head.too_large": "reply_header_max_size 128 KB",
  "answer.502": "logformat with %err_code/%err_detail, so that the log says why",
  "answer.503": "logformat with %err_code/%err_detail, so that the log says why",
  "answer.504": "logformat with %err_code/%err_detail, so that the log says why",
  "answer.5xx": "dns_nameservers where names do not resolve; cache_peer lines where peers are dead; cache.log says which",
  "client.proxy_auth_required":
    "none where the same client's next line has its name: clients send no login before they are asked. Else auth_param and the acl proxy_auth in http_access, and the login in the client's proxy URL",
  "client.denied": "http_access rules; acl SSL_ports where it is CONNECT to another port than 443",
};

const ACCESS: Settings = {
  "answer.502":
    "$upstream_addr, $upstream_status, $upstream_connect_time, $upstream_header_time in nginx's log_format, so that the log says who and where; Apache's and Caddy's error log says it, and varnishlog",
  "answer.504": "$request_time, $upstream_addr and $upstream_header_time in nginx's log_format, so that the log says who and where",
  "client.body_too_large": "client_max_body_size (nginx), LimitRequestBody (Apache)",
  "client.closed_waiting": "the client's time limit above the gateway's, never below",
};

const SETTINGS: Readonly<Partial<Record<LogProgram, Settings>>> = {
  nginx: NGINX,
  apache: APACHE,
  haproxy: HAPROXY,
  squid: SQUID,
  tinyproxy: TINYPROXY,
  privoxy: PRIVOXY,
  varnish: VARNISH,
  caddy: CADDY,
  lighttpd: LIGHTTPD,
  access: ACCESS,
  envoy: ENVOY,
  traefik: TRAEFIK,
  alb: ALB,
  cloudfront: CLOUDFRONT,
  cloudflare: CLOUDFLARE,
  gcp: GCP,
  azure: AZURE,
  fly: FLY_IO,
  cloudflared: CLOUDFLARED,
  heroku: HEROKU,
  app: APP,
};
