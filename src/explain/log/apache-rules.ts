import type { AnyFaultId } from "./log-event.ts";

/** What a message of Apache's means. */
export interface ApacheRule {
  /** Null: nothing that anybody has to know. */
  readonly fault: AnyFaultId | null;
  /** Numbers of the system's or APR's error, `EAI 2` of name resolution; none: any, or none at all. */
  readonly errnos?: readonly string[];
  readonly words?: RegExp;
  /** True: only where the line speaks of a connection that Apache opened; false: only of a client's. */
  readonly ofBackend?: boolean;
  /** Only a consequence where the same thread has just said more. */
  readonly follows?: true;
}

/** The system's numbers are those of Linux, of BSD and macOS, and of Windows. */
const TIMEOUT = ["70007", "110", "60", "OS 10060"];
const CLOSED = ["70014"];
const PARTIAL = ["70008", "70014"];
const RESET = ["104", "54", "OS 10054"];
const BROKEN = ["32", ...RESET];
/** APR's `Internal error`: of a line where nothing was to be read; of a write that TLS refused. */
const INTERNAL = ["20014"];

const CONNECT: readonly ApacheRule[] = [
  { fault: "connect.refused", errnos: ["111", "61", "OS 10061"] },
  { fault: "connect.timeout", errnos: TIMEOUT },
  { fault: "connect.host_unreachable", errnos: ["113", "65", "OS 10065"] },
  { fault: "connect.net_unreachable", errnos: ["101", "51", "OS 10051"] },
  { fault: "connect.acl_denied", errnos: ["13", "1", "OS 10013"] },
  { fault: "connect.reset", errnos: RESET },
  { fault: "gateway.source_port_exhausted", errnos: ["99"] },
  { fault: "gateway.fd_exhausted", errnos: ["23", "24"] },
  { fault: "connect.failed" },
];
const NOT_CONNECTED: readonly ApacheRule[] = [{ fault: "connect.failed", follows: true }];
const EJECTED: readonly ApacheRule[] = [{ fault: "gateway.backend_ejected" }];
const NONE_LEFT: readonly ApacheRule[] = [{ fault: "gateway.no_healthy_backend" }];
const BUSY: readonly ApacheRule[] = [{ fault: "gateway.upstream_limit" }];
const MISCONFIGURED: readonly ApacheRule[] = [{ fault: "gateway.config_error" }];
const WORKERS_USED_UP: readonly ApacheRule[] = [{ fault: "gateway.overloaded" }];
const NOT_RECEIVED: readonly ApacheRule[] = [
  { fault: "client.body_timeout", errnos: TIMEOUT, follows: true },
  { fault: "client.closed_during_request", follows: true },
];
const NOT_PASSED_ON: readonly ApacheRule[] = [{ fault: "write.reset", follows: true }];
const NO_HEAD: readonly ApacheRule[] = [
  { fault: "head.timeout", errnos: TIMEOUT },
  { fault: "head.reset", errnos: RESET },
  { fault: "head.closed" },
];
const DENIED: readonly ApacheRule[] = [{ fault: "client.denied" }];
const BAD_REQUEST: readonly ApacheRule[] = [{ fault: "client.bad_request" }];
const APPLICATION: readonly ApacheRule[] = [
  { fault: "gateway.config_error", words: /Primary script unknown/ },
  { fault: null, words: /^Got error '(?:PHP message: )?PHP (?:Warning|Notice|Deprecated)(?!.*PHP (?:Fatal|Parse))/ },
  { fault: "origin.app_stderr" },
];

/** The end of a request, with the reason that its client reads on the page. */
const RETURNED: readonly ApacheRule[] = [
  // ProxyPass / http://10.0.0.2:8080, without a slash at its end.
  { fault: "gateway.config_error", words: /^DNS lookup failure for: \S*:\d+[^\d\s]/ },
  { fault: "dns.nxdomain", errnos: ["EAI 2", "EAI 5"], words: /^DNS lookup failure/ },
  { fault: "dns.error", words: /^DNS lookup failure/ },
  { fault: "head.closed", words: /^Error reading from remote server/, follows: true },
  { fault: "tls.handshake_failed", words: /^Error during SSL Handshake/, follows: true },
  { fault: "head.bad_status_line", words: /^Corrupt status line/ },
  { fault: "head.timeout", words: /^Timeout on 100-Continue/ },
  { fault: "head.upgrade_failed", words: /^Unexpected Upgrade/ },
  { fault: "head.bad_field", words: /^Malformed connection header/ },
  { fault: "head.unexpected_1xx", words: /^Too many \(\d+\) interim responses/ },
  { fault: "gateway.loop_detected", words: /^Max-Forwards has reached zero/ },
  { fault: "client.denied", words: /^Connect to remote machine blocked/ },
  { fault: "client.bad_request", words: /^URI cannot be parsed/ },
];

/** By the number behind `AH`; the first that is met counts. */
export const CODED: Readonly<Record<string, readonly ApacheRule[]>> = {
  // Connecting.
  "00957": CONNECT,
  "00958": CONNECT,
  "02454": [
    { fault: "connect.refused", errnos: ["111"] },
    { fault: "connect.backlog_full", errnos: ["11"] },
    { fault: "connect.unix_socket" },
  ],
  "01114": NOT_CONNECTED,
  "01079": NOT_CONNECTED,
  "00896": NOT_CONNECTED,
  "00866": NOT_CONNECTED,
  "02452": NOT_CONNECTED,
  "10101": NOT_CONNECTED,
  "00950": [{ fault: "handshake.connect_rejected" }],
  // Which backend.
  "00959": EJECTED,
  "01174": EJECTED,
  "02460": EJECTED,
  "00940": NONE_LEFT,
  "01167": NONE_LEFT,
  "01170": NONE_LEFT,
  "01171": MISCONFIGURED,
  "00934": BUSY,
  "00941": BUSY,
  "01144": MISCONFIGURED,
  "00898": RETURNED,
  // Writing the request: what the client does not send ends here too.
  "01095": NOT_RECEIVED,
  "02608": NOT_RECEIVED,
  "01086": NOT_RECEIVED,
  "01084": [
    { fault: "tls.handshake_failed", errnos: INTERNAL, follows: true },
    { fault: "write.timeout", errnos: TIMEOUT },
    { fault: "write.reset", follows: true },
  ],
  "01096": NOT_PASSED_ON,
  "01097": NOT_PASSED_ON,
  "10154": NOT_PASSED_ON,
  // The answer's head.
  "01102": [{ fault: "head.closed_empty", errnos: INTERNAL }, ...NO_HEAD],
  "10404": [
    { fault: "head.timeout", errnos: TIMEOUT },
    { fault: "head.reset", errnos: RESET },
    { fault: "head.truncated", errnos: CLOSED },
    { fault: "head.bad_field" },
  ],
  "10124": [{ fault: "head.field_too_large" }],
  "01106": [{ fault: "head.bad_field", follows: true }],
  "01098": [{ fault: "head.bad_field" }],
  "01100": [{ fault: "head.bad_field" }],
  "02429": [{ fault: "head.bad_field" }],
  "02430": [{ fault: "head.bad_field" }],
  "01099": [{ fault: "head.not_http" }],
  "02476": [{ fault: "head.bad_transfer_coding" }],
  // Its body.
  "01110": [
    { fault: "body.idle_timeout", errnos: TIMEOUT },
    { fault: "body.reset", errnos: RESET },
    { fault: "body.truncated", errnos: PARTIAL },
    { fault: "body.invalid" },
  ],
  "10293": [{ fault: "body.truncated" }],
  "02475": [{ fault: "body.bad_chunk" }],
  // TLS.
  "01961": MISCONFIGURED,
  "00961": [{ fault: "gateway.config_error", follows: true }],
  "02003": [{ fault: "tls.handshake_failed", follows: true }],
  "02004": [{ fault: "tls.cert_expired" }],
  "02005": [{ fault: "tls.cert_name_mismatch" }],
  "02411": [{ fault: "tls.cert_name_mismatch" }],
  "02039": [
    { fault: "client.tls_handshake_failed", ofBackend: false },
    { fault: "tls.cert_not_yet_valid", words: /Error \(9\)/ },
    { fault: "tls.cert_expired", words: /Error \(10\)/ },
    { fault: "tls.cert_name_mismatch", words: /Error \(62\)/ },
    { fault: "tls.cert_untrusted" },
  ],
  "02268": [{ fault: "tls.client_cert_required" }],
  "02008": [{ fault: "client.tls_handshake_failed", ofBackend: false }],
  // FastCGI, AJP, CGI.
  "01067": NO_HEAD,
  "01068": [{ fault: "head.not_http" }],
  "01069": [{ fault: "head.not_http" }],
  "01070": [{ fault: "head.bad_field" }],
  "01071": APPLICATION,
  "01075": [
    { fault: "client.closed_during_request", words: /reading input brigade/ },
    { fault: "head.timeout", errnos: TIMEOUT, follows: true },
    { fault: "write.reset", errnos: BROKEN, words: /sending/, follows: true },
    { fault: "head.closed", follows: true },
  ],
  // The third line of the three has the backend.
  "01030": [{ fault: null }],
  "00992": [{ fault: null }],
  "00878": NO_HEAD,
  "01215": [{ fault: "origin.app_stderr" }],
  "01220": [{ fault: "head.timeout" }],
  // Clients.
  "01382": [{ fault: "client.body_timeout", words: /^Request body/ }, { fault: "client.request_timeout" }],
  "01587": [{ fault: "client.body_too_large" }],
  "01588": [{ fault: "client.body_too_large" }],
  "00561": [{ fault: "client.header_too_large" }],
  "00565": [{ fault: "client.uri_too_long" }],
  "00126": BAD_REQUEST,
  "00135": BAD_REQUEST,
  "10244": BAD_REQUEST,
  "01630": DENIED,
  "01797": DENIED,
  "01276": DENIED,
  // Apache itself.
  "00161": WORKERS_USED_UP,
  "00286": WORKERS_USED_UP,
  "00484": WORKERS_USED_UP,
  "00485": WORKERS_USED_UP,
  "00051": [{ fault: "gateway.internal_error" }],
  "00052": [{ fault: "gateway.internal_error" }],
  "00072": MISCONFIGURED,
  "00526": MISCONFIGURED,
  "00124": MISCONFIGURED,
  "00035": MISCONFIGURED,
};

/** Of modules whose messages have no number. */
export const WORDED: readonly ApacheRule[] = [
  // Apache 2.2 had no numbers.
  ...CONNECT.map((rule) => ({ ...rule, words: /^proxy: \w+: attempt to connect to / })),
  ...NO_HEAD.map((rule) => ({ ...rule, words: /^proxy: error reading status line from remote server / })),
  { fault: "head.closed", words: /^proxy: Error reading from remote server returned by / },
  { fault: "dns.error", words: /^proxy: DNS lookup failure for: / },
  { fault: "gateway.backend_ejected", words: /^ap_proxy_connect_backend disabling worker for / },
  { fault: null, words: /^proxy: \w+: disabled connection for / },
  { fault: "head.closed", words: /^(?:End of script output before headers|Premature end of script headers)/ },
  { fault: "head.bad_field", words: /^malformed header from script/ },
  { fault: "head.timeout", words: /^(?:Timeout waiting for output from CGI script|mod_fcgid: read data timeout)/ },
  { fault: "head.closed", words: /^mod_fcgid: (?:error reading data|.*server closed connection)/ },
  { fault: "gateway.upstream_limit", words: /^mod_fcgid: can't apply process slot/ },
  { fault: "client.body_too_large", words: /^mod_fcgid: HTTP request length .* exceeds MaxRequestLen/ },
  { fault: "origin.app_stderr", words: /^mod_fcgid: stderr: / },
  { fault: "head.timeout", words: /^Timeout when reading response headers from daemon process/ },
  { fault: "head.closed", words: /^Truncated or oversized response headers received from daemon process/ },
  { fault: "connect.unix_socket", words: /^(?:\(\d+\)[^:]*: )?mod_wsgi \(pid=\d+\): Unable to connect to WSGI daemon process/ },
  { fault: "gateway.queue_timeout", words: /^Queue timeout expired for WSGI daemon process/ },
  { fault: "origin.app_stderr", words: /^mod_wsgi \(pid=\d+\): Exception occurred processing WSGI script/ },
  { fault: "origin.app_stderr", words: /^PHP (?:Fatal|Parse) error: / },
  { fault: null, words: /^PHP (?:Warning|Notice|Deprecated|Strict Standards): / },
  { fault: "client.denied", words: /^ModSecurity: Access denied/ },
  { fault: "gateway.backend_down", words: /^Health check DISABLING / },
  { fault: "gateway.config_error", words: /^Syntax error on line \d+ of / },
];
