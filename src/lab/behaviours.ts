import { setTimeout as delay } from "node:timers/promises";
import type { LabConnection } from "./lab-connection.ts";
import { readHead } from "./lab-http.ts";
import type { Behaviour } from "./lab-server.ts";

/** Waits for the peer's first bytes and leaves them unread. */
export function afterBytes(then: Behaviour): Behaviour {
  return async (peer) => {
    await peer.reader.peek(1);
    await then(peer);
  };
}

/** Waits for a complete HTTP head and takes it; a body stays unread. */
export function afterHead(then: Behaviour): Behaviour {
  return async (peer) => {
    await readHead(peer.reader);
    await then(peer);
  };
}

/** Treats its first `count` connections one way, all later ones another. */
export function firstly(count: number, then: Behaviour, later: Behaviour): Behaviour {
  let seen = 0;
  return (peer) => {
    seen += 1;
    return seen <= count ? then(peer) : later(peer);
  };
}

/** FIN. */
export const fin: Behaviour = (peer) => peer.end();

/** RST. */
export const rst: Behaviour = (peer) => peer.reset();

/** Reads and never says a word. */
export const silence: Behaviour = (peer) => peer.skip();

/** Does not even read: what the peer writes fills the buffers on the way. */
export const neverReads: Behaviour = () => {};

/** Says something, then goes on. */
export function says(bytes: string | Uint8Array, then: Behaviour): Behaviour {
  return async (peer) => {
    await peer.send(bytes);
    await then(peer);
  };
}

/** Says something a byte at a time, `everyMs` apart, then goes on. */
export function drips(bytes: string | Uint8Array, everyMs: number, then: Behaviour): Behaviour {
  const content = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  return async (peer) => {
    await dripTo(peer, content, everyMs);
    await then(peer);
  };
}

/** Sends `content` a byte at a time, `everyMs` apart. */
export async function dripTo(peer: LabConnection, content: Uint8Array, everyMs: number): Promise<void> {
  for (let at = 0; at < content.length; at++) {
    await peer.send(content.subarray(at, at + 1));
    await delay(everyMs);
  }
}
