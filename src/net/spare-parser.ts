import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import { ResponseParser } from "../wire/http1/response-parser.ts";

let spare: ResponseParser | null = null;

/** A parser between two heads. Nearly all heads come whole in one chunk, so that one parser serves all connections, one after another. */
export function takeParser(limits: MessageLimits, tolerances: ResponseTolerances): ResponseParser {
  const parser = spare;
  spare = null;
  return parser?.fits(limits, tolerances) ? parser : new ResponseParser(limits, tolerances);
}

/** Its head is complete. One that is not given back is no loss. */
export function giveBackParser(parser: ResponseParser): void {
  spare = parser;
}
