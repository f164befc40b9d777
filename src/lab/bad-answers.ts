import { afterHead, drips, fin, neverReads, rst, says, silence } from "./behaviours.ts";
import { formatAnswer, formatHead } from "./lab-http.ts";
import type { Behaviour } from "./lab-server.ts";

/**
 * What can stand where an answer should: as target, as HTTP exit, or beyond a tunnel, depending on who runs it.
 * Each begins at once; `afterHead` and `afterBytes` let the peer speak first.
 */
export const BAD_ANSWERS: Readonly<Record<BadAnswer, Behaviour>> = {
  fin,
  rst,
  silence,
  neverReads,

  // Half of something.
  halfHead: says("HTTP/1.1 200 OK\r\nContent-Type: text/pl", fin),
  halfHeadThenReset: says("HTTP/1.1 200 OK\r\nContent-Type: text/pl", rst),
  halfHeadThenSilence: says("HTTP/1.1 200 OK\r\nContent-Type: text/pl", silence),
  drip: drips(formatAnswer(200, { "Content-Type": "text/plain" }, "slowly\n"), 10, fin),
  truncatedByLength: says(`${head({ "Content-Length": "1000" })}only the first part`, fin),
  truncatedByChunk: says(`${head({ "Transfer-Encoding": "chunked" })}5\r\nfirst\r\n400\r\nnot all of it`, fin),
  missingLastChunk: says(`${head({ "Transfer-Encoding": "chunked" })}5\r\nfirst\r\n`, fin),
  resetInBody: says(`${head({ "Content-Length": "1000" })}only the first part`, rst),
  stallInBody: says(`${head({ "Content-Length": "1000" })}only the first part`, silence),

  // Too much of something.
  hugeHead: says(head(manyFields(200, 4000)), silence),
  hugeField: says(head({ "Set-Cookie": "c".repeat(512 * 1024) }), silence),
  tooManyFields: says(head(manyFields(2000, 1)), silence),
  hugeTrailers: says(`${head({ "Transfer-Encoding": "chunked" })}5\r\nhello\r\n0\r\n${lines(manyFields(200, 4000))}\r\n`, silence),
  interimFlood: says(formatHead("HTTP/1.1 103 Early Hints", { Link: "</a.css>; rel=preload" }).repeat(2000), silence),

  // Another protocol.
  garbage: says(Buffer.from("9d03f1c6e84b7725aa00d1580c93bf6ee2", "hex"), fin),
  sshBanner: says("SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n", silence),
  smtpBanner: says("220 mail.lab ESMTP Postfix\r\n", silence),
  ftpBanner: says("220 (vsFTPd 3.0.5)\r\n", silence),
  tlsAlert: says(Buffer.from("15030100020246", "hex"), fin), // what a TLS server answers to clear text: protocol_version
  socksReply: says(Buffer.from("05ff", "hex"), fin),
  http2: says(Buffer.from("00000604000000000000040000ffff", "hex"), fin), // a SETTINGS frame
  http09: says("<html>no head at all</html>\n", fin),

  // HTTP with something wrong in it.
  badStatusLine: says("HTTP/1.1 two-hundred OK\r\nContent-Length: 0\r\n\r\n", fin),
  fieldWithNul: says("HTTP/1.1 200 OK\r\nX-Lab: a\0b\r\nContent-Length: 0\r\n\r\n", fin),
  fieldWithSpaceInName: says("HTTP/1.1 200 OK\r\nX Lab: a\r\nContent-Length: 0\r\n\r\n", fin),
  fieldWithoutColon: says("HTTP/1.1 200 OK\r\nX-Lab\r\nContent-Length: 0\r\n\r\n", fin),
  lengthAndChunked: says(`${head({ "Content-Length": "5", "Transfer-Encoding": "chunked" })}5\r\nhello\r\n0\r\n\r\n`, fin),
  twoLengths: says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", fin),
  badLength: says(`${head({ "Content-Length": "5x" })}hello`, fin),
  unknownCoding: says(`${head({ "Transfer-Encoding": "lab" })}hello`, fin),
  unexpectedUpgrade: says(formatHead("HTTP/1.1 101 Switching Protocols", { Connection: "Upgrade", Upgrade: "lab" }), silence),
  badChunk: says(`${head({ "Transfer-Encoding": "chunked" })}5\r\nhello\r\nzz\r\nwrong\r\n0\r\n\r\n`, fin),
  badTrailers: says(`${head({ "Transfer-Encoding": "chunked" })}5\r\nhello\r\n0\r\nno colon here\r\n\r\n`, fin),
  beyondLength: says(`${head({ "Content-Length": "5" })}helloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`, silence),
  bodyOn204: says("HTTP/1.1 204 No Content\r\n\r\nstill a body", silence),
  early413: says(formatAnswer(413, { Connection: "close" }, "too much\n"), fin),
};

export type BadAnswer =
  | "fin"
  | "rst"
  | "silence"
  | "neverReads"
  | "halfHead"
  | "halfHeadThenReset"
  | "halfHeadThenSilence"
  | "drip"
  | "truncatedByLength"
  | "truncatedByChunk"
  | "missingLastChunk"
  | "resetInBody"
  | "stallInBody"
  | "hugeHead"
  | "hugeField"
  | "tooManyFields"
  | "hugeTrailers"
  | "interimFlood"
  | "garbage"
  | "sshBanner"
  | "smtpBanner"
  | "ftpBanner"
  | "tlsAlert"
  | "socksReply"
  | "http2"
  | "http09"
  | "badStatusLine"
  | "fieldWithNul"
  | "fieldWithSpaceInName"
  | "fieldWithoutColon"
  | "lengthAndChunked"
  | "twoLengths"
  | "badLength"
  | "unknownCoding"
  | "unexpectedUpgrade"
  | "badChunk"
  | "badTrailers"
  | "beyondLength"
  | "bodyOn204"
  | "early413";

/** Answers the first request of a connection well and promises keep-alive, then ends just as the second one arrives. */
export function keepAliveRace(ending: Behaviour): Behaviour {
  const first = formatAnswer(200, { "Content-Type": "text/plain", Connection: "keep-alive" }, "first\n");
  return afterHead(says(first, afterHead(ending)));
}

function head(fields: Readonly<Record<string, string>>): string {
  return formatHead("HTTP/1.1 200 OK", { "Content-Type": "text/plain", ...fields });
}

function manyFields(count: number, bytes: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Lab-${index}`, "v".repeat(bytes)]));
}

function lines(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
}
