import type { HopFailure } from "../core/ledger.ts";
import type { RawFields, ResponseHead } from "../core/message.ts";

/** Who takes a response. Nothing beyond the head is read until takeBody(). */
export interface HopObserver {
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  onFailure(failure: HopFailure): void;
  /** What was written has left: more of the request's body may come. */
  onRoom(): void;
}

/** Who takes a response's body. */
export interface ResponseSink {
  /** False: call resume() when there is room. */
  onSlice(slice: Buffer): boolean;
  /** `excess`: bytes that belong to no answer and came after it in the same chunk; null: none did. */
  onComplete(trailers: RawFields | null, excess: Buffer | null): void;
  onFailure(failure: HopFailure): void;
}
