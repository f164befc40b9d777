import type { ExitScheme } from "../../core/route.ts";
import { type ForeignEntry, readLines } from "./foreign-entry.ts";

/**
 * Reads a config of glider: each `forward=` is an exit, with commas between the hops of a chain, nearest to us first. Its `tls://host:port,`
 * before an `http://` without a host is an exit of scheme https. All other settings are passed over.
 */
export function readGlider(bytes: Buffer): Generator<ForeignEntry | null> {
  return readLines(bytes, (raw, line) => {
    const [whole, value = ""] = /^\s*-{0,2}forward\s*=\s*(\S*)/i.exec(raw) ?? [];
    return whole === undefined ? null : readForward(value, line, whole.length - value.length + 1);
  });
}

/** It gives names to the proxy as they are. */
const SCHEMES: Readonly<Record<string, ExitScheme>> = { http: "http", socks4: "socks4a", socks5: "socks5h" };
const KNOWN = Object.keys(SCHEMES).join(", ");

function readForward(value: string, line: number, from: number): ForeignEntry {
  if (value === "") return { line, column: from, reason: "forward names no proxy" };
  const hops: string[] = [];
  let tls: string | null = null;
  let column = from;
  for (const part of value.replace(/#.*/s, "").split(",")) {
    const [, name = "", rest = ""] = /^([^:]*):\/\/([^/?]*)/.exec(part) ?? [];
    const scheme = Object.hasOwn(SCHEMES, name.toLowerCase()) ? (SCHEMES[name.toLowerCase()] as ExitScheme) : null;
    const isTls = name.toLowerCase() === "tls";
    if (scheme === null && !isTls) return { line, column, reason: `the scheme is none of ${KNOWN}, and tls before http` };
    if (isTls && (tls !== null || rest === "")) return { line, column, reason: "tls has no host, or there is no http behind it" };
    if (scheme !== null && tls !== null) {
      if (scheme !== "http" || !/^$|@$/.test(rest)) return { line, column, reason: "behind tls only http without a host is known" };
      hops.push(`https://${rest}${tls}`);
    } else if (scheme !== null) hops.push(`${scheme}://${rest}`);
    tls = isTls ? rest : null;
    column += part.length + 1;
  }
  if (tls !== null) return { line, column: from, reason: "tls has no host, or there is no http behind it" };
  return { line, column: from, text: hops.join(",") };
}
