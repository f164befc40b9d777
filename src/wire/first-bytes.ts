/** Protocols that a server's first bytes give away. `greeting` is a 220 line that may be FTP's or SMTP's. */
export type Protocol =
  | "http"
  | "http2"
  | "tls"
  | "socks4"
  | "socks5"
  | "ssh"
  | "ftp"
  | "smtp"
  | "greeting"
  | "pop3"
  | "imap"
  | "redis"
  | "mysql"
  | "rtsp"
  | "vnc";

/** How people call it. */
export const PROTOCOL_NAMES: Readonly<Record<Protocol, string>> = {
  http: "HTTP",
  http2: "HTTP/2",
  tls: "TLS",
  socks4: "SOCKS4",
  socks5: "SOCKS5",
  ssh: "SSH",
  ftp: "FTP",
  smtp: "SMTP",
  greeting: "FTP or SMTP",
  pop3: "POP3",
  imap: "IMAP",
  redis: "Redis",
  mysql: "MySQL",
  rtsp: "RTSP",
  vnc: "VNC",
};

/**
 * The protocol that these first bytes of a server belong to; null where they are none that we know, or too few to say (`mayBeProtocol`
 * tells these apart). Decided from a prefix, so that more bytes never change an answer from one protocol to another, but for a `greeting`.
 */
export function recogniseProtocol(bytes: Uint8Array): Protocol | null {
  const found = SIGNATURES.find(({ pattern }) => bytes.length >= pattern.length && fits(pattern, bytes));
  if (found === undefined) return null;
  return found.protocol === "greeting" ? greetingOf(bytes) : found.protocol;
}

/** True where these bytes are too few to say, but begin as a known protocol does. */
export function mayBeProtocol(bytes: Uint8Array): boolean {
  return SIGNATURES.some(({ pattern }) => bytes.length < pattern.length && fits(pattern, bytes));
}

/** What to change in the exit list where another protocol answers than the scheme says: `the port speaks TLS: use https://host:port`. */
export function adviseScheme(spoken: Protocol): string {
  const advice = SCHEME_ADVICE[spoken];
  return advice === undefined
    ? `the port speaks ${PROTOCOL_NAMES[spoken]}: it is no proxy`
    : `the port speaks ${PROTOCOL_NAMES[spoken]}: use ${advice}`;
}

/** The first bytes as printable ASCII in single quotes, others as escapes; `...` behind where there were more than `max`. */
export function describeBytes(bytes: Uint8Array, max = 32): string {
  let text = "";
  for (const byte of bytes.subarray(0, max)) text += describeByte(byte);
  return bytes.length > max ? `'${text}'...` : `'${text}'`;
}

const SCHEME_ADVICE: Readonly<Partial<Record<Protocol, string>>> = {
  http: "http://host:port",
  tls: "https://host:port",
  socks4: "socks4://host:port",
  socks5: "socks5://host:port",
  http2: "a port that speaks HTTP/1.1",
};

/** One byte of a signature: this one, or one of a range. */
type ByteMatch = number | readonly [from: number, to: number];

interface Signature {
  readonly protocol: Protocol;
  readonly pattern: readonly ByteMatch[];
}

const ANY = [0x00, 0xff] as const;
/** Packets of MySQL that come first have this length at least. */
const LONG = [0x18, 0xfe] as const;

const SIGNATURES: readonly Signature[] = [
  text("http", "HTTP/"),
  { protocol: "tls", pattern: [[20, 23], 3, [0, 4]] }, // RFC 8446 5.1: type and legacy version of a record
  { protocol: "socks5", pattern: [5, [0, 8]] }, // RFC 1928: a method, or a reply
  { protocol: "socks5", pattern: [5, 0xff] },
  { protocol: "socks4", pattern: [0, [90, 93]] },
  { protocol: "socks4", pattern: [4, [90, 93]] }, // some servers send their version where the protocol says 0
  { protocol: "http2", pattern: [0, 0, ANY, 4, 0, 0, 0, 0, 0] }, // RFC 9113 3.4: SETTINGS on stream 0 comes first
  { protocol: "http2", pattern: [0, 0, ANY, 7, 0, 0, 0, 0, 0] }, // … or GOAWAY
  text("http2", "PRI * HTTP/2"),
  text("ssh", "SSH-"),
  text("greeting", "220 "),
  text("greeting", "220-"),
  text("smtp", "554 "),
  text("greeting", "421 "),
  text("ftp", "530 "),
  text("pop3", "+OK"),
  text("imap", "* OK"),
  text("redis", "-ERR "),
  text("redis", "-DENIED "),
  text("rtsp", "RTSP/"),
  { protocol: "mysql", pattern: [LONG, 0, 0, 0, 10, [0x30, 0x39]] }, // its greeting: a packet's length and number, protocol 10, a version
  { protocol: "mysql", pattern: [LONG, 0, 0, [0, 1], 0xff, ANY, 4] }, // an error of the server in its place, as "Host is not allowed"
  text("vnc", "RFB 0"),
];

function text(protocol: Protocol, prefix: string): Signature {
  return { protocol, pattern: [...Buffer.from(prefix, "latin1")] };
}

function fits(pattern: readonly ByteMatch[], bytes: Uint8Array): boolean {
  const length = Math.min(pattern.length, bytes.length);
  for (let i = 0; i < length; i++) {
    const match = pattern[i] as ByteMatch;
    const byte = bytes[i] as number;
    if (typeof match === "number" ? byte !== match : byte < match[0] || byte > match[1]) return false;
  }
  return true;
}

function greetingOf(bytes: Uint8Array): Protocol {
  const line = Buffer.from(bytes.subarray(0, 256)).toString("latin1").toLowerCase();
  if (/smtp|postfix|exim|sendmail/.test(line)) return "smtp";
  return line.includes("ftp") ? "ftp" : "greeting";
}

function describeByte(byte: number): string {
  if (byte === 0x0d) return "\\r";
  if (byte === 0x0a) return "\\n";
  if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
