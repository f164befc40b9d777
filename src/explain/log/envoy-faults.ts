import { faultOfBackendStatus } from "./access.ts";
import { inOrder } from "./in-order.ts";
import type { AnyFaultId } from "./log-event.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** What Envoy's access log says of how a request or a connection ended, whichever way its format writes it. */
export interface EnvoyEnd {
  /** 0: Envoy sent none; null: a connection that was not read as HTTP. */
  readonly status: number | null;
  /** `%RESPONSE_FLAGS%`, short or long: `UF,URX`, `-`. */
  readonly flags: string;
  /** `%RESPONSE_CODE_DETAILS%`; empty where the format has none. */
  readonly details: string;
  /** `%UPSTREAM_TRANSPORT_FAILURE_REASON%`; empty where there is none. */
  readonly transport: string;
  /** The backend's own time is there, as it is only where it answered. */
  readonly wasAnswered: boolean;
}

/** Null: nothing went wrong. Details say more than flags do, and the transport's own words say more than both. */
export function faultOfEnvoy(end: EnvoyEnd): AnyFaultId | null {
  const { details, transport, status } = end;
  const flags = shortFlags(end.flags);
  if (flags.length === 0 && (status === null || status < 400)) return null;
  // A flag beside it tells of what came after the head.
  if (details.startsWith("via_upstream") && (flags.length === 0 || (status !== null && status >= 500))) return ofBackend(status);
  const text = `${details} ${transport}`;
  if (flags.includes("UF") || text.includes("connection_failure") || text.includes("TLS")) {
    const found = faultOfWords(CONNECTING, text);
    if (found !== null) return found;
    if (flags.includes("UF")) return "connect.failed";
  }
  const detailed = faultOfWords(DETAILS, details);
  if (detailed !== null) return inStage(detailed, end);
  for (const flag of FLAG_ORDER) if (flags.includes(flag)) return inStage(FLAGS[flag] ?? null, end);
  if (flags.length > 0) return status !== null && status >= 500 ? ofStatus(status) : null;
  return end.wasAnswered ? ofBackend(status) : ofStatus(status);
}

/** The answer is the backend's own. */
function ofBackend(status: number | null): AnyFaultId | null {
  return status === null ? null : faultOfBackendStatus(status);
}

/** Envoy's own answer, or one of which it does not say whose it is. */
function ofStatus(status: number | null): AnyFaultId | null {
  if (status === null || status < 500) return null;
  return status === 500
    ? "answer.500"
    : status === 502
      ? "answer.502"
      : status === 503
        ? "answer.503"
        : status === 504
          ? "answer.504"
          : "answer.5xx";
}

/** The same end in the middle of a body or of a tunnel is another fault, and a client that leaves a tunnel ends it as it should. */
function inStage(fault: AnyFaultId | null, { status, details }: EnvoyEnd): AnyFaultId | null {
  if (fault === null) return null;
  // 101: an Upgrade, as of a WebSocket.
  const isTunnel = status === null || status === 101;
  if (fault === "client.closed_waiting") return isTunnel ? null : status === 0 ? fault : "client.closed_during_response";
  const isBefore = details.startsWith("upstream_reset_before_response_started");
  const hasBegun =
    details.startsWith("upstream_reset_after_response_started") || (!isBefore && status !== null && status > 0 && status < 500);
  if (!isTunnel && !hasBegun) return fault === "body.idle_timeout" || fault === "body.deadline" ? "head.timeout" : fault;
  if (fault === "body.idle_timeout") return isTunnel ? "tunnel.idle_timeout" : status === 408 ? "client.body_timeout" : fault;
  if (fault === "head.closed" || fault === "head.h2_error") return isTunnel ? "tunnel.reset" : "body.reset";
  return fault === "head.invalid" ? "body.invalid" : fault;
}

