/** What a client says where a request should begin, though it is another protocol's: what to change, in words; null where we know none. */
export function nameForeignStart(text: string): string | null {
  if (/^PROXY (?:TCP4|TCP6|UNKNOWN)\b/.test(text) || text.startsWith(PROXY_V2)) return PROXY_ADVICE;
  return text.startsWith("PRI * HTTP/2.0") ? "the client speaks HTTP/2, which this listener does not: set the client to HTTP/1.1" : null;
}

/** The signature of version 2 without its first CRLF, which looks like the empty line that may stand before a request. */
const PROXY_V2 = "\r\n\0\r\nQUIT\n";
const PROXY_ADVICE =
  "the client begins with a PROXY protocol header, which this listener does not read: switch it off in the load balancer in front (send-proxy, proxy_protocol)";
