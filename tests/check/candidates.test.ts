import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LINE_BYTES_MAX, UnreadableList } from "../../src/check/candidate-lines.ts";
import { type CandidateOptions, type CandidateSource, isBadLine, readCandidates } from "../../src/check/candidates.ts";
import { Seen } from "../../src/check/seen.ts";
import { formatExit } from "../../src/wire/exit-line.ts";
import { formatLineError } from "../../src/wire/exit-list.ts";

const PLAIN: CandidateOptions = { scheme: null, extract: false, rangesMax: null };

function source(content: string | Uint8Array, { name = "list", isList = true, chunkBytes = 64 * 1024 } = {}): CandidateSource {
  const bytes = Buffer.from(content);
  async function* open() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  return { name, isList, open };
}

/** `line scheme-or-? url` of each candidate, and the bad lines as they are told. */
async function read(sources: readonly CandidateSource[], options: Partial<CandidateOptions> = {}): Promise<string[]> {
  const told: string[] = [];
  for await (const item of readCandidates(sources, { ...PLAIN, ...options })) {
    if (isBadLine(item)) told.push(formatLineError(item));
    else told.push(`${item.source}:${item.line} ${item.scheme ?? "?"} ${formatExit(item.exit)}`);
  }
  return told;
}

test("a line without a scheme is left open, unless one is given for those", async () => {
  const list = source("192.0.2.1:8080\nsocks5://192.0.2.2:1080\nuser:pass@192.0.2.3:3128\n192.0.2.4:1,192.0.2.5:2\n");
  assert.deepEqual(await read([list]), [
    "list:1 ? http://192.0.2.1:8080",
    "list:2 socks5 socks5://192.0.2.2:1080",
    "list:3 ? http://user@192.0.2.3:3128",
    "list:4 http http://192.0.2.4:1,http://192.0.2.5:2",
  ]);
  assert.deepEqual(await read([source("192.0.2.1:8080")], { scheme: "socks4" }), ["list:1 socks4 socks4://192.0.2.1:8080"]);
});

test("a proxy of the command line has neither list nor line", async () => {
  assert.deepEqual(await read([source("socks5://192.0.2.1:1080", { isList: false })]), ["null:null socks5 socks5://192.0.2.1:1080"]);
  assert.deepEqual(await read([source("192.0.2.1:99999", { isList: false, name: "argument 2" })]), [
    "argument 2, column 11: the port is no number from 1 to 65535",
  ]);
});

test("byte order marks, CRLF, comments and a missing last line end change nothing", async () => {
  const text = "# mine\r\n192.0.2.1:80 country=de # good\r\n\r\n  192.0.2.2:81";
  const expected = ["list:2 ? http://192.0.2.1:80", "list:4 ? http://192.0.2.2:81"];
  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
  const unmarked = utf16.subarray(2);
  const contents = [text, `\ufeff${text}`, utf16, Buffer.from(utf16).swap16(), unmarked, Buffer.from(unmarked).swap16()];
  for (const content of contents) {
    for (const chunkBytes of [1, 2, 7, 65536]) assert.deepEqual(await read([source(content, { chunkBytes })]), expected);
  }
});

test("a bad line is told with its place, and the others are read", async () => {
  assert.deepEqual(await read([source("192.0.2.1:80\n192.0.2.2:99999\nftp://x:1\n192.0.2.3:80\n")]), [
    "list:1 ? http://192.0.2.1:80",
    "list:2:11: the port is no number from 1 to 65535",
    "list:3:1: the scheme is none of http, https, socks4, socks4a, socks5, socks5h",
    "list:4 ? http://192.0.2.3:80",
  ]);
});

test("a line of ten megabytes is told, never held, and the next one is read", async () => {
  const list = source(`192.0.2.1:80\n${"x".repeat(10_000_000)}\n192.0.2.2:80\n`);
  assert.deepEqual(await read([list]), [
    "list:1 ? http://192.0.2.1:80",
    `list:2:${LINE_BYTES_MAX + 1}: the line is longer than 16 KiB`,
    "list:3 ? http://192.0.2.2:80",
  ]);
  assert.deepEqual(await read([source("x".repeat(LINE_BYTES_MAX + 1))]), [`list:1:${LINE_BYTES_MAX + 1}: the line is longer than 16 KiB`]);
});