/** What the socket or TLS said, with underscores for spaces in newer versions, and by number in older ones. */
const CONNECTING: WordRules = [
  ["connect.refused", /connect[_ ]error:[_ ]?(?:111|61|Connection[_ ]refused)/i],
  ["connect.timeout", /connect[_ ]error:[_ ]?(?:110|60|Connection[_ ]timed)|connection[_ ]timeout/i],
  ["connect.host_unreachable", /connect[_ ]error:[_ ]?(?:113|No[_ ]route)/i],
  ["connect.net_unreachable", /connect[_ ]error:[_ ]?(?:101|Network[_ ]is)/i],
  ["connect.reset", /connect[_ ]error:[_ ]?(?:104|Connection[_ ]reset)/i],
  ["connect.unix_socket", /connect[_ ]error:[_ ]?(?:2\b|No[_ ]such[_ ]file)/i],
  ["connect.acl_denied", /connect[_ ]error:[_ ]?(?:13\b|1\b|Permission[_ ]denied|Operation[_ ]not[_ ]permitted)/i],
  ["gateway.source_port_exhausted", /connect[_ ]error:[_ ]?(?:99\b|Cannot[_ ]assign)/i],
  ["gateway.fd_exhausted", /connect[_ ]error:[_ ]?(?:24\b|Too[_ ]many[_ ]open)/i],
  ["gateway.helper_failed", /Secret[_ ]is[_ ]not[_ ]supplied[_ ]by[_ ]SDS/i],
  ["tls.cert_expired", /certificate[_ ]has[_ ]expired|CERTIFICATE_EXPIRED/i],
  ["tls.cert_not_yet_valid", /certificate[_ ]is[_ ]not[_ ]yet[_ ]valid/i],
  ["tls.cert_name_mismatch", /verify[_ ]SAN|SAN[_ ]match/i],
  ["tls.client_cert_required", /CERTIFICATE_REQUIRED|ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNKNOWN_CA)/],
  ["tls.cert_untrusted", /CERTIFICATE_VERIFY_FAILED|unable[_ ]to[_ ]get[_ ]local[_ ]issuer/i],
  ["tls.protocol_mismatch", /WRONG_VERSION_NUMBER|HTTP_REQUEST/],
  ["tls.sni_unrecognized", /UNRECOGNIZED_NAME/],
  ["tls.version_or_cipher", /HANDSHAKE_FAILURE|ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_(?:SHARED_CIPHER|CIPHERS)|NO_COMMON/],
  ["tls.handshake_failed", /TLS[_ ]error/],
  ["connect.failed", /connection[_ ]failure/],
];

