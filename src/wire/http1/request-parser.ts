import type { RequestHead } from "../../core/message.ts";
import type { MessageLimits, ResponseTolerances } from "../../core/settings.ts";
import { connectionOptions, hasOption } from "../hop-by-hop.ts";
import { excerpt } from "./excerpt.ts";
import { requestFraming } from "./framing.ts";
import { HeadReader } from "./head-reader.ts";
import type { ReadHead } from "./head-role.ts";
import { type ControlFields, readControlFields } from "./known-field.ts";
import { badRequest, REQUEST_ROLE, type RequestLine } from "./request-role.ts";

/** Nothing is tolerated in a request: what one recipient forgives, the next may read as two requests. */
const STRICT: ResponseTolerances = { bareLf: false, obsFold: false, spaceBeforeColon: false, repeatedLength: false, missingReason: false };
const NOTHING = Buffer.alloc(0);

/** Reads the heads of a client's requests, one after another (RFC 9112). */
export class RequestParser {
  readonly #reader: HeadReader<RequestLine>;
  #rest: Buffer = NOTHING;

  constructor(limits: MessageLimits) {
    this.#reader = new HeadReader(REQUEST_ROLE, limits, STRICT);
  }

  /**
   * One chunk in; the head once it is complete, else null. Keeps no part of the chunk but by copying, and at most `headBytes` and what one chunk
   * brought. Throws FaultError (client.*): the connection is of no further use then, as nobody knows where the next request begins.
   */
  push(chunk: Buffer): RequestHead | null {
    const end = this.#reader.push(chunk);
    this.#rest = end < 0 || end === chunk.length ? NOTHING : chunk.subarray(end);
    return end < 0 ? null : makeHead(this.#reader.take());
  }

  /** The latest head's field lines as one text, for a writer that passes them on; null: they are to be written one by one. */
  get lines(): string | null {
    return this.#reader.lines;
  }

  /** What came behind the head in the chunk that completed it: a part of that chunk, no copy. */
  rest(): Buffer {
    return this.#rest;
  }

  /** Bytes of an unfinished head that have come. An empty line before a request is not part of it. */
  get buffered(): number {
    return this.#reader.buffered;
  }
}

function makeHead({ start, fields, bytes }: ReadHead<RequestLine>): RequestHead {
  const { method, target, minor } = start as RequestLine;
  const control = readControlFields(fields);
  const framing = requestFraming(method, minor, control);
  checkHost(control.host, minor);
  return {
    method,
    target,
    minor,
    fields,
    framing,
    // RFC 9112 9.3: a proxy keeps no HTTP/1.0 connection of a client open.
    keepAlive: minor === 1 && !hasOption(control.connection, "close"),
    // RFC 9110 10.1.1: ignored in HTTP/1.0, and without meaning where no body follows.
    expectContinue: minor === 1 && framing.kind !== "none" && expectsContinue(control),
    // RFC 9110 7.8: ignored in HTTP/1.0, and where Connection does not list it.
    upgrade: minor === 1 && control.upgrade !== null && hasOption(control.connection, "upgrade") ? control.upgrade : null,
    host: control.host,
    bytes,
  };
}

/** RFC 9112 3.2: a missing Host in HTTP/1.1, more than one, or one that is no host is a 400. */
function checkHost(host: string | null, minor: 0 | 1): void {
  if (host === null) {
    if (minor === 1) throw badRequest("the Host field is missing");
  } else if (host !== latestHost) {
    if (!HOST.test(host)) throw badRequest(`the Host field is not one host: ${excerpt(host)}`);
    latestHost = host;
  }
}

/** One that passed: to compare costs less than to look again. */
let latestHost: string | null = null;

/** `uri-host [":" port]` of RFC 3986, less what no host has: sub-delims and percent-encoding. Two fields, joined by a comma, never fit. */
const HOST = /^(?:[a-z0-9_~.-]+|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?$/i;

function expectsContinue({ expect }: ControlFields): boolean {
  return expect !== null && connectionOptions(expect).includes("100-continue");
}