test("what is no list is told in a word, and the next list is read", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("192.0.2.1:80\n192.0.2.2:8");
    throw new UnreadableList("broke off: ECONNRESET");
  }
  const sources = [
    source(Buffer.from("\x7fELF\x02\0\0\0", "latin1"), { name: "program" }),
    source(Buffer.from("\x1f\x8b\x08 and so on", "latin1"), { name: "list.gz" }),
    source("\n<!doctype html><p>192.0.2.1:80", { name: "page" }),
    source("", { name: "empty" }),
    { name: "fetched", isList: true, open: broken },
    source("192.0.2.3:80"),
  ];
  assert.deepEqual(await read(sources), [
    "program: is a binary file, not a list of proxies",
    "list.gz: is compressed: unpack it first (gunzip)",
    "page: is a web page, not a list of proxies; --extract finds the addresses in it",
    "fetched:1 ? http://192.0.2.1:80",
    "fetched: broke off: ECONNRESET",
    "list:1 ? http://192.0.2.3:80",
  ]);
});

test("a stray NUL spoils its line, not the list", async () => {
  assert.deepEqual(await read([source("192.0.2.1:80\n192.0.2.2\0:8080\n192.0.2.3:80\n")]), [
    "list:1 ? http://192.0.2.1:80",
    "list:2:1: the host is neither a name nor an address",
    "list:3 ? http://192.0.2.3:80",
  ]);
});

test("lists of other programs are read, and what names no scheme there is left open", async () => {
  const json = '[\n{"ip": "192.0.2.1", "port": 80},\n{"ip": "192.0.2.2", "port": "81", "type": "socks5"},\n{"ip": "192.0.2.3"}]';
  assert.deepEqual(await read([source(json, { chunkBytes: 10 })]), [
    "list:2 ? http://192.0.2.1:80",
    "list:3 socks5 socks5://192.0.2.2:81",
    "list:4:1: the port is missing",
  ]);
  assert.deepEqual(await read([source("[ProxyList]\nsocks4 192.0.2.4 1080\n")]), ["list:2 socks4 socks4://192.0.2.4:1080"]);
});

test("names above CSV are known for that however a pipe cuts them", async () => {
  const csv = "IP Address;Port;Protocol\n192.0.2.1;8080;http\n192.0.2.2;1080;socks5\n";
  for (const chunkBytes of [1, 5, 30, 1024])
    assert.deepEqual(await read([source(csv, { chunkBytes })]), [
      "list:2 http http://192.0.2.1:8080",
      "list:3 socks5 socks5://192.0.2.2:1080",
    ]);
});

test("a range is refused without its flag, read with it, and never more of them than may be", async () => {
  const list = source("socks5://192.0.2.0/30:1080\n192.0.2.8-9:80-81 country=de\n10.0.0.0/8:80\n192.0.2.9:0-1\n192.0.2.1:80\n");
  assert.deepEqual((await read([list]))[0], "list:1:1: this is a range, which is only checked with --ranges");
  assert.deepEqual(await read([list], { rangesMax: 10 }), [
    ...[0, 1, 2, 3].map((i) => `list:1 socks5 socks5://192.0.2.${i}:1080`),
    ...["8:80", "8:81", "9:80", "9:81"].map((place) => `list:2 ? http://192.0.2.${place}`),
    "list:3:1: this line stands for 16,777,216 proxies, and ranges may stand for 10 in all (--ranges-max)",
    "list:4:1: the range of ports cannot be read: write 8000-8010",
    "list:5 ? http://192.0.2.1:80",
  ]);
});

test("however a list is chunked, the same is read; and any bytes give proxies and bad lines alone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300, min: 1 }), fc.integer({ min: 1, max: 20 }), async (bytes, chunkBytes) => {
      const whole = await read([source(bytes)]);
      // What is in the first chunk tells the format, and files give at least 64 KiB of it.
      if (!/[[{]/.test(Buffer.from(bytes).toString())) assert.deepEqual(await read([source(bytes, { chunkBytes })]), whole);
    }),
    { numRuns: 200 },
  );
});

test("a proxy is seen again by its key, and the table forgets old ones rather than grow", () => {
  const seen = new Seen(7);
  assert.deepEqual([seen.mark("a", 1), seen.mark("b", 2), seen.mark("a", 3), seen.mark("a", 1), seen.mark("b", 1)], [0, 0, 1, 3, 2]);
  let wrong = 0;
  for (let i = 0; i < 1_000_000; i++) if (seen.mark(`192.0.2.1:${i}`, 1) !== 0) wrong++;
  assert.equal(wrong, 0);
  let known = 0;
  for (let i = 0; i < 1_000_000; i++) if (seen.mark(`192.0.2.1:${i}`, 1) !== 0) known++;
  assert.ok(known > 980_000, `only ${known}`);
});

test("what a proxy is marked with stays while the table grows", () => {
  const seen = new Seen(11);
  const markOf = (i: number) => 1 + (i % 200);
  for (let i = 0; i < 50_000; i++) assert.equal(seen.mark(`192.0.2.1:${i}`, markOf(i)), 0);
  for (let i = 0; i < 50_000; i++) assert.equal(seen.mark(`192.0.2.1:${i}`, 1), markOf(i));
});
