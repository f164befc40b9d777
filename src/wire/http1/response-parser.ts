import { FaultError, fault } from "../../core/fault.ts";
import type { ResponseHead } from "../../core/message.ts";
import type { MessageLimits, ResponseTolerances } from "../../core/settings.ts";
import { hasOption } from "../hop-by-hop.ts";
import { responseFraming } from "./framing.ts";
import { HeadReader } from "./head-reader.ts";
import type { ReadHead } from "./head-role.ts";
import { readControlFields } from "./known-field.ts";
import { RESPONSE_ROLE, type StatusLine } from "./response-role.ts";

const NOTHING = Buffer.alloc(0);

/** Reads the heads of a hop's responses, one after another (RFC 9112), strictly but for the tolerances given. */
export class ResponseParser {
  readonly #reader: HeadReader<StatusLine>;
  readonly #limits: MessageLimits;
  readonly #tolerances: ResponseTolerances;
  #rest: Buffer = NOTHING;
  #interim = 0;

  constructor(limits: MessageLimits, tolerances: ResponseTolerances) {
    this.#reader = new HeadReader(RESPONSE_ROLE, limits, tolerances);
    this.#limits = limits;
    this.#tolerances = tolerances;
  }

  /**
   * One chunk in; the head once it is complete, else null. The request's method says whether a body follows (HEAD, CONNECT). A 1xx comes as a head
   * without a body: push `rest()` for the next one. Throws FaultError (head.*): the connection is of no further use then.
   */
  push(chunk: Buffer, requestMethod: string): ResponseHead | null {
    const end = this.#reader.push(chunk);
    this.#rest = end < 0 || end === chunk.length ? NOTHING : chunk.subarray(end);
    if (end < 0) return null;
    const head = makeHead(this.#reader.take(), requestMethod, this.#tolerances);
    this.#countInterim(head.status);
    return head;
  }

  /** The latest head's field lines as one text, for a writer that passes them on; null: they are to be written one by one. */
  get lines(): string | null {
    return this.#reader.lines;
  }

  /** What came behind the head in the chunk that completed it: a part of that chunk, no copy. */
  rest(): Buffer {
    return this.#rest;
  }

  /** It was made for these. */
  fits(limits: MessageLimits, tolerances: ResponseTolerances): boolean {
    return this.#limits === limits && this.#tolerances === tolerances;
  }

  /** Bytes of an unfinished head that have come. */
  get buffered(): number {
    return this.#reader.buffered;
  }

  /** A 101 is final: what follows it is another protocol. */
  #countInterim(status: number): void {
    this.#interim = status < 200 && status !== 101 ? this.#interim + 1 : 0;
    const limit = this.#limits.interimResponses;
    if (this.#interim > limit)
      throw new FaultError(fault("head.unexpected_1xx", `more than ${limit} interim responses came, the last a ${status}`));
  }
}

function makeHead(
  { start, fields, tolerated, bytes }: ReadHead<StatusLine>,
  requestMethod: string,
  tolerances: ResponseTolerances,
): ResponseHead {
  const { status, reason, minor, missingReason } = start as StatusLine;
  if (missingReason) {
    if (!tolerances.missingReason) throw new FaultError(RESPONSE_ROLE.badStart("the space before the reason phrase is missing"));
    tolerated.push("missingReason");
  }
  const control = readControlFields(fields);
  const { repeatedLength } = tolerances;
  const framing = responseFraming({ requestMethod, status, minor, control, repeatedLength });
  if (control.contentLength?.includes(",")) tolerated.push("repeatedLength");
  return {
    status,
    reason,
    minor,
    fields,
    framing,
    keepAlive: framing.kind !== "close" && persists(control.connection, minor),
    keepAliveMs: keepAliveMs(control.keepAlive),
    upgrade: control.upgrade !== null && hasOption(control.connection, "upgrade") ? control.upgrade : null,
    tolerated,
    bytes,
  };
}

/** RFC 9112 9.3. */
function persists(connection: string | null, minor: 0 | 1): boolean {
  if (hasOption(connection, "close")) return false;
  return minor === 1 || hasOption(connection, "keep-alive");
}

/** The hop's own idle timeout, which RFC 2068 19.7.1.1 leaves to servers to announce. */
function keepAliveMs(keepAlive: string | null): number | null {
  const seconds = keepAlive === null ? null : /(?:^|[\s,;])timeout\s*=\s*"?(\d{1,6})/i.exec(keepAlive);
  return seconds === null ? null : Number(seconds[1]) * 1000;
}
