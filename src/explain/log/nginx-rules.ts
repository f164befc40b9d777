import { inOrder } from "./in-order.ts";
import type { WordRules } from "./word-rules.ts";

/** With the backend, for a reason that OpenSSL names. */
const failedHandshake = (reason: RegExp): RegExp => inOrder(/^SSL_do_handshake\(\) failed /, reason, / while SSL handshaking to upstream/);

/** A message's first words with `while …`, as nginx's source writes them, and what they mean. The first that matches counts. */
export const NGINX_RULES: WordRules = [
  // Names and configuration.
  ["dns.nxdomain", /^(?:proxy_connect: )?\S+ could not be resolved \(3: Host not found\)/],
  ["dns.timeout", /^(?:proxy_connect: )?\S+ could not be resolved \(110: Operation timed out\)/],
  ["dns.refused", /^(?:proxy_connect: )?\S+ could not be resolved \(5: Operation refused\)/],
  ["dns.servfail", /^(?:proxy_connect: )?\S+ could not be resolved \(/],
  // Kong's own resolver and balancer, in its words.
  ["dns.nxdomain", inOrder(/^\[kong\] /, /could not resolve host|DNS resolution failed/, /\b3 name error/)],
  ["dns.error", /^\[kong\] .*(?:could not resolve host|DNS resolution failed|name resolution failed)/],
  ["gateway.no_healthy_backend", /^\[kong\] .*(?:failure to get a peer from the ring-balancer|[Nn]o peers are available)/],
  // ingress-nginx's balancer, and what it asks for the names of services.
  [
    "gateway.no_healthy_backend",
    /^\[lua\] .*(?:no peer was returned|no host returned|failed to get new upstream|failed to find valid upstream server|no valid upstream node)/,
  ],
  ["dns.error", /^\[lua\] .*(?:failed to query the DNS server|dns_lookup\(\): failed|failed to resolve)/],
  ["gateway.helper_failed", /^auth request unexpected status: \d+/],
  ["gateway.internal_error", /^(?:lua entry thread aborted|failed to run \w+_by_lua|\[lua\] .*runtime error)/],
  ["client.denied", /^(?:\[client [^\]]+\] )?ModSecurity: Access denied/],
  ["dns.error", /^(?:send|recv|connect)\(\) failed \(.* while resolving/],
  ["gateway.config_error", /^no resolver defined to resolve /],
  [
    "gateway.config_error",
    /^(?:no port in upstream|invalid URL prefix in|zero length URI to proxy|invalid local address|host not found in upstream)/,
  ],
  ["gateway.config_error", /^(?:bind\(\) to \S+ failed|cannot load certificate|rewrite or internal redirection cycle)/],
  [
    "gateway.config_error",
    /^(?:unknown (?:directive|log format|"[^"]*" variable)|invalid (?:number of arguments|parameter|variable name|condition)|unexpected (?:end of file|"[^"]*"), |directive "|"[^"]*" directive is (?:duplicate|not allowed)|duplicate (?:upstream|location|MIME)|no "ssl_certificate" is defined|still could not bind|open\(\) "[^"]*" failed \(13: )/,
  ],
  // Selection and the gateway's own resources.
  ["gateway.no_healthy_backend", /^no live upstreams/],
  ["gateway.backend_ejected", /^upstream server temporarily disabled/],
  ["gateway.fd_exhausted", /^(?:socket\(\)|accept4?\(\)|epoll_\w+\(\)|open\(\)).* failed \((?:24|23): Too many open files/],
  ["gateway.overloaded", /^\d+ worker_connections are not enough/],
  ["gateway.source_port_exhausted", /^(?:connect\(\)|bind\().* failed \(99: Cannot assign requested address\)/],
  // Connecting.
  ["connect.unix_socket", /^connect\(\) to unix:\S+ failed \((?:2|13): /],
  ["connect.backlog_full", /^connect\(\) to unix:\S+ failed \(11: /],
  ["connect.acl_denied", /^connect\(\)(?: to \S+)? failed \((?:13|1): /],
  ["connect.refused", /^(?:kevent\(\) reported that )?connect\(\)(?: to \S+)? failed \((?:111|61|146|10061): /],
  ["connect.reset", /^(?:kevent\(\) reported that )?connect\(\)(?: to \S+)? failed \((?:104|54): /],
  ["connect.timeout", /^connect\(\)(?: to \S+)? failed \((?:110|60): /],
  ["connect.timeout", /^upstream timed out \(.* while connecting to upstream/],
  ["connect.host_unreachable", /^connect\(\)(?: to \S+)? failed \((?:113|65|112|64): /],
  ["connect.net_unreachable", /^connect\(\)(?: to \S+)? failed \((?:101|51|100|50): /],
  ["connect.failed", /^connect\(\)(?: to \S+)? failed \(/],
  // TLS with the backend, and with the client.
  ["tls.handshake_timeout", /^upstream timed out \(.* while SSL handshaking to upstream/],
  ["tls.closed_in_handshake", /^peer closed connection in SSL handshake.* while SSL handshaking to upstream/],
  ["tls.cert_expired", /^upstream SSL certificate verify error: \(10:/],
  ["tls.cert_name_mismatch", /^upstream SSL certificate does not match "/],
  ["tls.cert_untrusted", /^upstream SSL certificate verify error: \(/],
  ["tls.protocol_mismatch", failedHandshake(/wrong version number|http request|packet length too long|unknown protocol/)],
  ["tls.sni_unrecognized", failedHandshake(/unrecognized name|SSL alert number 112/)],
  ["tls.client_cert_required", failedHandshake(/certificate required|SSL alert number 116|bad certificate/)],
  [
    "tls.version_or_cipher",
    failedHandshake(
      /handshake failure|alert number 40|protocol version|alert number 70|unsupported protocol|no shared cipher|dh key too small/,
    ),
  ],
  ["tls.handshake_failed", /^SSL_do_handshake\(\) failed .* while SSL handshaking to upstream/],
  ["tls.handshake_failed", /^peer closed connection in SSL handshake .*to upstream/],
  ["client.tls_handshake_failed", /^(?:SSL_do_handshake\(\) failed|peer closed connection in SSL handshake) .* while SSL handshaking/],
  ["tls.mid_stream_error", /^SSL_(?:read|write|shutdown)\(\) failed/],
  // Writing the request.
  ["write.timeout", /^upstream timed out \(.* while sending request to upstream/],
  ["write.reset", /^(?:writev|send|sendfile|readv|recv)\(\) failed \((?:32|104|54): .* while sending request to upstream/],
  // The answer's head.
  ["head.timeout", /^upstream timed out \(.* while (?:reading response header from|reading response from) upstream/],
  ["head.closed", /^upstream prematurely closed connection while (?:reading response header from|sending request to) upstream/],
  ["head.reset", /^(?:recv|readv)\(\) failed \((?:104|54): .* while reading response header from upstream/],
  ["head.too_large", /^upstream sent too big (?:header|early hints)/],
  ["head.not_http", /^upstream sent no valid HTTP\/1\.0 header/],
  ["head.bad_framing", /^upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time/],
  ["head.bad_framing", /^upstream sent (?:invalid "Content-Length" header|duplicate header line: "(?:Content-Length|Transfer-Encoding))/i],
  ["head.bad_transfer_coding", /^upstream sent unknown "Transfer-Encoding"/],
  ["head.bad_field", /^upstream sent (?:invalid header|duplicate header line)/],
  ["head.bad_status_line", /^upstream sent (?:invalid|unexpected|duplicate|no) (?::status|status)/],
  ["tls.protocol_mismatch", /^upstream prematurely sent response/],
  // The answer's body.
  ["body.idle_timeout", /^upstream timed out \(.* while reading upstream/],
  ["tunnel.idle_timeout", /^upstream timed out \(.* while proxying (?:upgraded )?connection/],
  ["body.truncated", /^upstream prematurely closed connection while reading upstream/],
  ["body.reset", /^(?:recv|readv)\(\) failed \((?:104|54): .* while (?:reading upstream|proxying)/],
  ["body.bad_chunk", /^upstream sent invalid chunked response/],
  ["body.excess_bytes", /^upstream sent (?:more data than specified in|data after)/],
  ["trailers.too_large", /^upstream sent too big trailers/],
  ["trailers.invalid", /^upstream sent (?:invalid trailer|trailer without)/],
  // HTTP/2, gRPC, FastCGI.
  ["head.h2_error", /^upstream (?:rejected request with error \d+|sent goaway with error \d+|prematurely closed stream|violated )/],
  ["head.closed", /^upstream prematurely closed FastCGI (?:stdout|request)/],
  ["head.not_http", /^upstream sent (?:unsupported FastCGI protocol version|invalid FastCGI record type|unexpected FastCGI record)/],
  [
    "head.h2_error",
    /^upstream sent (?:unexpected|invalid|too (?:large|short|many)|frame for|truncated|zero|headers frame|data frame|settings frame|ping frame|goaway frame|window update|rst stream|http2)/,
  ],
  ["origin.app_stderr", /^FastCGI sent in stderr: /],
  // Clients, and what the rules of the config say to them.
  ["client.closed_waiting", /^(?:epoll_wait\(\) reported that |kevent\(\) reported that )?client (?:prematurely )?closed connection/],
  ["client.slow_reader", /^client timed out .* while sending to client/],
  ["client.body_too_large", /^client intended to send too large body/],
  ["client.header_too_large", /^client sent too (?:long|large) (?:header|URI|cookie)/],
  ["client.denied", /^(?:limiting (?:requests|connections)|access forbidden by rule)/],
];

/** Errors and warnings by their level that are no failure of the gateway's: pages that are not there, bodies kept on disk, connections that clients ended between two requests. */
export const NGINX_QUIET: RegExp =
  /^(?:open\(\) "[^"]*" failed \((?:2|20|36): |"[^"]*" is (?:not found|forbidden) \((?:2|20): |directory index of "[^"]*" is forbidden|an? (?:upstream response|client request body) is buffered to a temporary file |SSL_(?:read|shutdown)\(\) failed .* while (?:waiting for request|keepalive|closing request|processing HTTP\/2 connection))/;
