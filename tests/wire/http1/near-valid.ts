import fc from "fast-check";

// Messages that are valid or nearly so: whole ones by the grammar, with parts that attackers and broken programs write, and then at most two bytes
// changed anywhere.

const METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "CONNECT", "PATCH"];
const TARGETS = [
  ...new Array(8).fill("http://example.com/"),
  "/",
  "/a?b=c",
  "http://example.com:80/x",
  "*",
  "example.com:443",
  "HTTP://Example.COM/p",
  "/\xe9",
  "/a#b",
  "//x",
];
const NAMES = [
  "X-A",
  "Accept",
  "host",
  "Cookie",
  "Expect",
  "Connection",
  "Upgrade",
  "Keep-Alive",
  "TE",
  "Trailer",
  "x_y",
  "Content-Encoding",
];
const VALUES = ["", "a", "a b", "close", "keep-alive", "Upgrade", "100-continue", "trailers", "\t", "caf\xe9", '"q"', "a,b", "  x  "];
const FRAMINGS = [
  "Content-Length: 5",
  "content-length: 05",
  "Content-Length: +5",
  "Content-Length: -5",
  "Content-Length: 5, 5",
  "Content-Length: 0x5",
  "Content-Length: 5 5",
  "Content-Length:",
  "Content-Length: 99999999999999999999",
  "Content-Length : 5",
  "Content-Length: 0",
  "Content-Length: 5\r\nContent-Length: 5",
  "Content-Length: 5\r\nContent-Length: 6",
  "Content-Length: 5\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nContent-Length: 5",
  "Transfer-Encoding: chunked",
  "transfer-encoding: Chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: gzip",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked;a=b",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding : chunked",
  " Transfer-Encoding: chunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding\r\n: chunked",
  "Transfer_Encoding: chunked",
  "Transfer-Encoding: ",
];
const BODIES = [
  "",
  "abcde",
  "0\r\n\r\n",
  "5\r\nabcde\r\n0\r\n\r\n",
  "5;a=b\r\nabcde\r\n0\r\n\r\n",
  '5;a="b;c"\r\nabcde\r\n0;x\r\n\r\n',
  "5 \r\nabcde\r\n0\r\n\r\n",
  "5;\r\nabcde\r\n0\r\n\r\n",
  "+5\r\nabcde\r\n0\r\n\r\n",
  "0x5\r\nabcde\r\n0\r\n\r\n",
  "5\nabcde\r\n0\r\n\r\n",
  "5\r\nabcde\n0\r\n\r\n",
  "5\r\nabcdef\r\n0\r\n\r\n",
  "00000000000000005\r\nabcde\r\n0\r\n\r\n",
  "ffffffffffffffff5\r\nabcde\r\n0\r\n\r\n",
  "A\r\n0123456789\r\n2\r\nxy\r\n0\r\n\r\n",
  "5\r\nabcde\r\n0\r\nX-T: v\r\n\r\n",
  "5\r\nabcde\r\n0\r\nX-T : v\r\n\r\n",
  "5\r\nabcde\r\n0\r\nContent-Length: 3\r\n\r\n",
  "5\r\nabcde\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
  "5\r\nabcde\r\n0\n\n",
  "5\r\nabcde\r\n0\r\nX-T: a\r\n b\r\n\r\n",
  "\r\n5\r\nabcde\r\n0\r\n\r\n",
];
/** A framing and a body: mostly such that belong together. */
const CHUNKED_BODIES = BODIES.filter((body) => body.includes("0\r\n"));
const framed: fc.Arbitrary<readonly [string | null, string]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([null, ""] as const) },
  { weight: 3, arbitrary: fc.constantFrom(...CHUNKED_BODIES).map((body) => ["Transfer-Encoding: chunked", body] as const) },
  { weight: 2, arbitrary: fc.constantFrom("Content-Length: 5", "content-length: 05").map((field) => [field, "abcde"] as const) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...FRAMINGS), fc.constantFrom(...BODIES)) },
);
const STATUS_LINES = [
  ...new Array(12).fill("HTTP/1.1 200 OK"),
  "HTTP/1.0 200 OK",
  "HTTP/1.1 200 ",
  "HTTP/1.1 200",
  "HTTP/1.1 204 No Content",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.1 404 Not\tFound \xe9",
  "HTTP/1.1 999 Odd",
  "HTTP/1.1 99 Short",
  "HTTP/1.1 2000 Long",
  "HTTP/1.1  200 OK",
  "HTTP/1.1\t200 OK",
  "HTTP/1.1 200\tOK",
  "HTTP/1.2 200 OK",
  "HTTP/2 200 OK",
  "HTTP/01.1 200 OK",
  "http/1.1 200 OK",
  "HTTP/1.1 2x0 OK",
];
const STRANGE_BYTES = ["\0", "\r", "\n", " ", "\t", ":", ",", ";", "+", "-", "x", "0", "\x0b", "\x7f", "\x80", "\xff", "\r\n", "\r\n\r\n"];

