import type { AttributedFault, StageTimes } from "../core/ledger.ts";
import type { RawFields } from "../core/message.ts";
import type { Exit } from "../core/route.ts";
import type { PageMark } from "./page-mark.ts";

/** What is to be diagnosed. */
export interface Question {
  /** Absolute, http or https, without userinfo and fragment. */
  readonly url: URL;
  /** Whose answer named the URL, which may have put into it what was given in confidence; null: the user did. */
  readonly before: Question | null;
  readonly method: string;
  /** Without Host, framing and hop-by-hop fields. */
  readonly fields: RawFields;
  readonly body: Buffer | null;
  /** The Host field; null: as the URL has it. */
  readonly host: string | null;
  /** Where the target is, instead of where its name says, for whoever resolves it here; null: its name says it. */
  readonly place: { readonly addresses: readonly string[]; readonly port: number } | null;
  /** Any certificate of the target will do. */
  readonly insecure: boolean;
  /** HTTP exits are asked for a tunnel even for clear text. */
  readonly tunnel: boolean;
  /** Routes that the user goes, each tried in full. */
  readonly via: readonly Exit[];
  /** Others to compare with; a few of them are tried. */
  readonly exits: readonly Exit[];
  /** Ask the target without a proxy too, and the name servers. */
  readonly direct: boolean;
  /** At most so many tests may reach the target. */
  readonly requestsMax: number;
  /** Look at the usual ports beside that of an exit that answers strangely. */
  readonly ports: boolean;
}

type TestKind =
  /** The system's way to the target's address. */
  | "resolve"
  /** The name servers themselves. */
  | "name-server"
  /** The whole request over a route. */
  | "request"
  /** Only the way through an exit: its handshake, no request. */
  | "tunnel"
  /** TLS with the target, whatever certificate it shows. */
  | "certificate";

/** What a test is for, which decides what its outcome can say. */
export type TestPart =
  | "direct"
  | "via"
  | "other"
  | "repeat"
  | "hop-alone"
  | "prefix"
  | "protocol"
  | "port"
  | "in-tunnel"
  | "name"
  | "certificate"
  /** The same URL over TLS instead of clear text, or the other way round. */
  | "scheme"
  /** GET for a HEAD, HEAD for a GET. */
  | "method"
  /** A site that does not exist, through an exit that may answer for any. */
  | "nowhere";

/** Each a route of its own, that is compared with the others. */
export const WHOLE: readonly TestPart[] = ["direct", "via", "other"];

/** One test, before it is run. */
export interface TestSpec {
  /** Unique in a diagnosis. */
  readonly id: string;
  readonly kind: TestKind;
  readonly part: TestPart;
  /** Null: without a proxy. */
  readonly exit: Exit | null;
  /** The id of the test that it is a part of or repeats; null: it stands for itself. */
  readonly of: string | null;
  /** For people: `direct`, `http://192.0.2.1:8080`, `hop 2 alone: …`. Holds no user and no password. */
  readonly route: string;
  /** For people: `GET https://site.example/`. */
  readonly request: string;
  /** What it asks for: the question's, or the same by the other scheme. */
  readonly url: URL;
  readonly method: string;
  /** An HTTP exit is asked for a tunnel even for clear text. */
  readonly tunnel: boolean;
  /** With the name of the target in the ClientHello; of a `certificate` alone. */
  readonly sni: boolean;
}

/** A request as it went out. */
interface SentRequest {
  /** All that it says, `Host` among them; what is confidential only by its name. */
  readonly fields: RawFields;
  readonly headBytes: number;
  readonly heaviest: HeavyField;
  readonly bodyBytes: number;
  /** The address that was dialled: the target's, or the nearest hop's. */
  readonly peer: string;
}

/** A field of a head, or all of the same name. */
export interface HeavyField {
  /** In lower case. */
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** An answer's head, and how much of its body came. */
export interface SeenAnswer {
  readonly status: number;
  /** The 0 or 1 of HTTP/1.x. */
  readonly minor: 0 | 1;
  readonly reason: string;
  /** What is confidential only by its name. */
  readonly fields: RawFields;
  readonly headBytes: number;
  readonly heaviest: HeavyField;
  /** Where it sends on to, in full, which is not to be shown; null: nowhere. */
  readonly location: string | null;
  /** The body goes on beyond these where it was cut. */
  readonly bodyBytes: number;
  readonly isCut: boolean;
  readonly mark: PageMark;
}

/** Whether a test went a route of its own from one end to the other. */
export function isWhole({ spec }: Pick<TestResult, "spec">): boolean {
  return WHOLE.includes(spec.part);
}

/** What a test has shown. */
export interface TestResult {
  readonly spec: TestSpec;
  /**
   * - `ok`: as it should be;
   * - `fault`: no answer, or one that is a fault;
   * - `cut`: not waited for, since the others had settled it.
   */
  readonly outcome: "ok" | "fault" | "cut";
  /** Null unless the outcome is `fault`. */
  readonly attributed: AttributedFault | null;
  /** Of an answer; null: there was none. */
  readonly status: number | null;
  readonly ms: StageTimes & { readonly firstByte?: number; readonly total?: number };
  /** When it began. Milliseconds since 1970. */
  readonly at: number;
  /** The request as it was sent; null: none was. */
  readonly sent: SentRequest | null;
  /** Null: none came that parses. */
  readonly answer: SeenAnswer | null;
  /** In a few words: `200, 5 bytes`, `refused after 3 ms`, `192.0.2.1`. */
  readonly words: string;
  /** The start of what came, where it did not parse, and the same as it may be shown; else null. */
  readonly raw: { readonly bytes: Buffer; readonly shown: Buffer } | null;
  /** The start of an answer's body, as text; null: none. */
  readonly excerpt: string | null;
}
