import type { ListFormat } from "./list-format.ts";
import type { RequestParams } from "./params.ts";
import type { Pacing, PoolSettings } from "./pool-settings.ts";
import type { Exit, ExitScheme } from "./route.ts";
import type { Rule } from "./rule.ts";

/** Limits of one HTTP/1.1 message. Bytes and counts. */
export interface MessageLimits {
  /** Request or status line. */
  readonly lineBytes: number;
  /** One field, name and value. */
  readonly fieldBytes: number;
  /** The whole head. */
  readonly headBytes: number;
  /** Number of fields. */
  readonly fields: number;
  /** All chunk extensions of one body. */
  readonly chunkExtensionBytes: number;
  /** Trailer section. */
  readonly trailerBytes: number;
  /** 1xx responses before the final one. */
  readonly interimResponses: number;
}

/** What RFC 9112 lets a recipient tolerate in responses; each with its reason in config's docs. */
export interface ResponseTolerances {
  /** RFC 9112 2.2: a bare LF ends a line. Default false. */
  readonly bareLf: boolean;
  /** RFC 9112 5.2: replace obs-fold by a space. Default true: allowed to proxies by the RFC. */
  readonly obsFold: boolean;
  /** RFC 9112 5.1: a proxy MUST remove whitespace before the colon. Default true. */
  readonly spaceBeforeColon: boolean;
  /** RFC 9112 6.3: repeated equal Content-Length values collapse into one. Default true. */
  readonly repeatedLength: boolean;
  /** RFC 9112 4: an absent reason phrase with its space missing too. Default true. */
  readonly missingReason: boolean;
}

/** All milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly handshake: number;
  readonly tls: number;
  readonly head: number;
  readonly bodyIdle: number;
  readonly tunnelIdle: number;
  /** From a complete request head to the first byte of the final response; bounds all attempts. */
  readonly total: number;
  /** How long the start of a 5xx answer's body is awaited, to tell who made it. */
  readonly evidence: number;
  /** A tunnel whose client has sent FIN may be silent for this long. */
  readonly tunnelHalfClosed: number;
  /** How long an answer may still come after the client's FIN, which may mean that it left. */
  readonly clientGone: number;
  readonly clientHead: number;
  readonly clientIdle: number;
  /** How long SIGTERM waits for exchanges in flight. */
  readonly drain: number;
  /** A hop's socket that waits for another request. */
  readonly idleSocket: number;
}

export interface AttemptLimits {
  /** Attempts that may have reached the target. */
  readonly max: number;
  /** Attempts that died at an exit, before the target. */
  readonly exits: number;
  /** Bytes of a request body that are kept for replay. */
  readonly replayBytes: number;
  /** Repeats of what may have reached the target, as a share of its recent requests, 0 to 1. */
  readonly budget: number;
  /** So many repeats of one target in some seconds are within the budget whatever its traffic. */
  readonly budgetFloor: number;
}

export interface Limits {
  readonly message: MessageLimits;
  /** Exchanges in flight. */
  readonly exchanges: number;
  readonly exchangesPerClient: number;
  /** Client connections. */
  readonly connections: number;
  /** Idle sockets kept, in all and for one route. */
  readonly idleSockets: number;
  readonly idleSocketsPerRoute: number;
}

/** When a second attempt is made beside one that is slow. */
export interface Hedging {
  /** A share of the target's own answers that are faster, or a time; null: never. */
  readonly after: { readonly quantile: number } | { readonly ms: number } | null;
  /** Second attempts as a share of first ones, at most. */
  readonly maxShare: number;
}

/** A user of the listener: the password in clear, or `scrypt:SALT:HASH` (base64url). */
export interface User {
  readonly name: string;
  readonly password: string;
}

interface ListenerTls {
  readonly cert: string;
  readonly key: string;
}

/** The session of clients that name none, made by their listener. */
export interface ListenerSession {
  /** `port`: each listening port is one. `client`: each client address. Else each value of a request field, by its name in lower case. */
  readonly from: "port" | "client" | { readonly field: string };
  readonly hard: boolean;
  readonly durationMs: number;
}

/** One listening address. */
export interface ListenerSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: ListenerTls | null;
  readonly users: readonly User[];
  /** Networks in CIDR form that may connect; empty: everybody. */
  readonly allow: readonly string[];
  /** Allow `GET https://` in clear text where the listener is not on loopback. */
  readonly allowPlaintextHttps: boolean;
  /** What its clients ask for without saying so: they may narrow it, and name a session of their own. */
  readonly params: RequestParams;
  readonly session: ListenerSession | null;
}

