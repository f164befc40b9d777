import type { KeyObject } from "node:crypto";
import type { RawFields } from "../../core/message.ts";
import type { WholeResponse } from "../../net/ask.ts";
import type { Lie } from "../lie.ts";
import type { JudgeKind, JudgePayload } from "./payload.ts";

/** A judge as its own client knows it. */
export interface JudgeAddress {
  /** Its base, without fragment; of an unsigned service the whole URL. */
  readonly url: URL;
  /** Ed25519, or what a judge of this process shares with it alone; null: it does not sign. */
  readonly key: KeyObject | null;
  /** SHA-256 of the certificate that it shows on TLS connections, hex; null: it takes none. */
  readonly certificate: string | null;
  readonly isSigned: boolean;
  /** Ours: as the judge saw us when it was asked without a proxy, and those of this machine. Canonical, IPv4-mapped ones as IPv4. */
  readonly ownAddresses: readonly string[];
  /** Only programs of this machine can reach it. */
  readonly isLoopback: boolean;
  /** An IPv6 literal, without brackets, by which it can be reached at the same port; null: none that it knows of. */
  readonly ipv6: string | null;
  /** How a service that does not sign answered when it was asked without a proxy; null: it signs. */
  readonly echo: EchoHabits | null;
}

/** A proxy must not change these. */
export interface EchoHabits {
  /** Its answer repeats the request's nonce. */
  readonly repeatsNonce: boolean;
  /** Its answer tells fields of the request. */
  readonly tellsFields: boolean;
  /** Fields that it sees with every request, as its own edge adds them; lower case. */
  readonly ownFields: readonly string[];
}

/** A request to a judge as it was sent. */
export interface JudgeRequest {
  readonly nonce: string;
  readonly method: string;
  /** Absolute, without fragment. */
  readonly url: URL;
  /** What has to come through, without Host, framing and hop-by-hop fields: those are the writer's. */
  readonly fields: RawFields;
  readonly body: Buffer | null;
  readonly kind: JudgeKind;
}

/** What came back: of a complete answer, its body up to ANSWER_BYTES_MAX. */
export type JudgeResponse = WholeResponse;

/** The largest answer of a judge is smaller: a request's head of 16 KiB, escaped and twice in a page. */
export const ANSWER_BYTES_MAX: number = 512 * 1024;

/**
 * What an answer proves.
 * - `genuine`: the judge's own, for this request; what was done to it on either way is in `lies`;
 * - `fake`: somebody else's where the judge's had to come, or the judge's for another request; `lies` is never empty;
 * - `refused`: an error (4xx, 5xx) that the judge did not make: no lie, and the caller's to blame.
 */
export interface Judged {
  readonly kind: "genuine" | "fake" | "refused";
  /** Of a genuine answer alone. */
  readonly payload: JudgePayload | null;
  /** False: of a service that does not sign, so that nothing but its looks speaks for it. */
  readonly isSigned: boolean;
  readonly lies: readonly Lie[];
  /** Names of harmless fields that were added to the answer, as `Via` and `Age`. */
  readonly addedFields: readonly string[];
}
