/** What a client speaks, by its first byte. `http` is any byte that may begin a request; whether it does, the parser says. */
export type ClientProtocol = "http" | "socks4" | "socks5" | "tls" | "unknown";

/** Tells a listener's protocols apart by a connection's first byte. */
export function sniffClient(first: number): ClientProtocol {
  switch (first) {
    case 0x04:
      return "socks4";
    case 0x05:
      return "socks5";
    case 0x16: // RFC 8446 5.1: a handshake record
      return "tls";
    case 0x0d: // RFC 9112 2.2: an empty line before the request line is ignored
    case 0x0a:
      return "http";
    default:
      return METHOD_BYTES.has(first) ? "http" : "unknown";
  }
}

/** RFC 9110 5.6.2: tchar. */
const METHOD_BYTES: ReadonlySet<number> = new Set(
  Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "latin1"),
);