/** Which targets a listener lets through. */
export interface TargetPolicy {
  /** `public`: private, link-local, metadata and own addresses are refused. `any`: all pass. `auto`: `any` on loopback, else `public`. */
  readonly addresses: "auto" | "public" | "any";
  /** Ports for CONNECT and SOCKS; empty: all. */
  readonly tunnelPorts: readonly number[];
  /** `check`: resolve here, and hand the exit the checked address. `allow`: the exit resolves; only literals and names are checked. */
  readonly remoteDns: "check" | "allow";
}

export type DirectMode = "never" | "fallback" | "only";
export type ProxyStatusMode = "failures" | "always" | "never";

/** When a target counts as down, so that it is not asked any more. */
export interface CircuitRules {
  /** Failures through as many exits, or all there are, with next to nothing that worked; 0: never. */
  readonly failures: number;
  /** Networks or providers that those exits are of. */
  readonly kins: number;
  /** Milliseconds: what is older does not count. */
  readonly window: number;
  /** Milliseconds until one request finds out whether it is back; each that fails doubles them, up to `probeMax`. */
  readonly probe: number;
  readonly probeMax: number;
  /** What may decide, in doubt, whether the target or the exits are to blame: nothing, a direct connection, or exits of one `tag`. */
  readonly control: "never" | "direct" | { readonly tag: string };
}

/** What an exchange needs to know, resolved once, frozen, no option behind it. */
export interface ExchangeSettings {
  /** Our name in `Proxy-Status` and `Via`. */
  readonly name: string;
  readonly attempts: AttemptLimits;
  /** The first that matches decides. */
  readonly rules: readonly Rule[];
  readonly pool: PoolSettings;
  readonly pacing: Pacing;
  readonly hedge: Hedging;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  readonly tolerances: ResponseTolerances;
  readonly direct: DirectMode;
  /** Hosts (`.example.com`, `host`, `*`) and networks that go direct, as in NO_PROXY. */
  readonly bypass: readonly string[];
  readonly proxyStatus: ProxyStatusMode;
  readonly via: boolean;
  readonly keepQuery: boolean;
  readonly targets: TargetPolicy;
  readonly circuit: CircuitRules;
  readonly firstFlightReplay: boolean;
  /** PEM certificates to trust besides Node's own for TLS with exits and targets; null: none. */
  readonly ca: readonly string[] | null;
}

/** How the gateway checks its exits. All times in milliseconds. */
export interface CheckSettings {
  /** URLs of judges: the first that is up is asked. */
  readonly judges: readonly string[];
  /** What each exit must be able to fetch, as the command line has it; null: nothing. */
  readonly target: { readonly url: string; readonly status: string | null; readonly body: string | null } | null;
  /** Nobody used an exit for so long: it is checked again. */
  readonly every: number;
  /** Each exit is checked for its honesty once in this time. */
  readonly honestyEvery: number;
  /** Of one check. */
  readonly timeout: number;
  /** Checks at once. */
  readonly concurrent: number;
  /** Of an exit's own limits, 0 to 1, that checks may use. */
  readonly share: number;
  /** How long the start waits for an exit that has passed. */
  readonly wait: number;
}

export interface AdminSettings {
  readonly host: string;
  readonly port: number;
  /** Needed off loopback; null: none. */
  readonly token: string | null;
}

/** What lists have, wherever they are. */
interface ListSettings {
  readonly scheme: ExitScheme;
  readonly format: ListFormat;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether an empty list takes the place of a good one. */
  readonly replaceByEmpty: boolean;
}

/** One place that exits come from. */
export type ExitSource =
  | { readonly kind: "inline"; readonly exits: readonly Exit[] }
  | (ListSettings & { readonly kind: "file"; readonly path: string })
  | (ListSettings & { readonly kind: "url"; readonly url: string; readonly refreshMs: number });

/** The whole configuration, frozen. */
export interface Config {
  readonly listeners: readonly ListenerSettings[];
  readonly admin: AdminSettings | null;
  readonly sources: readonly ExitSource[];
  /** Tier to what its traffic costs per GiB, in a currency of the operator's. */
  readonly prices: Readonly<Record<string, number>>;
  /** Null: exits are not checked before they are used. */
  readonly check: CheckSettings | null;
  readonly exchange: ExchangeSettings;
  readonly log: { readonly format: "text" | "json" };
}
