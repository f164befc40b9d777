import type { ListenerSettings } from "../core/settings.ts";
import { isLoopback } from "../wire/loopback.ts";

/** An open proxy on a public address is found and abused within hours: somebody must have said who may use it. */
export function assertGuarded({ host, port, users, allow }: ListenerSettings): void {
  if (isLoopback(host) || users.length > 0 || allow.length > 0) return;
  throw new Error(
    `listen: ${host}:${port} can be reached from other machines and everybody could use it. Add users (users: { NAME: PASSWORD }) ` +
      "or networks that may connect (allow: [10.0.0.0/8]) to the config, or listen on 127.0.0.1.",
  );
}
