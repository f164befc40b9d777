import { type Fault, FaultError, type FaultId, fault } from "../../core/fault.ts";
import type { RawFields } from "../../core/message.ts";
import type { MessageLimits, ResponseTolerances } from "../../core/settings.ts";
import { excerpt, isSecretField } from "./excerpt.ts";
import { HeadReader } from "./head-reader.ts";
import type { FieldProblem, HeadRole } from "./head-role.ts";
import { isFraming } from "./known-field.ts";

/** Reads the trailer section behind a last chunk (RFC 9112 7.1.2), strictly on both sides. */
export class TrailerReader {
  readonly #reader: HeadReader<null>;
  readonly #side: "request" | "response";

  constructor(limits: MessageLimits, side: "request" | "response") {
    this.#side = side;
    this.#reader = new HeadReader(ROLES[side], { ...limits, headBytes: limits.trailerBytes }, STRICT);
  }

  /** Takes chunk[from…]; the index behind the section once it is complete, else -1. Throws FaultError. */
  push(chunk: Buffer, from: number): number {
    return this.#reader.push(chunk, from);
  }

  /** The fields of the section, without those that have no business in it (empty where these were all); null where there were none. Throws where one of them frames a message. */
  take(): RawFields | null {
    const { fields } = this.#reader.take();
    const kept: string[] = [];
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      if (isFraming(name)) throw new FaultError(framedAgain(this.#side, name));
      if (!FORBIDDEN.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string);
    }
    return fields.length === 0 ? null : kept;
  }
}

const STRICT: ResponseTolerances = { bareLf: false, obsFold: false, spaceBeforeColon: false, repeatedLength: false, missingReason: false };

/** RFC 9110 6.5.1: what frames, routes, authenticates, modifies a request, or says how to handle the content, must be known before it. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "host",
  "authorization",
  "proxy-authorization",
  "proxy-authenticate",
  "proxy-authentication-info",
  "www-authenticate",
  "cookie",
  "set-cookie",
  "cache-control",
  "expect",
  "max-forwards",
  "pragma",
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "age",
  "date",
  "expires",
  "location",
  "retry-after",
  "vary",
  "warning",
  "content-encoding",
  "content-type",
  "content-range",
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
]);

const ROLES: Readonly<Record<"request" | "response", HeadRole<null>>> = {
  request: roleOf("client.bad_request", "client.bad_request"),
  response: roleOf("trailers.too_large", "trailers.invalid"),
};

/** A recipient that merges trailers into the head would read another message: Node's parser refuses it too. */
function framedAgain(side: "request" | "response", name: string): Fault {
  return fault(
    side === "request" ? "client.smuggling_suspect" : "trailers.invalid",
    `the trailer section holds the framing field ${excerpt(name)}`,
  );
}

function roleOf(tooLarge: FaultId, invalid: FaultId): HeadRole<null> {
  const large = (details: string, params = {}): Fault => fault(tooLarge, details, { params });
  return {
    skipsEmptyLine: false,
    refusesSpaceInFraming: false,
    parseStart: null,
    checkStart: () => true,
    badStart: (reason) => fault(invalid, reason),
    longStart: (limit) => large(`a line is longer than ${limit} bytes`),
    longField: (name, _size, limit) => large(`the trailer field ${excerpt(name)} is larger than ${limit} bytes`),
    largeHead: (size, limit) =>
      large(`the trailer section is larger than ${limit} bytes`, tooLarge === "trailers.too_large" ? { "trailer-section-size": size } : {}),
    manyFields: (limit) => large(`the trailer section has more than ${limit} fields`),
    badField: (problem) => fault(invalid, describe(problem)),
  };
}

function describe({ reason, name, offset, line }: FieldProblem): string {
  const where = name === "" ? `at byte ${offset}` : `in the field ${excerpt(name)}, at byte ${offset}`;
  return `${reason} (${where} of the trailer section)${isSecretField(line) ? "" : `: ${excerpt(line)}`}`;
}
