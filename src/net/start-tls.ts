import { isIP, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import type { Interruption } from "../core/ledger.ts";
import type { CancelSignal } from "./cancellation.ts";
import { interruptionOf } from "./errno.ts";
import { type WireEvidence, WitnessedStream } from "./witnessed-stream.ts";

export interface TlsOptions {
  /** The name (sent as SNI) or IP address (not sent, RFC 6066 section 3) that the certificate must be for. */
  readonly serverName: string;
  /** Accept any certificate; `public`: and nothing that is said is a secret, so that the cheapest key exchange will do. */
  readonly insecure: boolean | "public";
  readonly timeoutMs: number;
  /** Application protocols to offer, best first; empty: no ALPN. */
  readonly alpn: readonly string[];
  /** PEM certificates to trust besides Node's own and those of NODE_EXTRA_CA_CERTS; null: none. */
  readonly ca: readonly string[] | null;
  /** Ends the handshake as `left`. */
  readonly signal: CancelSignal | null;
}

export type TlsOutcome =
  /** `seen` goes on counting, and tells at the end whether the stream was `truncated`. */
  { readonly socket: TLSSocket; readonly seen: WireEvidence } | { readonly interruption: Interruption; readonly seen: WireEvidence };

/**
 * Does a TLS handshake as client over a connection, which may itself be TLS, and whose unread bytes (`unshift`) are read first.
 * Owns the connection from here on: it is destroyed with the TLS socket, and whenever the handshake fails.
 *
 * A failed handshake tells how it ended and what the peer sent:
 *
 *     FIN                                   closed
 *     RST                                   reset
 *     nothing, or half a record             timeout
 *     an alert, or bytes that are not TLS   errno ERR_SSL_...; the bytes in `seen` say which
 *     a certificate that we do not accept   errno CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT, ERR_TLS_CERT_ALTNAME_INVALID ...
 *
 * A TLS socket that comes back is paused and has one `error` listener that does nothing. It is half-open like the connection:
 * `end()` sends close_notify and FIN, and reading goes on. It reports an error in mid-stream without being destroyed by it: that
 * is for its owner to do. Under TLS 1.3 a server that wants a client certificate says so only after this.
 */
export function startTls(socket: Socket, options: TlsOptions): Promise<TlsOutcome> {
  return new Promise((resolve) => new TlsHandshake(socket, options, resolve).start());
}

class TlsHandshake {
  readonly #options: TlsOptions;
  readonly #resolve: (outcome: TlsOutcome) => void;
  readonly #startedAt = performance.now();
  readonly #stream: WitnessedStream;
  #tls: TLSSocket | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #lastTurn: NodeJS.Immediate | undefined;

  constructor(socket: Socket, options: TlsOptions, resolve: (outcome: TlsOutcome) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#stream = new WitnessedStream(socket);
    this.#stream.on("error", ignore); // heard through the TLS socket, while there is one
  }

  start(): void {
    const { signal, timeoutMs } = this.#options;
    if (signal?.aborted) {
      this.#fail({ how: "left" });
      return;
    }
    const tls = connect(this.#connectOptions());
    this.#tls = tls;
    this.#stream.prependOnceListener("end", () => this.#stream.noteEnd(hasEnded(tls)));
    tls.once("secureConnect", this.#judge).on("error", this.#onError).once("close", this.#onClose);
    this.#deadline = setTimeout(this.#onDeadline, timeoutMs);
    signal?.addEventListener("abort", this.#onAbort);
  }

  #connectOptions(): ConnectionOptions {
    const { alpn, ca, insecure, serverName } = this.#options;
    const name = serverName.replace(/\.$/, ""); // RFC 6066 section 3: without the root's dot
    return {
      socket: this.#stream,
      secureContext: insecure === "public" ? publicContext() : contextFor(ca),
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {}),
      checkServerIdentity: (_name, certificate) => checkServerIdentity(name, certificate),
      rejectUnauthorized: false, // #judge decides
    };
  }

  readonly #judge = (): void => {
    const tls = this.#tls as TLSSocket;
    // Declared as an Error; in truth the code.
    const refusal = tls.authorizationError as unknown as string | null;
    if (refusal !== null && !this.#options.insecure) {
      this.#fail({ how: "errno", code: refusal });
      return;
    }
    this.#release();
    tls.pause();
    this.#resolve({ socket: tls, seen: this.#stream });
  };

  readonly #onError = (error: Error): void => {
    // What broke beneath TLS, if it was that, rather than what became of it above.
    const interruption = interruptionOf(this.#stream.errored ?? error);
    // Node makes an ECONNRESET of a FIN during the handshake.
    this.#fail(interruption.how === "reset" && this.#stream.peerEnded ? { how: "closed" } : interruption);
  };

  readonly #onClose = (): void => this.#fail({ how: "closed" });

  readonly #onAbort = (): void => this.#fail({ how: "left" });

  // One turn of the event loop later, so that an answer that came while this process was busy counts.
  readonly #onDeadline = (): void => {
    this.#lastTurn = setImmediate(() => this.#fail({ how: "timeout", afterMs: Math.round(performance.now() - this.#startedAt) }));
  };

  #fail(interruption: Interruption): void {
    this.#release();
    this.#tls?.destroy();
    this.#stream.destroy();
    this.#resolve({ interruption, seen: this.#stream });
  }

  #release(): void {
    clearTimeout(this.#deadline);
    clearImmediate(this.#lastTurn);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#tls?.off("secureConnect", this.#judge).off("error", this.#onError).off("close", this.#onClose).on("error", ignore);
  }
}

/**
 * Whether the TLS layer has seen the end of its own stream, which before the connection's FIN can only come of a close_notify.
 * The public `readableEnded` turns true only once the owner has read all.
 */
function hasEnded(tls: TLSSocket): boolean {
  return (tls as unknown as { _readableState: { ended: boolean } })._readableState.ended;
}

const contexts = new WeakMap<readonly string[], SecureContext>();
const NO_MORE_AUTHORITIES: readonly string[] = [];

/** One context per set of authorities: to load Node's own ones for each connection would cost more than the handshake. */
function contextFor(ca: readonly string[] | null): SecureContext {
  const key = ca ?? NO_MORE_AUTHORITIES;
  let context = contexts.get(key);
  if (context === undefined) {
    context = key.length === 0 ? createSecureContext() : createSecureContext({ ca: [...getCACertificates("default"), ...key] });
    contexts.set(key, context);
  }
  return context;
}

let madePublic: SecureContext | null = null;

function publicContext(): SecureContext {
  madePublic ??= createSecureContext({ ecdhCurve: CHEAP_GROUPS });
  return madePublic;
}

/** Without those that no quantum computer breaks: they cost a fifth of a handshake. */
const CHEAP_GROUPS = "X25519:P-256:P-384:P-521";

function ignore(): void {}
