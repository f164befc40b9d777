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
 * Reads a list of another program, a piece at a time: null stands for one that holds no entry, so that whoever reads can give way. Never
 * throws: what is wrong is an entry.
 * @param scheme of proxies that name none.
 */
export type ForeignReader = (bytes: Buffer, scheme: ExitScheme) => Generator<ForeignEntry | null>;

/** A longer line, or item, is no exit. */
export const ENTRY_BYTES_MAX: number = 16 * 1024;

/** A proxy in the parts that foreign lists have. */
export interface ForeignHop {
  readonly scheme: ExitScheme;
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
}

/** What `read` makes of each line; lines are numbered, and come without a byte order mark. */
export function* readLines<T>(bytes: Buffer, read: (raw: string, line: number) => T): Generator<T | (Place & { readonly reason: string })> {
  let at = bytes.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0;
  for (let line = 1; at <= bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    if (end - at > ENTRY_BYTES_MAX) yield { line, column: 1, reason: `the line is longer than ${ENTRY_BYTES_MAX} bytes` };
    else yield read(bytes.toString("utf8", at, end).replace(/\r$/, ""), line);
    at = end + 1;
  }
}

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK: Buffer = Buffer.from("\ufeff");

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
