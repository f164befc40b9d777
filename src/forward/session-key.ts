import { createHash } from "node:crypto";
import { fieldValue, type RawFields } from "../core/message.ts";
import type { ListenerSession } from "../core/settings.ts";

/** Who connects where, and what its request says. */
interface Caller {
  /** The listener's. */
  readonly port: number;
  readonly address: string;
  /** Of its request; null: none, as with SOCKS. */
  readonly fields: RawFields | null;
}

/**
 * The key of the session that a listener makes for a client, or null where the field that names it is absent. No client can name one of
 * these: its own keys have no dash.
 */
export function madeSessionKey(from: ListenerSession["from"], user: string | null, { port, address, fields }: Caller): string | null {
  if (from === "port") return `port-${port}`;
  if (from === "client") return ownSessionKey(user, `client-${address}`);
  const value = fields === null ? null : fieldValue(fields, from.field);
  return value === null || value === "" ? null : ownSessionKey(user, `${from.field}-:${value}`);
}

/** Two users who give their sessions the same key do not share them. */
export function ownSessionKey(user: string | null, key: string): string {
  const bounded = key.length <= KEY_MAX ? key : createHash("sha256").update(key).digest("base64url");
  return user === null ? bounded : `${user} ${bounded}`;
}

/** Characters. Many keys are kept, and a field may be long. */
const KEY_MAX = 128;
