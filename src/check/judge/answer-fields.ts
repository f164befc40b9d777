import { fieldValues, type RawFields } from "../../core/message.ts";
import { connectionOptions } from "../../wire/hop-by-hop.ts";
import { excerpt } from "../../wire/http1/excerpt.ts";
import { CONTENT_TYPES } from "./dress.ts";
import type { JudgeField, JudgeKind } from "./payload.ts";

/** What a judge's answer says of itself: fields that sites rely on, and that must come through as they are. */
export function answerFields(kind: JudgeKind, nonce: string): JudgeField[] {
  return [
    ["Content-Type", CONTENT_TYPES[kind]],
    ["Cache-Control", "no-store, no-transform"],
    ["ETag", `"${nonce}"`],
    ["Set-Cookie", `visit=${nonce}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax`],
    ["Content-Security-Policy", "default-src 'self'"],
    ["Strict-Transport-Security", "max-age=0"],
    ["X-Content-Type-Options", "nosniff"],
    ["X-Trace", nonce],
  ];
}

/** What became of a judge's fields on the way back. */
export interface FieldChanges {
  /** Sentences. */
  readonly changes: readonly string[];
  /** Names of harmless additions. */
  readonly added: readonly string[];
}

/**
 * Holds an answer's fields against those that its judge sent. A proxy may add what tells of itself (`Via`, `Age`), change what is between it
 * and us (framing, hop-by-hop fields), and write `Date` and `Server` anew; it may not take away or change what is the judge's, nor add what
 * makes a client do or keep something.
 */
export function compareFields(sent: readonly JudgeField[], received: RawFields): FieldChanges {
  if (areAsSent(sent, received)) return UNCHANGED;
  const missing = sent.flatMap(([name, value]) => changeOf(name, value, fieldValues(received, name.toLowerCase())));
  const known = new Map(sent.map(([name, value]) => [name.toLowerCase(), value]));
  const extra = addedFields(known, received);
  return {
    changes: [...missing, ...extra.filter(acts).map(([name, value]) => `${name}: ${excerpt(value)} was added to the answer`)],
    added: [...new Set(extra.filter((field) => !acts(field)).map(([name]) => name))],
  };
}

const UNCHANGED: FieldChanges = { changes: [], added: [] };

/** As nearly all answers come: found out in one pass that makes nothing. */
function areAsSent(sent: readonly JudgeField[], received: RawFields): boolean {
  let at = 0;
  for (let i = 0; i < received.length; i += 2) {
    const next = sent[at];
    if (next !== undefined && received[i] === next[0] && received[i + 1] === next[1]) at++;
    else if (!REWRITTEN.has((received[i] as string).toLowerCase())) return false;
  }
  return at === sent.length;
}

function changeOf(name: string, sent: string, values: readonly string[]): string[] {
  if (values.length === 1 && isSame(name, values[0] as string, sent)) return [];
  if (values.length === 0) return [`${name} was taken out of the answer`];
  const isThere = name === "Cache-Control" ? hasDirectives(values.join(","), sent) : values.some((value) => isSame(name, value, sent));
  return isThere ? [] : [`the answer's ${name}: ${excerpt(sent)} was changed to ${excerpt(values.join(", "))}`];
}

/** RFC 9110 8.3.1: case, blanks and quotation marks say nothing in a media type, and many programs write them their own way. */
function isSame(name: string, value: string, sent: string): boolean {
  return value === sent || (name.toLowerCase() === "content-type" && plainType(value) === plainType(sent));
}

function plainType(value: string): string {
  return value.toLowerCase().replaceAll(/[ \t"]/g, "");
}

/** A cache may add directives of its own; that nothing is stored or transformed must stand. */
function hasDirectives(value: string, sent: string): boolean {
  const directives = connectionOptions(value);
  return connectionOptions(sent).every((directive) => directives.includes(directive));
}

function addedFields(sent: ReadonlyMap<string, string>, received: RawFields): [name: string, value: string][] {
  const added: [string, string][] = [];
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i] as string;
    const value = received[i + 1] as string;
    const lower = name.toLowerCase();
    const own = sent.get(lower);
    // Once is the judge's own; a second time, or with another value beside it, is somebody else's. One that was put in its place is a change.
    if (own === undefined) added.push([name, value]);
    else if (lower !== "cache-control" && !isSame(lower, value, own) && fieldValues(received, lower).some((one) => isSame(lower, one, own)))
      added.push([name, value]);
  }
  return added.filter(([name]) => !REWRITTEN.has(name.toLowerCase()));
}

/** Fields of the connection (RFC 9110 7.8: also what else it might speak), of the message's frame, and what each server writes for itself. */
const REWRITTEN: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "upgrade",
  "transfer-encoding",
  "content-length",
  "date",
  "server",
]);

/** Whether a client does something, or keeps something, because of this field. */
function acts([name, value]: JudgeField): boolean {
  return ACTIVE.test(name) && !(NO_CODING.test(value) && name.toLowerCase() === "content-encoding");
}

/** RFC 9110 12.5.3: that nothing was done. */
const NO_CODING = /^identity$/i;

const ACTIVE =
  /^(?:set-cookie2?|location|content-(?!length)[\w-]+|refresh|link|access-control-[\w-]+|alt-svc|strict-transport-security|public-key-pins(?:-report-only)?|clear-site-data|nel|report-to|reporting-endpoints|service-worker-allowed|(?:x-)?sourcemap|www-authenticate|proxy-authenticate|authentication-info|speculation-rules|etag|x-(?:content-type-options|frame-options|trace|dns-prefetch-control|xss-protection)|permissions-policy|feature-policy|accept-ch|critical-ch|trailer|origin-agent-cluster|cross-origin-[\w-]+|referrer-policy|observe-browsing-topics|supports-loading-mode|p3p|im|delta-base|timing-allow-origin|(?:require-)?document-policy(?:-report-only)?|integrity-policy(?:-report-only)?|x-ua-compatible|x-permitted-cross-domain-policies|x-download-options|expect-ct|use-as-dictionary|attribution-reporting-[\w-]+|set-login|activate-storage-access)$/i;

/** Fields behind the body: the judge sends none, and a client may take them for the answer's own. */
export function trailerChanges(trailers: RawFields | null): string[] {
  if (trailers === null) return [];
  if (trailers.length === 0) return ["fields that have no business there were added behind the answer's body"];
  const names = trailers.filter((_, i) => i % 2 === 0).slice(0, NAMES_MAX);
  return [`fields were added behind the answer's body: ${excerpt(names.join(", "))}`];
}

const NAMES_MAX = 5;
