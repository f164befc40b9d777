import { hash } from "node:crypto";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { ID_DIGITS } from "./exit-line.ts";

/** An exit with its URL without the password. */
export interface PlainExit {
  readonly exit: Exit;
  readonly route: string;
}

/** `scheme://user:pass@192.0.2.1:8080`, scheme and user optional, in characters that mean themselves in every form. */
const ROUTE = /^(?:(https?|socks[45]|socks4a|socks5h):\/\/)?(?:([\w.~-]{1,255}):([\w.~*!-]{1,255})@)?((?:\d{1,3}\.){3}\d{1,3}):(\d{1,5})$/;
const TAG = /^([a-z][a-z0-9_.-]*)=([!-"$-z|~]+)$/;
/** Tags that say more than a value to filter by. */
const SPECIAL: ReadonlySet<string> = new Set(["id", "weight", "rotating", "insecure", "vendor", "sessions"]);
/** Texts of tags that are kept: in long lists most lines share theirs with others. */
const TEXTS_MAX = 10_000;

/**
 * Reads the plainest lines of an exit list, which long lists are made of, in a tenth of the time that `parseExitLine` needs, and to the same
 * result. Null: the line is not of this kind, which says nothing against it.
 */
export class PlainLines {
  readonly #scheme: ExitScheme;
  readonly #tags: Readonly<Record<string, string>>;
  /** The list's own tags leave lines as plain as they are. */
  readonly #isPlain: boolean;
  /** Tags by their text; equal ones are one object. */
  readonly #byText = new Map<string, Readonly<Record<string, string>>>();

  constructor(scheme: ExitScheme, tags: Readonly<Record<string, string>>) {
    this.#scheme = scheme;
    this.#tags = tags;
    this.#isPlain = !Object.keys(tags).some((name) => SPECIAL.has(name));
  }

  read(line: string): PlainExit | null {
    if (!this.#isPlain) return null;
    const end = line.endsWith("\r") ? line.length - 1 : line.length;
    const space = line.indexOf(" ");
    const routeEnd = space < 0 ? end : space;
    const parts = ROUTE.exec(line.slice(0, routeEnd));
    if (parts === null) return null;
    const tags = this.#readTags(routeEnd === end ? "" : line.slice(routeEnd + 1, end));
    const hop = this.#readHop(parts);
    if (tags === null || hop === null) return null;
    const { scheme, host, port, username } = hop;
    const route = username === null ? `${scheme}://${host}:${port}` : `${scheme}://${username}@${host}:${port}`;
    return { exit: { id: hash("sha256", route).slice(0, ID_DIGITS), hops: [hop], tags, rotating: false, weight: 1 }, route };
  }

  #readHop(parts: RegExpExecArray): ExitHop | null {
    const scheme = (parts[1] as ExitScheme | undefined) ?? this.#scheme;
    const username = parts[2] ?? null;
    const password = parts[3] ?? null;
    const host = parts[4] as string;
    const port = Number(parts[5]);
    if (port < 1 || port > PORT_MAX || !isAddress(host)) return null;
    // SOCKS 4 has no passwords: why not is for the other reader to say.
    if (username !== null && scheme.startsWith("socks4")) return null;
    return { scheme, host, port, username, password, insecure: false };
  }

  #readTags(text: string): Readonly<Record<string, string>> | null {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const tags: Record<string, string> = { ...this.#tags };
    for (const token of text === "" ? [] : text.split(" ")) {
      const parts = TAG.exec(token);
      if (parts === null || SPECIAL.has(parts[1] as string)) return null;
      tags[parts[1] as string] = (parts[2] as string).toLowerCase();
    }
    if (this.#byText.size < TEXTS_MAX) this.#byText.set(text, tags);
    return tags;
  }
}

const PORT_MAX = 0xffff;

/** Of four groups of digits: none above 255, none with a zero in front. */
function isAddress(host: string): boolean {
  let value = -1;
  for (let i = 0; i <= host.length; i++) {
    const code = host.charCodeAt(i);
    if (code >= 0x30) {
      if (value === 0) return false;
      value = Math.max(value, 0) * 10 + code - 0x30;
    } else {
      if (value > 0xff) return false;
      value = -1;
    }
  }
  return true;
}
