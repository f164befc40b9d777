import { isIP } from "node:net";
import type { RawFields } from "../core/message.ts";
import type { Exit, ExitHop, Target } from "../core/route.ts";
import { wholeRequest } from "../net/ask.ts";
import type { DialPlan } from "../net/dial.ts";
import { openingWords } from "../wire/exit-handshake.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import { writeRequestHead } from "../wire/http1/request-writer.ts";

/** How a request goes through a proxy. */
export interface Way {
  readonly exit: Exit;
  readonly target: Target;
  /** Through CONNECT or SOCKS, with TLS inside for an `https` target; else whole, to an HTTP exit. */
  readonly tunnel: boolean;
  /** Verify the target's certificate; else it is only told, and what is said must be no secret. */
  readonly verify: boolean;
}

export interface Outgoing {
  readonly method: string;
  /** Absolute, without fragment. */
  readonly url: URL;
  /** Without Host, framing and hop-by-hop fields. */
  readonly fields: RawFields;
  readonly body: Buffer | null;
}

/** What has to be dialled for it. */
export function planOf({ exit, target, tunnel, verify }: Way): DialPlan {
  if (!tunnel) return { hops: exit.hops, target: null };
  const tls = target.scheme === "https" && (verify || "public");
  return { hops: exit.hops, target: { host: target.host, port: target.port, addresses: null, tls } };
}

/** The request's head as it goes out. */
export function headOf({ exit, tunnel }: Way, { method, url, fields, body }: Outgoing): string {
  const { username, password } = exit.hops.at(-1) as ExitHop;
  return writeRequestHead({
    method,
    target: tunnel ? `${url.pathname}${url.search}` : url.href,
    host: url.host,
    fields,
    framing: body === null ? { kind: "none" } : { kind: "length", length: body.length },
    upgrade: null,
    proxyAuthorization: tunnel || username === null ? null : basicAuthorization({ username, password }),
    via: null,
    close: false,
    expectContinue: false,
  });
}

/** What is said to a proxy at once, before anything is known of it; null: more has to be known first, or to be opened. */
export function wordsAhead(way: Way, compose: () => Outgoing): (() => string) | null {
  const { exit, target, tunnel } = way;
  const [hop, next] = exit.hops;
  if (hop === undefined || next !== undefined || hop.scheme === "https" || isIP(hop.host) === 0) return null;
  if (!tunnel) return () => requestOf(way, compose());
  const opening = target.scheme === "https" ? null : openingWords(hop, target);
  return opening === null ? null : () => opening;
}

function requestOf(way: Way, outgoing: Outgoing): string {
  return wholeRequest(headOf(way, outgoing), outgoing.body);
}
