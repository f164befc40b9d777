import type { Connection } from "../net/connection.ts";
import { type ClientProtocol, sniffClient } from "../wire/sniff-client.ts";

/** Waits for a client's first byte, which tells its protocol; the byte stays unread. Null: none came in time, or the client left. */
export function sniff(connection: Connection, timeoutMs: number): Promise<{ protocol: ClientProtocol; first: number } | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(null), timeoutMs);
    const settle = (found: { protocol: ClientProtocol; first: number } | null): void => {
      clearTimeout(timer);
      connection.disown();
      resolve(found);
    };
    connection.own({
      onData: (chunk) => {
        const first = chunk[0] as number;
        settle({ protocol: sniffClient(first), first });
        connection.unread(chunk);
      },
      onEnd: () => settle(null),
      onClose: () => settle(null),
      onDrain() {},
    });
  });
}
