import { attribute } from "../blame/attribute.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { AttributedFault, HopFailure } from "../core/ledger.ts";
import type { RawFields } from "../core/message.ts";
import type { Route } from "../core/route.ts";
import type { ClientStream } from "../net/client-stream.ts";
import type { ResponseSink } from "../net/response-sink.ts";
import type { Answer } from "./answer.ts";
import type { Engagement, Exchange } from "./exchange.ts";

/** How the relay of an answer's body ended. */
export type RelayEnd =
  | { readonly kind: "complete"; readonly excess: boolean }
  /** A hop broke: the client's response was broken off. */
  | { readonly kind: "broken"; readonly attributed: AttributedFault }
  /** The client left, or stopped reading. */
  | { readonly kind: "left"; readonly attributed: AttributedFault };

/** Looks in one idle limit. */
const LOOKS = 4;

/**
 * Passes the body of an answer on, slice by slice, at the slower side's pace. A response that breaks off is broken off for the
 * client too, so that it is never taken for a whole one.
 */
export function relayBody(exchange: Exchange, stream: ClientStream, answer: Answer, route: Route): RelayEnd | Promise<RelayEnd> {
  return new Relay(exchange, stream, answer, route).start();
}

class Relay implements ResponseSink, Engagement {
  readonly #exchange: Exchange;
  readonly #stream: ClientStream;
  readonly #answer: Answer;
  readonly #route: Route;
  #resolve: ((end: RelayEnd) => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #waitsForClient = false;
  #bytesSeen = -1;
  #quietLooks = 0;
  #end: RelayEnd | null = null;

  constructor(exchange: Exchange, stream: ClientStream, answer: Answer, route: Route) {
    this.#exchange = exchange;
    this.#stream = stream;
    this.#answer = answer;
    this.#route = route;
  }

  /** Most answers are complete with the chunk that brought their head: then there is nothing to wait for. */
  start(): RelayEnd | Promise<RelayEnd> {
    const { start, ending, hop } = this.#answer;
    let room = true;
    for (const slice of start) room = this.#stream.write(slice);
    if (ending === null) hop.takeBody(this);
    else if ("failure" in ending) this.onFailure(ending.failure);
    else this.onComplete(ending.trailers, ending.excess);
    if (this.#end !== null) return this.#end;
    if (!room) this.#waitsForClient = true;
    this.#stream.flush();
    this.#exchange.engagement = this;
    const { bodyIdle } = this.#exchange.context.settings.timeouts;
    this.#timer = setInterval(() => this.#look(), Math.max(1, Math.ceil(bodyIdle / LOOKS)));
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onSlice(slice: Buffer): boolean {
    const room = this.#stream.write(slice);
    if (!room) this.#waitsForClient = true;
    return room;
  }

  onComplete(trailers: RawFields | null, excess: Buffer | null): void {
    if (this.#end !== null) return;
    this.#stream.end(trailers);
    this.#finish({ kind: "complete", excess: excess !== null });
  }

  onFailure(failure: HopFailure): void {
    if (this.#end !== null) return;
    this.#break({ kind: "broken", attributed: attribute(failure, this.#route) });
  }

  onClientRoom(): void {
    if (!this.#waitsForClient) return;
    this.#waitsForClient = false;
    this.#answer.hop.resume();
  }

  /** It left, or what it was still sending beside the answer broke. */
  onClientFault(value: Fault): void {
    const left = fault("client.closed_during_response", `the client left after ${this.#stream.bytesOut} bytes of the response`);
    this.#break({ kind: "left", attributed: { fault: value.id === "client.closed_waiting" ? left : value, role: "target", hop: 0 } });
  }

  #look(): void {
    const { hop } = this.#answer;
    // The request's bytes too: a hop may answer the beginning of a body and wait for its rest.
    const bytes = hop.connection.bytesIn + hop.connection.bytesOut + this.#stream.bytesOut;
    this.#quietLooks = bytes === this.#bytesSeen ? this.#quietLooks + 1 : 0;
    this.#bytesSeen = bytes;
    if (this.#quietLooks < LOOKS) return;
    const { bodyIdle } = this.#exchange.context.settings.timeouts;
    if (this.#waitsForClient) {
      const slow = fault("client.slow_reader", `the client read nothing for ${bodyIdle} ms`);
      this.#break({ kind: "left", attributed: { fault: slow, role: "target", hop: 0 } });
    } else this.onFailure(hop.timedOut(bodyIdle));
  }

  #break(end: RelayEnd): void {
    if (this.#end !== null) return;
    this.#answer.drop();
    this.#stream.abort();
    this.#finish(end);
  }

  #finish(end: RelayEnd): void {
    this.#end = end;
    clearInterval(this.#timer);
    this.#exchange.engagement = null;
    this.#resolve?.(end);
  }
}
