import type { AnyFaultId } from "./log-event.ts";

type Settings = Readonly<Partial<Record<AnyFaultId, string>>>;

export const APACHE: Settings = {
  "connect.refused":
    "ProxyPass to the address that the application listens on: 127.0.0.1 instead of localhost where it has no IPv6; BalancerMember lines where there are several backends",
  "connect.timeout": "ProxyPass … connectiontimeout=3 retry=10; more BalancerMember lines, so that another backend is asked soon",
  "connect.acl_denied": "setsebool -P httpd_can_network_connect 1 (SELinux)",
  "connect.unix_socket":
    "the same path in ProxyPass unix:… or SetHandler proxy:unix:… and in the application; its owner and mode for Apache's user",
  "connect.backlog_full": "pm.max_children or workers of the application; listen.backlog with net.core.somaxconn",
  "head.timeout":
    "ProxyTimeout (Timeout's 60 s by default) or ProxyPass … timeout=120 longer than the slowest answer, and every limit in front longer than that",
  "head.closed":
    "ProxyPass … ttl= below the application's keep-alive time, or disablereuse=on; SetEnv proxy-initial-not-pooled 1 for requests that are not repeated",
  "head.closed_empty":
    "ProxyPass … ttl= below the application's keep-alive time, or disablereuse=on; SetEnv proxy-initial-not-pooled 1 for requests that are not repeated",
  "head.reset": "ProxyPass … ttl= below the application's keep-alive time; workers' limits (memory, max_requests) if they are killed",
  "head.field_too_large": "ProxyPass … responsefieldsize=16384, or smaller cookies of the application",
  "head.not_http": "ProxyPass https:// where the port speaks TLS; fcgi://, ajp:// or uwsgi:// where it speaks those",
  "body.idle_timeout": "ProxyTimeout, or ProxyPass … timeout=, above the longest pause of the answer",
  "write.reset": "ProxyPass … ping=1s, so that a dead connection is noticed before the body is sent",
  "tls.handshake_failed":
    "LogLevel ssl:info, so that the log says why; ProxyPreserveHost off or SSLProxyCheckPeerName with the backend's name; SSLProxyProtocol -all +TLSv1.2 +TLSv1.3",
  "tls.cert_untrusted": "SSLProxyCACertificateFile /path/to/ca.pem",
  "tls.cert_expired": "a new certificate on the backend; SSLProxyCheckPeerExpire off hides it only",
  "tls.cert_name_mismatch": "ProxyPass with the name in the backend's certificate instead of its address",
  "tls.client_cert_required": "SSLProxyMachineCertificateFile /path/to/client.pem",
  "gateway.no_healthy_backend": "BalancerMember … retry=5 (60 s by default), more members, and a spare one with status=+H",
  "gateway.backend_ejected":
    "ProxyPass or BalancerMember … retry=5 (60 s by default; retry=0 where there is only one backend); failonstatus only with statuses that mean a broken backend",
  "gateway.upstream_limit": "ProxyPass … max= and acquire=1000, as many as the application serves at once",
  "gateway.overloaded": "MaxRequestWorkers 400 and ServerLimit; KeepAliveTimeout 2, so that idle clients hold none",
  "gateway.config_error":
    "SSLProxyEngine on where ProxyPass has https://; a slash at the end of the URL where the path has one (ProxyPass / http://10.0.0.2:8080/); a2enmod proxy_http (proxy_fcgi, proxy_ajp, …) where no protocol handler was valid",
  "gateway.source_port_exhausted":
    "ProxyPass without disablereuse=on, with enablereuse=on for fcgi; net.ipv4.ip_local_port_range 1024 65000",
  "gateway.fd_exhausted": "LimitNOFILE in the unit; ulimit -n in envvars",
  "gateway.loop_detected": "ProxyPass to another host than Apache's own",
  "dns.nxdomain": "the name in ProxyPass, and the resolver of the machine; Apache resolves it again only for new workers",
  "dns.error": "the machine's resolver: /etc/resolv.conf",
  "client.body_too_large": "LimitRequestBody 20971520",
  "client.header_too_large": "LimitRequestFieldSize 16384",
  "client.uri_too_long": "LimitRequestLine 16384",
  "client.request_timeout": "RequestReadTimeout header=20-40,MinRate=500",
  "client.body_timeout": "RequestReadTimeout body=20,MinRate=500",
};

