import { isIP } from "node:net";
import type { HostPort } from "../../core/address.ts";
import type { Culprit, RfcParams } from "../../core/fault.ts";
import type { HandshakeFaultId } from "../../core/faults/handshake.ts";
import { type Claim, claim, quote, type Refusal } from "./claim.ts";

/** What a proxy's text says about its own attempt to dial, in the words of Go, Node, Python, libc and people. */
interface DialWords {
  readonly id: HandshakeFaultId;
  readonly pattern: RegExp;
  readonly words: string;
  readonly culprit?: Culprit;
  readonly confidence?: number;
  readonly params?: RfcParams;
}

/** First match wins: the more special before the more general. */
const DIAL_WORDS: readonly DialWords[] = [
  {
    id: "handshake.target_unresolvable",
    pattern: /server misbehaving|SERVFAIL|temporary failure in name resolution|EAI_AGAIN|Server Failure: The name server/i,
    words: "the exit's resolver failed",
    culprit: "dns",
    confidence: 0.6,
    params: { rcode: "SERVFAIL" },
  },
  {
    id: "handshake.target_unresolvable",
    pattern: /lookup \S+(?: on \S+)?:(?: read udp \S+:)? i\/o timeout|DNS (?:lookup |resolution )?time(?:d )?out/i,
    words: "the exit's resolver did not answer",
    culprit: "dns",
    confidence: 0.6,
  },
  {
    id: "handshake.target_unresolvable",
    pattern:
      /no such host|ENOTFOUND|NXDOMAIN|name or service not known|name does not resolve|nodename nor servname|no address associated with hostname|(?:could not|cannot|can't|unable to|failed to) (?:be )?resolve|could not be resolved|host not found(?! or)|domain name does not exist|getaddrinfo failed|unknown host|no such domain/i,
    words: "the target's name does not resolve",
  },
  {
    id: "handshake.target_refused",
    pattern: /connection (?:was )?refused|ECONNREFUSED|actively refused|\[Errno 111\]/i,
    words: "the target refused TCP",
  },
  {
    id: "handshake.target_unreachable",
    pattern: /no route to host|(?:network|host) is unreachable|host unreachable|EHOSTUNREACH|ENETUNREACH|\[Errno (?:101|113)\]/i,
    words: "no route leads to the target",
  },
  {
    id: "handshake.target_timeout",
    pattern:
      /dial \S+ \S+: i\/o timeout|(?:connection|connect(?:ing)?\b[^.]{0,60}) timed out|timed out connecting|connect(?:ion)? timeout|ETIMEDOUT|\[Errno 110\]/i,
    words: "the target did not answer TCP in time",
  },
  {
    id: "handshake.connect_rejected",
    pattern: /connection reset by peer|ECONNRESET/i,
    words: "the target reset the connection",
    culprit: "origin",
    confidence: 0.65,
  },
];

/** An address with a port, as an error message quotes whom it dialled. */
const DIALLED = /(?:dial tcp\d? |connect(?:ion)? (?:to|E[A-Z]{1,20}) |ECONN[A-Z]{1,20} )\[?([\w.:-]{1,255}?)\]?:(\d{1,5})\b/i;

/**
 * Reads a dial error out of text that a proxy wrote.
 * Where the text quotes another place than was asked for, it is about the proxy's own next hop, and not about the target.
 */
export function readDialWords(by: string, text: string, { asked }: Refusal): Claim | null {
  const found = DIAL_WORDS.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return null;
  const said = quote(excerptAround(text, found.pattern));
  const nextHop = quotedNextHop(text, asked);
  if (nextHop !== null) {
    const words = `it could not reach its own next hop ${nextHop}: ${said}`;
    return claim(by, "handshake.connect_rejected", words, { culprit: "exit", confidence: 0.85 });
  }
  const { id, words, culprit = null, confidence = 0.75, params = {} } = found;
  return claim(by, id, `${words}: ${said}`, { culprit, confidence, params });
}

/** A place that the text says was dialled or looked up, and that is not what was asked for; null: none. A name that was asked for may have any address. */
function quotedNextHop(text: string, asked: HostPort): string | null {
  const [, host = "", port = ""] = DIALLED.exec(text) ?? [];
  if (port !== "" && (Number(port) !== asked.port || isOtherAddress(host, asked.host))) return `${host}:${port}`;
  if (asked.host === "") return null; // nobody knows what was asked for
  const name = LOOKED_UP.exec(text)?.[1]?.replace(/\.$/, "").toLowerCase();
  return name === undefined || isIP(name) !== 0 || name === asked.host.toLowerCase() ? null : name;
}

function isOtherAddress(dialled: string, asked: string): boolean {
  return isIP(dialled) !== 0 && isIP(dialled) === isIP(asked) && dialled !== asked;
}

/** Go's and Node's words for a name that they could not resolve. */
const LOOKED_UP = /(?:\blookup |\bgetaddrinfo E[A-Z_]{1,20} )([\w-]{1,63}(?:\.[\w-]{1,63}){1,20}\.?)(?=[\s:"']|$)/;

const EXCERPT_CHARS = 200;
const EXCERPT_BEFORE_CHARS = 60;
const EXCERPT_AFTER_CHARS = 120;

function excerptAround(text: string, pattern: RegExp): string {
  const plain = text.replace(/<[^<>]*>/g, " ").replace(/\s+/g, " ");
  const at = plain.search(pattern);
  return at < 0 ? plain.slice(0, EXCERPT_CHARS) : plain.slice(Math.max(0, at - EXCERPT_BEFORE_CHARS), at + EXCERPT_AFTER_CHARS);
}
