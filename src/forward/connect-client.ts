import type { AttributedFault } from "../core/ledger.ts";
import type { RawFields } from "../core/message.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { replyWithFault } from "../exchange/reply.ts";
import type { TunnelClient } from "../exchange/tunnel-client.ts";
import type { ClientObserver, ClientStream } from "../net/client-stream.ts";
import type { Connection } from "../net/connection.ts";

/** A client that asked by CONNECT (RFC 9110 9.3.6). */
export class ConnectClient implements TunnelClient {
  readonly #stream: ClientStream;

  constructor(stream: ClientStream) {
    this.#stream = stream;
  }

  get requestBytes(): number {
    return this.#stream.head.bytes;
  }

  observe(observer: ClientObserver): void {
    this.#stream.observe(observer);
  }

  open(status: RawFields): Connection {
    const reply = {
      status: 200,
      reason: "Connection established",
      fields: [],
      lines: null,
      framing: { kind: "none" },
      upgrade: null,
      extra: status,
    } as const;
    this.#stream.reply(reply);
    return this.#stream.takeOver();
  }

  refuse(exchange: Exchange, attributed: AttributedFault): void {
    replyWithFault(exchange, this.#stream, attributed);
  }
}