export const VARNISH: Settings = {
  "connect.refused": ".host and .port of the backend to where the application listens; a director with a second backend and probes",
  "connect.timeout": ".connect_timeout = 3s; (3.5 s by default), and a director with a second backend",
  "connect.failed": "backend_remote_error_holddown, where Varnish did not even try for a moment after a failure (errno 0)",
  "head.timeout":
    ".first_byte_timeout = 120s; of the backend (60 s by default) longer than the slowest answer, and every limit in front longer than that",
  "head.too_large": "varnishd -p http_resp_size=64k -p http_resp_hdr_len=16k -p workspace_backend=256k",
  "head.field_too_large": "varnishd -p http_resp_hdr_len=16k",
  "head.too_many_fields": "varnishd -p http_max_hdr=128",
  "head.closed": "varnishd -p backend_idle_timeout=4 below the application's keep-alive time (60 s by default)",
  "head.closed_empty": "varnishd -p backend_idle_timeout=4 below the application's keep-alive time (60 s by default)",
  "body.idle_timeout": ".between_bytes_timeout = 60s; of the backend, above the longest pause",
  "gateway.no_healthy_backend":
    ".probe with .threshold and .window that one slow answer does not meet; sub vcl_hit with grace, so that old answers serve meanwhile",
  "gateway.backend_down": '.probe = { .url = "/health"; .expected_response = 200; .threshold = 3; }',
  "gateway.upstream_limit": ".max_connections of the backend, as many as it serves at once",
  "gateway.overloaded": "varnishd -p thread_pool_max=5000, a larger -s malloc,…",
  "client.header_too_large": "varnishd -p http_req_size=64k -p http_req_hdr_len=16k",
  "client.denied": "the rule in vcl_recv that returns synth",
  "gateway.local_response": "the rule in VCL that returns synth or error",
};

export const CADDY: Settings = {
  "connect.refused":
    "reverse_proxy to the address that the application listens on: 127.0.0.1 instead of localhost where it has no IPv6; lb_try_duration 5s, so that it is tried again",
  "connect.timeout": "reverse_proxy { transport http { dial_timeout 3s } lb_try_duration 5s }, with a second backend",
  "connect.unix_socket": "the same path in reverse_proxy unix//… and in the application; its owner and mode for Caddy's user",
  "head.timeout":
    "reverse_proxy { transport http { response_header_timeout 120s } } longer than the slowest answer; Caddy has no limit of its own here",
  "head.keepalive_race": "reverse_proxy { transport http { keepalive 4s } } below the application's keep-alive time (2 minutes by default)",
  "head.closed_empty": "reverse_proxy { transport http { keepalive 4s } } below the application's keep-alive time (2 minutes by default)",
  "head.reset":
    "reverse_proxy { transport http { keepalive 4s } } below the application's keep-alive time; workers' limits if they are killed",
  "head.too_large": "reverse_proxy { transport http { max_response_header 1MiB } }, or smaller cookies of the application",
  "head.not_http": "reverse_proxy https://… where the port speaks TLS; transport fastcgi, or h2c://… where it speaks those",
  "body.idle_timeout": "reverse_proxy { transport http { read_timeout 120s } } above the longest pause",
  "tls.handshake_timeout": "reverse_proxy { transport http { tls_timeout 20s } }",
  "tls.cert_untrusted": "reverse_proxy { transport http { tls_trusted_ca_certs /path/to/ca.pem } }",
  "tls.cert_name_mismatch": "reverse_proxy { transport http { tls_server_name the.name.example } }",
  "tls.client_cert_required": "reverse_proxy { transport http { tls_client_auth /path/to/client.pem /path/to/key.pem } }",
  "gateway.no_healthy_backend": "reverse_proxy with more backends; fail_duration and health_interval shorter, lb_try_duration 5s",
  "gateway.backend_down": "health_uri, health_status and health_timeout as the application's check answers them",
  "client.body_too_large": "request_body { max_size 20MB }",
  "client.closed_waiting": "the client's time limit above the backend's time, never below",
};

export const TINYPROXY: Settings = {
  "connect.failed":
    'Upstream http HOST:PORT "site" where sites are only reached through another proxy; Bind ADDRESS where the machine has several',
  "dns.nxdomain": "the name that clients ask for, and the machine's resolver: /etc/resolv.conf",
  "dns.error": "the machine's resolver: /etc/resolv.conf",
  "handshake.exit_unavailable": "the Upstream line: its address and port",
  "head.timeout": "Timeout 600 (seconds) longer than the slowest answer",
  "tunnel.idle_timeout": "Timeout 600 (seconds) above the longest pause; clients close idle tunnels themselves",
  "client.denied": "ConnectPort for the port, Allow for the client's address, Filter and FilterDefaultDeny for the site",
  "client.proxy_auth_invalid": "BasicAuth USER PASSWORD",
  "gateway.overloaded": "MaxClients 500",
  "gateway.config_error": "Listen and Port: another program has the port, or the address is none of this machine's",
  "gateway.fd_exhausted": "LimitNOFILE in the unit; MaxClients below it",
};

export const PRIVOXY: Settings = {
  "connect.failed":
    "forward site.example HOST:PORT where sites are only reached through another proxy; connection refused and timed out look alike here",
  "dns.nxdomain": "the name that clients ask for; forward-socks5 instead of forward-socks4, so that the other side resolves it",
  "dns.error": "debug 4096, so that the log says why a name did not resolve; the machine's resolver",
  "handshake.exit_unavailable": "the forward or forward-socks5 line: its address and port; forwarded-connect-retries 1",
  "head.timeout": "socket-timeout 300 (seconds) longer than the slowest answer",
  "head.closed_empty": "keep-alive-timeout 5, below the sites' own; connection-sharing 0",
  "client.denied": "a {-block} section for the site in user.action",
  "client.bad_request": "accept-intercepted-requests 1 where clients are redirected to it and do not know that it is a proxy",
  "gateway.overloaded": "max-client-connections 512",
  "gateway.config_error": "listen-address: another program has the port, or the address is none of this machine's",
};