/** Mostly CRLF. */
const lineEnd = fc.oneof(
  { weight: 150, arbitrary: fc.constant("\r\n") },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r", "\r\r\n", "\n\r", " \r\n") },
);
const separator = fc.oneof(
  { weight: 60, arbitrary: fc.constant(": ") },
  { weight: 1, arbitrary: fc.constantFrom(":", " : ", ":\t", "", " ", ":: ", "\t: ") },
);
const plainField = fc.tuple(fc.constantFrom(...NAMES), separator, fc.constantFrom(...VALUES)).map((parts) => parts.join(""));
const oddField = fc.constantFrom(
  " folded",
  "\tfolded",
  ": no name",
  "no colon",
  "a b: c",
  "X\0Y: z",
  "X: \0",
  "X: \x01",
  "X: \x7f",
  "\xe9: x",
  "(x): y",
);
const field = fc.oneof({ weight: 40, arbitrary: plainField }, { weight: 1, arbitrary: oddField });

function messageOf(start: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const host = fc.oneof(
    { weight: 30, arbitrary: fc.constant("Host: example.com") },
    { weight: 1, arbitrary: fc.constantFrom("Host: a\r\nHost: b", "Host: a b", "Host:") },
  );
  const parts = fc.tuple(start, host, fc.array(field, { maxLength: 3 }), framed, fc.array(field, { maxLength: 2 }));
  return parts.chain(([first, hostField, before, [framing, body], after]) => {
    const lines = [first, hostField, ...before, ...(framing === null ? [] : [framing]), ...after, ""];
    const ends = fc.array(lineEnd, { minLength: lines.length, maxLength: lines.length });
    return ends.map((chosen) => lines.map((line, i) => line + chosen[i]).join("") + body);
  });
}

const requestLine = fc
  .tuple(
    fc.constantFrom(...METHODS),
    fc.oneof({ weight: 20, arbitrary: fc.constant(" ") }, { weight: 1, arbitrary: fc.constantFrom("  ", "\t", "") }),
    fc.constantFrom(...TARGETS),
    fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(" HTTP/1.1", " HTTP/1.1", " HTTP/1.0") },
      { weight: 1, arbitrary: fc.constantFrom("  HTTP/1.1", " HTTP/1.1 ", " HTTP/1.2", " http/1.1", "", " HTTP/0.9", " HTTP/11") },
    ),
  )
  .map((parts) => parts.join(""));

/** At most two bytes put in, taken out or changed. */
function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const change = fc.record({ at: fc.nat(), take: fc.nat(1), put: fc.constantFrom("", ...STRANGE_BYTES) });
  const changes = fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
  );
  return fc.tuple(text, changes).map(([whole, list]) => {
    const changed = list.reduce((now, { at, take, put }) => {
      const place = at % (now.length + 1);
      return now.slice(0, place) + put + now.slice(place + take);
    }, whole);
    return Buffer.from(changed, "latin1");
  });
}

/** A request, and a second one behind it, which shows where the first was taken to end. */
export const nearRequests: fc.Arbitrary<Buffer> = mutated(
  messageOf(requestLine).map((message) => `${message}GET /second HTTP/1.1\r\nHost: second\r\n\r\n`),
);

/** A response as a hop might send it. */
export const nearResponse: fc.Arbitrary<Buffer> = mutated(messageOf(fc.constantFrom(...STATUS_LINES)));
