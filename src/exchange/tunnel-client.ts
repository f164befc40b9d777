import type { AttributedFault } from "../core/ledger.ts";
import type { RawFields } from "../core/message.ts";
import type { ClientObserver } from "../net/client-stream.ts";
import type { Connection } from "../net/connection.ts";
import type { Exchange } from "./exchange.ts";

/** A client that asked for a tunnel, by CONNECT or SOCKS, and waits for the word. */
export interface TunnelClient {
  observe(observer: ClientObserver): void;
  /** Bytes of the request for the tunnel. */
  readonly requestBytes: number;
  /** Says that the tunnel is open, with what `Proxy-Status` has to tell where the protocol has room for it. */
  open(status: RawFields): Connection;
  /** Says why not, and ends the exchange. */
  refuse(exchange: Exchange, attributed: AttributedFault): void;
}
