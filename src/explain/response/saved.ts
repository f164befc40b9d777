import type { RawFields } from "../../core/message.ts";

/** One answer out of a saved text. */
export interface SavedAnswer {
  /** The request's method and target as far as they are known: `GET https://site.example/`, `CONNECT site.example:443`. */
  readonly asked: string | null;
  readonly method: string | null;
  readonly url: URL | null;
  /** The request went whole to a proxy; null: not known. */
  readonly plainProxy: boolean | null;
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
  /** At most SAVED_BODY_BYTES_MAX of it, decompressed. */
  readonly body: Uint8Array;
  /** From the request to the answer's head; null: not known. */
  readonly ms: number | null;
  /** The line of the text where it begins, from 1; null: it has none, as in JSON. */
  readonly line: number | null;
}

/** What a client said when it gave up. */
export interface ClientWords {
  /** The line as it was saved, cut. */
  readonly text: string;
  readonly line: number;
  /** Milliseconds until then, where the line says so. */
  readonly ms: number | null;
}

/** What a saved text holds. */
export interface SavedTalk {
  readonly answers: readonly SavedAnswer[];
  readonly words: readonly ClientWords[];
}

/** Of one text. */
export const SAVED_ANSWERS_MAX: number = 100_000;
export const SAVED_BODY_BYTES_MAX: number = 16 * 1024;
