import { isIP } from "node:net";
import type { HostPort } from "../core/address.ts";
import { FaultError } from "../core/fault.ts";
import type { RefusedConnect } from "../core/message.ts";
import type { ExitHop } from "../core/route.ts";
import type { Handshake } from "./handshake.ts";
import { httpConnect } from "./http-connect.ts";
import { socks4Connect } from "./socks4.ts";
import { socks5Connect } from "./socks5.ts";

/** The handshake by which an exit of this scheme is asked for a tunnel. The reply of an HTTP exit that refuses; null: the tunnel is open. */
export function* exitHandshake({ scheme, username, password }: ExitHop, to: HostPort): Handshake<RefusedConnect | null> {
  const credentials = username === null ? null : { username, password };
  switch (scheme) {
    case "http":
    case "https": {
      const result = yield* httpConnect(to, credentials);
      return result.opened ? null : result.reply;
    }
    case "socks4":
    case "socks4a":
      yield* socks4Connect(to, username, scheme === "socks4a");
      return null;
    case "socks5":
    case "socks5h":
      yield* socks5Connect(to, credentials);
      return null;
  }
}

/**
 * The bytes that it begins with, as latin1. Null: there are none yet, since `socks4` and `socks5` want an address from us, or since it fails before it
 * says anything.
 */
export function openingWords(through: ExitHop, to: HostPort): string | null {
  const family = isIP(to.host);
  if ((through.scheme === "socks5" && family === 0) || (through.scheme === "socks4" && family !== 4)) return null;
  try {
    const { done, value } = exitHandshake(through, to).next();
    return done === true || value.op !== "send" ? null : Buffer.from(value.bytes).toString("latin1");
  } catch (thrown) {
    if (thrown instanceof FaultError) return null;
    throw thrown;
  }
}
