import { isIP, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { checkServerIdentity, connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Interruption } from "../core/ledger.ts";
import { interruptionOf } from "./errno.ts";
import { type WireEvidence, WitnessedStream } from "./witnessed-stream.ts";

export interface TlsOptions {
  /** The name (sent as SNI) or IP address (not sent, RFC 6066 section 3) that the certificate must be for. */
  readonly serverName: string;
  /** Accept any certificate. */
  readonly insecure: boolean;
  readonly timeoutMs: number;
  /** Application protocols to offer, best first; empty: no ALPN. */
  readonly alpn: readonly string[];
  /** PEM certificates to trust instead of Node's own; null: Node's, with NODE_EXTRA_CA_CERTS. */
  readonly ca: readonly string[] | null;
  /** Ends the handshake as `left`. */
  readonly signal: AbortSignal | null;
}

export type TlsOutcome =
  | { readonly socket: TLSSocket; readonly seen: WireEvidence }
  | { readonly interruption: Interruption; readonly seen: WireEvidence };

/**
 * Does a TLS handshake as client over a connection, which may itself be TLS, and whose unread bytes (`unshift`) are read first.
 * Owns the connection from here on: it is destroyed with the TLS socket, and whenever the handshake fails.
 *
 * A failed handshake tells how it ended and what the peer sent:
 *
 *     FIN                              closed
 *     RST                              reset
 *     nothing, or half a record        timeout
 *     an alert, or bytes that are not TLS   errno ERR_SSL_...: the bytes in `seen` say which
 *     a certificate we do not accept   errno CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT, ERR_TLS_CERT_ALTNAME_INVALID, ...
 *
 * A TLS socket that comes back is paused, half-open like the connection (`end()` sends close_notify and FIN, and reading goes
 * on), and has one `error` listener that does nothing. It reports an error in mid-stream without being destroyed by it: that is
 * for its owner to do. Under TLS 1.3 a server that refuses us for want of a client certificate says so only after this.
 */
export function startTls(socket: Socket, options: TlsOptions): Promise<TlsOutcome> {
  return new Promise((resolve) => new TlsHandshake(socket, options, resolve).start());
}

class TlsHandshake {
  readonly #stream: WitnessedStream;
  readonly #tls: TLSSocket;
  readonly #options: TlsOptions;
  readonly #resolve: (outcome: TlsOutcome) => void;
  readonly #startedAt = performance.now();
  #deadline: NodeJS.Timeout | undefined;
  #lastTurn: NodeJS.Immediate | undefined;

  constructor(socket: Socket, options: TlsOptions, resolve: (outcome: TlsOutcome) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#stream = new WitnessedStream(socket);
    const name = options.serverName.replace(/\.$/, "");
    this.#tls = connect({
      socket: this.#stream,
      secureContext: options.ca === null ? defaultContext() : createSecureContext({ ca: [...options.ca] }),
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(options.alpn.length > 0 ? { ALPNProtocols: [...options.alpn] } : {}),
      checkServerIdentity: (_name, certificate) => checkServerIdentity(name, certificate),
      rejectUnauthorized: false, // #judge() decides
    });
  }

  start(): void {
    this.#tls.once("secureConnect", this.#judge);
    this.#tls.on("error", this.#fail);
    this.#tls.once("close", this.#close);
    this.#deadline = setTimeout(this.#expire, this.#options.timeoutMs);
    this.#options.signal?.addEventListener("abort", this.#leave);
    if (this.#options.signal?.aborted) this.#leave();
  }

  readonly #judge = (): void => {
    // The declaration says Error; it is the code.
    const refusal = this.#tls.authorizationError as unknown as string | null;
    if (refusal === null || this.#options.insecure) this.#settle(null);
    else this.#settle({ how: "errno", code: refusal });
  };

  readonly #fail = (error: Error): void => {
    const interruption = interruptionOf(error);
    // Node makes an ECONNRESET of a FIN during the handshake.
    this.#settle(interruption.how === "reset" && this.#stream.peerEnded ? { how: "closed" } : interruption);
  };

  readonly #close = (): void => this.#settle({ how: "closed" });

  readonly #leave = (): void => this.#settle({ how: "left" });

  // One turn of the event loop later, so that an answer that came while this process was busy counts.
  readonly #expire = (): void => {
    this.#lastTurn = setImmediate(() => {
      this.#settle({ how: "timeout", afterMs: Math.round(performance.now() - this.#startedAt) });
    });
  };

  #settle(interruption: Interruption | null): void {
    clearTimeout(this.#deadline);
    clearImmediate(this.#lastTurn);
    this.#options.signal?.removeEventListener("abort", this.#leave);
    const tls = this.#tls;
    tls.off("secureConnect", this.#judge).off("error", this.#fail).off("close", this.#close);
    tls.on("error", ignore);
    if (interruption === null) {
      tls.pause();
      this.#resolve({ socket: tls, seen: this.#stream });
    } else {
      tls.destroy();
      this.#stream.destroy();
      this.#resolve({ interruption, seen: this.#stream });
    }
  }
}

let sharedContext: SecureContext | undefined;

/** Node's trusted certificates are loaded once: a context of its own for every connection costs more than the handshake's arithmetic. */
function defaultContext(): SecureContext {
  sharedContext ??= createSecureContext();
  return sharedContext;
}

function ignore(): void {}
