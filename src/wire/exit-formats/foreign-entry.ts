import { formatHostPort } from "../../core/address.ts";
import type { ExitScheme } from "../../core/route.ts";

/** Where an entry of a foreign list stands; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** An exit of a foreign list as a line of our own; or why it is none, with no piece of a password. */
export type ForeignEntry = (Place & { readonly text: string }) | (Place & { readonly reason: string });

/**
 * Reads a list of another program. Never throws: what is wrong is an entry.
 * @param scheme of proxies that name none.
 */
export type ForeignReader = (text: string, scheme: ExitScheme) => readonly ForeignEntry[];

/** A proxy in the parts that foreign lists have. */
export interface ForeignHop {
  readonly scheme: ExitScheme;
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
}

/** Lines, with their numbers and without a byte order mark. */
export function* numberedLines(text: string): Generator<readonly [number, string]> {
  let number = 1;
  for (const line of text.replace(/^\ufeff/, "").split("\n")) yield [number++, line.replace(/\r$/, "")];
}

/** The hop as a URL. */
export function writeHop({ scheme, host, port, user, password }: ForeignHop): string {
  const place = formatHostPort({ host, port });
  if (user === null) return `${scheme}://${place}`;
  return `${scheme}://${encode(user)}${password === null ? "" : `:${encode(password)}`}@${place}`;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Whether the text can stand for a host: nothing in it would be read as something else. */
export function isHostText(text: string): boolean {
  return /^[\w.:-]+$/.test(text);
}

/** A port; null: it is none. */
export function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}