const DETAILS: WordRules = [
  ["gateway.upstream_limit", /\{overflow/],
  ["connect.timeout", /\{connection[_ ]timeout/],
  ["head.too_large", inOrder(/\{protocol[_ ]error/, /headers?_(?:size|count)|too_many_headers|headers_too_large/)],
  ["head.invalid", /\{protocol[_ ]error/],
  ["head.h2_error", /\{remote[_ ](?:refused[_ ]stream[_ ])?reset/],
  ["head.closed", /\{(?:remote[_ ])?connection[_ ]termination/],
  ["gateway.overloaded", /\{overload[_ ]manager|^overload|drop_overload/],
  ["head.timeout", /^(?:upstream_)?response_timeout|^upstream_per_try_(?:idle_)?timeout/],
  ["body.idle_timeout", /^stream_idle_timeout/],
  ["body.deadline", /^(?:upstream_)?max_(?:stream_)?duration(?:_reached|_timeout)|^duration_timeout/],
  ["gateway.no_healthy_backend", /^no_healthy_upstream/],
  ["gateway.no_route", /^route(?:_configuration)?_not_found|^filter_chain_not_found/],
  ["gateway.config_error", /^cluster_not_found/],
  ["dns.error", /^dns_resolution_fail/],
  ["gateway.helper_failed", /^ext_authz_error|^ext_proc_error|^rate_?limit(?:er)?_error/],
  [
    "client.denied",
    /^(?:rbac_access_denied|ext_authz_denied|jwt_authn|local_rate_limited|request_rate_limited|rate_limited|upgrade_failed)/,
  ],
  ["client.closed_waiting", /^downstream_(?:remote|local)_disconnect/],
  ["client.request_timeout", /^(?:request|downstream)_header_timeout/],
  ["client.body_timeout", /^request_overall_timeout/],
  ["client.body_too_large", /^request_payload_(?:too_large|exceeded_retry_buffer_limit)/],
  ["client.header_too_large", /^http[12]\.(?:headers_too_large|too_many_headers)/],
  [
    "client.bad_request",
    /^http[123]\.|^(?:low_version|missing_host_header|missing_path|invalid_path|absolute_path|path_normalization|request_headers_failed)/,
  ],
  ["head.upgrade_failed", /^websocket_handshake_unsuccessful/],
  ["gateway.local_response", /^(?:fault_filter_abort|maintenance_mode)/],
];

const FLAGS: Readonly<Record<string, AnyFaultId | null>> = {
  UF: "connect.failed",
  UH: "gateway.no_healthy_backend",
  UO: "gateway.upstream_limit",
  NR: "gateway.no_route",
  NC: "gateway.config_error",
  NFCF: "gateway.config_error",
  DF: "dns.error",
  UT: "head.timeout",
  UC: "head.closed",
  UR: "head.h2_error",
  UPE: "head.invalid",
  SI: "body.idle_timeout",
  UMSDR: "body.deadline",
  DT: "body.deadline",
  LH: "gateway.backend_down",
  LR: "answer.503",
  OM: "gateway.overloaded",
  DO: "gateway.overloaded",
  UDO: "gateway.overloaded",
  RLSE: "gateway.helper_failed",
  RL: "client.denied",
  UAEX: "client.denied",
  DPE: "client.bad_request",
  IH: "client.bad_request",
  FI: "gateway.local_response",
  DC: "client.closed_waiting",
  DR: "client.closed_waiting",
  URX: "gateway.retries_exhausted",
  // A delay that was asked for, and an answer out of the cache.
  DI: null,
  RFCF: null,
};
/** Of several, the one that says most. */
const FLAG_ORDER: readonly string[] = Object.keys(FLAGS);

const LONG_FLAGS: Readonly<Record<string, string>> = {
  FailedLocalHealthCheck: "LH",
  NoHealthyUpstream: "UH",
  UpstreamRequestTimeout: "UT",
  LocalReset: "LR",
  UpstreamRemoteReset: "UR",
  UpstreamConnectionFailure: "UF",
  UpstreamConnectionTermination: "UC",
  UpstreamOverflow: "UO",
  NoRouteFound: "NR",
  DelayInjected: "DI",
  FaultInjected: "FI",
  RateLimited: "RL",
  UnauthorizedExternalService: "UAEX",
  RateLimitServiceError: "RLSE",
  DownstreamConnectionTermination: "DC",
  UpstreamRetryLimitExceeded: "URX",
  StreamIdleTimeout: "SI",
  InvalidEnvoyRequestHeaders: "IH",
  DownstreamProtocolError: "DPE",
  UpstreamMaxStreamDurationReached: "UMSDR",
  ResponseFromCacheFilter: "RFCF",
  NoFilterConfigFound: "NFCF",
  DurationTimeout: "DT",
  UpstreamProtocolError: "UPE",
  NoClusterFound: "NC",
  OverloadManager: "OM",
  OverloadManagerTerminated: "OM",
  DnsResolutionFailed: "DF",
  DropOverload: "DO",
  DownstreamRemoteReset: "DR",
  UnconditionalDropOverload: "UDO",
};

function shortFlags(flags: string): readonly string[] {
  if (flags === "-" || flags === "") return NONE;
  return flags.split(",").map((flag) => LONG_FLAGS[flag] ?? flag);
}

const NONE: readonly string[] = [];
