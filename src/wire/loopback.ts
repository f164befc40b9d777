import { isIP } from "node:net";

/** Whether only programs of this machine can connect to a listener at that host. Any name but `localhost` may resolve to anything. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
