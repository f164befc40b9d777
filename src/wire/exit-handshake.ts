import type { HostPort } from "../core/address.ts";
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
