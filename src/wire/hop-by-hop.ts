import type { RawFields } from "../core/message.ts";
import { knownField } from "./http1/known-field.ts";

/** What a peer's fields say about its connection with us, and to a writer about what ends here. */
export interface PeerOptions {
  /** Names, lower case, that Connection lists (RFC 9110 7.6.1) beside those that a writer decides itself; null: none. */
  readonly listed: ReadonlySet<string> | null;
  /** TE says `trailers` (RFC 9110 10.1.4). */
  readonly takesTrailers: boolean;
  readonly hasHost: boolean;
}

export function readPeerOptions(fields: RawFields): PeerOptions {
  let listed: Set<string> | null = null;
  let takesTrailers = false;
  let hasHost = false;
  for (let i = 0; i < fields.length; i += 2) {
    const known = knownField(fields[i] as string);
    if (known === "host") hasHost = true;
    else if (known === "te") takesTrailers ||= connectionOptions(fields[i + 1] as string).includes("trailers");
    else if (known === "connection") listed = addListed(listed, fields[i + 1] as string);
  }
  return { listed, takesTrailers, hasHost };
}

/** The options of a `Connection` field, or of another list of tokens, in lower case. */
export function connectionOptions(value: string): string[] {
  return value
    .split(",")
    .map((option) => option.trim().toLowerCase())
    .filter((option) => option !== "");
}

/** True where `Connection` holds the option, given in lower case. */
export function hasOption(value: string | null, option: string): boolean {
  if (value === null || value.length < option.length) return false;
  if (value.length === option.length) return value.toLowerCase() === option;
  return value.includes(",") && connectionOptions(value).includes(option);
}

/** Options, and fields that a writer never copies. Who lists them changes nothing: it is us who frame and route what we send. */
const DECIDED: ReadonlySet<string> = new Set([
  "close",
  "keep-alive",
  "te",
  "upgrade",
  "connection",
  "host",
  "content-length",
  "transfer-encoding",
]);

function addListed(before: Set<string> | null, value: string): Set<string> | null {
  if (value === "keep-alive" || value === "close") return before;
  let listed = before;
  for (const option of connectionOptions(value)) {
    if (!DECIDED.has(option)) listed = (listed ?? new Set()).add(option);
  }
  return listed;
}
