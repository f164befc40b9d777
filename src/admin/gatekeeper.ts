import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { isLoopback } from "../wire/loopback.ts";
import { type Answer, refuse } from "./answer.ts";

export interface Gate {
  /** As configured: an IP literal without brackets, or a name. */
  readonly host: string;
  /** Null only on loopback. */
  readonly token: string | null;
}

/**
 * Decides who is let in; null: this request is. In order: the Host is ours, no other site sent it, it has the token.
 *
 * A page in a browser on this machine can reach a listener on loopback. It cannot read our answers (we send no CORS fields),
 * unless its own host name resolves to us: such a request carries that name in Host.
 */
export function checkRequest(request: IncomingMessage, gate: Gate): Answer | null {
  const { host: hosts = [] } = request.headersDistinct;
  const [host = ""] = hosts;
  if (hosts.length !== 1) return refuse(400, "the request needs one Host field");
  if (!isOwnHost(host, request.socket.localAddress, gate)) {
    return refuse(403, "the Host field does not name this listener; use its address, localhost or this machine's host name");
  }
  if (isCrossSite(request, host)) return refuse(403, "requests that another site's page sends are not answered");
  if (gate.token !== null && !hasToken(request.headers.authorization, gate.token)) {
    return refuse(401, "send the admin token: Authorization: Bearer TOKEN", { "WWW-Authenticate": 'Bearer realm="goodgateway"' });
  }
  return null;
}

/**
 * Decides who may change something; null: this request may, who has passed `checkRequest`. Where there is no token, the request
 * needs a field that no form or plain script of another site can send: a browser would have to ask us first, and we say no.
 */
export function checkChange(request: IncomingMessage, gate: Gate): Answer | null {
  if (gate.token !== null || request.headers[CHANGE_FIELD] !== undefined) return null;
  return refuse(403, "without a token, a change needs the field X-Goodgateway: 1, which no other site's page can send");
}

const CHANGE_FIELD = "x-goodgateway";

/** The port is not compared: behind `ssh -L` or a container's mapped port the client knows another one. */
function isOwnHost(field: string, localAddress: string | undefined, gate: Gate): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+?)\.?)(?::\d{1,5})?$/i.exec(field) ?? [];
  const host = (bracketed ?? plain ?? "").toLowerCase();
  if (host === "localhost" || host === gate.host.toLowerCase() || host === hostname().toLowerCase()) return true;
  // Off loopback the address that clients use may be translated on its way here. No page can have an IP literal rebound.
  if (!isLoopback(gate.host)) return isIP(host) !== 0;
  return host !== "" && host === localAddress?.replace(/^::ffff:/, "");
}

/** Browsers say where a request comes from: Sec-Fetch-Site on every one, Origin where it is not a plain navigation. */
function isCrossSite(request: IncomingMessage, host: string): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const { origin } = request.headers;
  return origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`;
}

function hasToken(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  // Digests have one length, so the comparison takes the same time for every guess.
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
