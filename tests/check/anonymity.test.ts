import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { type Anonymity, judgeAnonymity } from "../../src/check/anonymity.ts";
import type { JudgePayload } from "../../src/check/judge/payload.ts";
import { leakFinder } from "../../src/check/leaks.ts";
import { judgeRequestChanges } from "../../src/check/request-changes.ts";
import { ipFromBytes, ipToBytes } from "../../src/wire/ip-bytes.ts";
import { JUDGE, payloadFor } from "./judge-answers.ts";
import { question } from "./judge-world.ts";

const OURS = "198.51.100.7";
const OURS6 = "2001:db8:0:1::7";
/** With all that a request may carry. */
const sent = question(JUDGE, { kind: "script" });
const elsewhere = { ownAddresses: [OURS, OURS6], isSameMachine: false };

function judge(added: readonly (readonly [string, string])[], more: Partial<JudgePayload> = {}, place = elsewhere): Anonymity {
  const clean = payloadFor(sent);
  return judgeAnonymity(sent, { ...clean, fields: [...clean.fields, ...added], ...more }, place);
}

test("A request that arrives as it was sent, from an address that is not ours, tells nothing: elite.", () => {
  assert.deepEqual(judge([]), { level: "elite", evidence: [] });
  assert.equal(judge([["Connection", "keep-alive"]]).level, "elite");
  assert.equal(judge([["Cache-Control", "max-age=259200"]]).level, "elite");
});

test("Fields that say that a proxy is in between make it anonymous, each with its evidence.", () => {
  for (const [name, value] of [
    ["Via", "1.1 cache.test (squid/6.1)"],
    ["X-Forwarded-For", "unknown"],
    ["X-Forwarded-For", "203.0.113.9"],
    ["Forwarded", "for=_hidden;by=_proxy"],
    ["X-Proxy-Id", "1234"],
    ["Proxy-Connection", "keep-alive"],
    ["Client-IP", "203.0.113.9"],
    ["X-BlueCoat-Via", "abc"],
    ["X-Whatever", "1"],
  ] as const) {
    const { level, evidence } = judge([[name, value]]);
    assert.equal(level, "anonymous", name);
    assert.match(evidence[0] ?? "", new RegExp(`^${name}: `));
  }
});

test("What a client sent itself tells nothing, however a proxy spreads it over lines and puts spaces around its commas.", () => {
  const clean = payloadFor(sent);
  const fields = clean.fields.flatMap(([name, value]): (readonly [string, string])[] => {
    if (name === "Cookie") return value.split("; ").map((part) => ["cookie", part]);
    return [[name, name === "Accept-Language" ? value.replaceAll(",", " , ") : value]];
  });
  assert.notDeepEqual(fields, clean.fields);
  assert.deepEqual(judge([], { fields }), { level: "elite", evidence: [] });
});

test("Our address in a field of the connection is found as in any other; without it such a field tells nothing.", () => {
  for (const [name, value] of [
    ["Connection", `keep-alive, ${OURS}`],
    ["Keep-Alive", `timeout=5, for=${OURS}`],
    ["TE", OURS],
    ["Upgrade", `lab/${OURS}`],
  ] as const) {
    const { level, evidence } = judge([[name, value]]);
    assert.equal(level, "transparent", name);
    assert.match(evidence[0] ?? "", new RegExp(`^${name}: .* has our address`));
    assert.equal(judge([[name, value.replace(OURS, "203.0.113.9")]]).level, "elite", name);
  }
  const listed = (address: string) =>
    judge([
      ["Connection", "Client-IP"],
      ["Client-IP", address],
    ]);
  assert.equal(listed(OURS).level, "transparent");
  assert.equal(listed("203.0.113.9").level, "anonymous");
});

test("A password for the proxy that it passes on is told without the password.", () => {
  const { level, evidence } = judge([["Proxy-Authorization", "Basic c2VjcmV0"]]);
  assert.equal(level, "anonymous");
  assert.match(evidence[0] ?? "", /^Proxy-Authorization, the login for the proxy, was passed on/);
  assert.doesNotMatch(evidence.join(), /c2VjcmV0/);
});

const FORMS: Readonly<Record<string, string>> = {
  plain: OURS,
  "in a list": `10.0.0.1, ${OURS}`,
  "in a list without spaces": `10.0.0.1,${OURS},10.0.0.2`,
  "with a port": `${OURS}:4711`,
  forwarded: `for="${OURS}:4711";proto=http`,
  "IPv4-mapped": `::ffff:${OURS}`,
  "IPv4-mapped, hex": "::ffff:c633:6407",
  "IPv4-mapped, written out": "0:0:0:0:0:FFFF:C633:6407",
  "6to4": "2002:c633:6407::1",
  NAT64: `64:ff9b::${OURS}`,
  hex: "C6336407",
  "hex with 0x": "0xc6336407",
  "hex with colons": "c6:33:64:07",
  "hex of the text": Buffer.from(OURS).toString("hex"),
  number: "3325256711",
  octal: "0306.063.0144.07",
  "an octal number": "030614662007",
  "in two parts": "198.3367943",
  "in three parts": "198.51.25607",
  "in digits": "198051100007",
  "in binary": "11000110001100110110010000000111",
  "between commas": "198,51,100,7",
  "between spaces": "198 51 100 7",
  "as people write it who want no link": "198[.]51[.]100[.]7",
  "dotted hex": "0xc6.0x33.0x64.0x7",
  "leading zeros": "198.051.100.007",
  "a host name": "host-198-51-100-7.isp.test",
  "a host name with underscores": "ip_198_51_100_7.isp.test",
  "in a wildcard name": `${OURS}.nip.test`,
  reversed: "7.100.51.198.in-addr.arpa",
  "a host name, reversed": "7-100-51-198.dsl.isp.test",
  "a host name, reversed, with dots": "7.100.51.198.isp.test",
  "JSON of its numbers": '{"a":198,"b":51,"c":100,"d":7}',
  "in words": "198 dot 51 dot 100 dot 7",
  "between different marks": "198.51-100:7",
  "percent-encoded": [...OURS].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(""),
  "percent-encoded twice": "198%252E51%252E100%252E7",
  "backwards, as a text": [...OURS].reverse().join(""),
  "IPv6 backwards, as a text": [...OURS6].reverse().join(""),
  base64: Buffer.from(OURS).toString("base64"),
  "base64 of the bytes": Buffer.from([198, 51, 100, 7]).toString("base64"),
  "base64 of the bytes, with a port": Buffer.from([198, 51, 100, 7, 0x12, 0x34]).toString("base64"),
  "base64 of bytes, with others around them": Buffer.from([1, 2, 3, 198, 51, 100, 7, 9, 9, 9, 9]).toString("base64"),
  "hex of bytes, with others around them": "ip=0a0bc633640701020304",
  "base64 of JSON": Buffer.from(JSON.stringify({ client: OURS })).toString("base64url"),
  "base64 of base64": Buffer.from(Buffer.from(OURS).toString("base64")).toString("base64"),
  "a token of three parts": `e30.${Buffer.from(JSON.stringify({ ip: OURS })).toString("base64url")}.c2ln`,
  "behind an underscore": `client_${Buffer.from(OURS).toString("base64url")}`,
  escaped: "198&#46;51&#x2e;100\\u002e7",
  sha512: createHash("sha512").update(OURS).digest("hex"),
  md5: createHash("md5").update(OURS).digest("hex"),
  "md5 of a line": createHash("md5").update(`${OURS}\n`).digest("hex").toUpperCase(),
  "sha256 of the bytes": createHash("sha256")
    .update(Buffer.from([198, 51, 100, 7]))
    .digest("hex"),
  sha384: createHash("sha384").update(OURS).digest("hex"),
  "sha256 in base64": createHash("sha256").update(OURS).digest("base64"),
  "md5 of its number": createHash("md5").update("3325256711").digest("hex"),
  "half of a sha256": createHash("sha256").update(OURS).digest("hex").slice(0, 32),
  "the beginning of a md5": createHash("md5").update(OURS).digest("hex").slice(0, 16),
  base32: "GE4TQLRVGEXDCMBQFY3Q====",
  "base32 in small letters": "ge4tqlrvgexdcmbqfy3q",
  "a number with a sign": "-969710585",
  "a host name with a letter for the dots": "198x51x100x7.isp.test",
  "in binary, with dots": "11000110.00110011.01100100.00000111",
  IPv6: OURS6,
  "IPv6 in brackets": `[${OURS6.toUpperCase()}]:80`,
  "IPv6 written out": "2001:0db8:0000:0001:0000:0000:0000:0007",
  "IPv6 with a port behind it": `${OURS6}:8080`,
  "IPv6 in hex": "20010db8000000010000000000000007",
  "IPv6 in a name": "2001-db8-0-1--7.isp.test",
  "IPv6 reversed": [..."20010db8000000010000000000000007"].reverse().join("."),
};

for (const [form, text] of Object.entries(FORMS)) {
  test(`Our address is found: ${form}.`, () => {
    for (const name of ["X-Forwarded-For", "X-Odd", "Via"]) {
      const { level, evidence } = judge([[name, text]]);
      assert.equal(level, "transparent", text);
      assert.match(evidence[0] ?? "", /our address (?:198\.51\.100\.7|2001:db8:0:1::7)/);
    }
  });
}

test("Our address is found in a field's name, in what was appended to a field of ours, and in a changed target.", () => {
  assert.equal(judge([[`X-Client-${OURS}`, "1"]]).level, "transparent");
  const fields = payloadFor(sent).fields.map(([name, value]) => [name, name === "Cookie" ? `${value}; from=${OURS}` : value] as const);
  assert.equal(judge([], { fields }).level, "transparent");
  assert.equal(judge([], { target: `${sent.url.pathname}?ip=${OURS}` }).level, "transparent");
});

test("The judge's socket with our own address is transparent where the judge is elsewhere, and proves nothing where it is next to the proxy.", () => {
  assert.equal(judge([], { address: OURS }).level, "transparent");
  assert.equal(judge([], { address: `::ffff:${OURS}` }).level, "transparent");
  assert.equal(judge([], { address: OURS }, { ...elsewhere, isSameMachine: true }).level, "transparent");
  for (const address of [OURS, "127.0.0.1"]) {
    const here = judge([], { address, local: { host: address, port: 8504 } }, { ownAddresses: [address], isSameMachine: true });
    assert.equal(here.level, "elite");
    assert.match(here.evidence[0] ?? "", /proves nothing/);
  }
});

test("On this machine a proxy's own name is no leak, and an address of ours in X-Forwarded-For is one.", () => {
  const place = { ownAddresses: ["127.0.0.1", "::1"], isSameMachine: true };
  const at = (name: string, value: string) => judge([[name, value]], { address: "127.0.0.1" }, place).level;
  assert.equal(at("Via", "1.1 127.0.0.1:3128"), "anonymous");
  assert.equal(at("Forwarded", "for=unknown;by=127.0.0.1"), "anonymous");
  assert.equal(at("X-Forwarded-Host", "127.0.0.1:8504"), "anonymous");
  assert.equal(at("Via", "1.1 127.0.0.1:3128 (squid/6.1), 1.0 127.0.0.1"), "anonymous");
  assert.equal(at("Via", "1.1 exit (for 127.0.0.1)"), "transparent");
  const named = [
    ["Via", "1.1 127.0.0.1:3128"],
    ["X-Forwarded-Host", "127.0.0.1"],
    ["X-Forwarded-For", "unknown"],
  ] as const;
  assert.equal(judge(named, { address: "127.0.0.1" }, place).level, "anonymous");
  assert.equal(at("X-Forwarded-For", "127.0.0.1"), "transparent");
  assert.equal(at("Forwarded", "for=127.0.0.1;by=127.0.0.1"), "transparent");
  assert.equal(at("X-Real-IP", "::1"), "transparent");
  assert.equal(at("X-Handler", "app::1"), "anonymous");
});

test("A proxy of this machine that is asked for a judge on our network knows us by loopback, and tells us by that.", () => {
  const at = (place: typeof elsewhere) => judge([["X-Forwarded-For", "127.0.0.1"]], { address: "10.0.0.2" }, place).level;
  assert.equal(at({ ownAddresses: ["10.0.0.2"], isSameMachine: true }), "transparent");
  assert.equal(at({ ownAddresses: ["93.184.216.34"], isSameMachine: true }), "anonymous");
  const fields = [["X-Forwarded-For", "127.0.0.1"]] as const;
  const place = { ownAddresses: ["10.0.0.2"], isSameMachine: false };
  assert.equal(judge(fields, { address: "10.0.0.3" }, place).level, "anonymous");
});

test("Private addresses of ours say nothing to a judge that sees us with a public one: they are those of many.", () => {
  const place = { ownAddresses: ["93.184.216.34", "10.0.0.2"], isSameMachine: false };
  assert.equal(judge([["X-Forwarded-For", "10.0.0.2"]], {}, place).level, "anonymous");
  assert.equal(judge([["X-Forwarded-For", "10.0.0.2, 93.184.216.34"]], {}, place).level, "transparent");
  assert.equal(judge([["X-Forwarded-For", "10.0.0.2"]], {}, { ...place, ownAddresses: ["10.0.0.2"] }).level, "transparent");
});

const ipv4 = fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join("."));
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => ipFromBytes(bytes));

type Writer = (address: string) => string;
const bytesOf = (address: string) => Buffer.from(ipToBytes(address) ?? []);
const WRITERS: readonly Writer[] = [
  (address) => address,
  (address) => address.toUpperCase(),
  (address) => bytesOf(address).toString("base64"),
  (address) => Buffer.from(address).toString("base64url"),
  (address) => Buffer.from(address).toString("hex"),
  (address) => bytesOf(address).toString("hex"),
  (address) => `0x${bytesOf(address).toString("hex")}`,
  (address) => encodeURIComponent(address),
  (address) => [...address].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(""),
  (address) => createHash("sha1").update(address).digest("hex"),
];
const AROUND: readonly Writer[] = [
  (text) => text,
  (text) => `for=${text}`,
  (text) => `"${text}"`,
  (text) => `unknown, ${text}, x`,
  (text) => `{"ip":"${text}"}`,
];

test("Any address is found in any form, whatever is around it, once more encoded or not.", () => {
  const again = fc.constantFrom<Writer>(
    (text) => text,
    (text) => Buffer.from(text).toString("base64"),
    encodeURIComponent,
  );
  fc.assert(
    fc.property(
      fc.oneof(ipv4, ipv6),
      fc.constantFrom(...WRITERS),
      fc.constantFrom(...AROUND),
      again,
      (address, write, surround, encode) => {
        const text = encode(surround(write(address)));
        assert.notEqual(leakFinder([address])(text), null, text);
      },
    ),
    { numRuns: 600 },
  );
});

test("Another address is not taken for ours, nor are words, numbers and identifiers.", () => {
  const find = leakFinder([OURS, OURS6]);
  for (const text of [
    "198.51.100.70",
    "198.51.100.77, 1198.51.100.7",
    "98.51.100.7",
    "198.51.100",
    "198.51.100, 8, 7",
    "198a51b100c7",
    "7.100.51.198",
    "2001:db8:0:1::70",
    "1.1 proxy (squid/6.13)",
    "max-age=259200",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "33252567110",
    "550e8400-e29b-41d4-a716-446655440000",
    "1920x1080x24x60, 198x51x100",
    "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
  ]) {
    assert.equal(find(text), null, text);
  }
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, fc.string(), fc.uuid(), fc.base64String()), (text) => {
      if (text !== OURS && text !== OURS6) assert.equal(find(text), null, text);
    }),
    { numRuns: 1000 },
  );
});

test("Arbitrary fields are judged in bounded time, and never throw.", () => {
  const field = fc.tuple(fc.string(), fc.string({ maxLength: 400 }));
  fc.assert(
    fc.property(fc.array(field, { maxLength: 10 }), (added) => judge(added).evidence.length <= 20),
    { numRuns: 200 },
  );
  const startedAt = performance.now();
  for (const part of ["%41", "QUJD", "aa:", "1.", "-a", "::", "&#65;", "0x1."]) judge([["X", part.repeat(4096)]]);
  assert.ok(performance.now() - startedAt < 10_000);
});

test("Fields that were taken away, changed or joined by others, another method, target, host or body, are changes of the request.", () => {
  const changes = (payload: Partial<JudgePayload>) => judgeRequestChanges(sent, payloadFor(sent, payload)).map(({ details }) => details);
  const { fields } = payloadFor(sent);
  assert.deepEqual(changes({}), []);
  for (const name of ["User-Agent", "Cookie", "Authorization", "Referer", "Accept-Encoding", "DNT", "X-Requested-With"]) {
    assert.match(changes({ fields: fields.filter(([known]) => known !== name) })[0] ?? "", new RegExp(`^${name} was taken out`));
    assert.equal(changes({ fields: fields.map(([known, value]) => [known, known === name ? "other" : value]) }).length, 1);
    assert.equal(changes({ fields: [...fields, [name, "more"]] }).length, 1);
  }
  assert.match(changes({ method: "POST" })[0] ?? "", /the method GET reached the judge as 'POST'/);
  assert.equal(changes({ target: "/other" }).length, 1);
  assert.equal(changes({ fields: fields.map(([name, value]) => [name, name === "Host" ? "evil.test" : value]) }).length, 1);
  assert.equal(changes({ bodyBytes: 3 }).length, 1);
  assert.equal(changes({ bodySha256: "00" }).length, 1);
});

test("What every proxy may do to a request is no change: case, order, joined lists, HTTP/1.0, the absolute form, and fields of its own.", () => {
  const fields = payloadFor(sent)
    .fields.map(([name, value]) => [name.toLowerCase(), value.replaceAll(", ", ",")] as const)
    .reverse();
  const own = [
    ["via", "1.0 x"],
    ["connection", "close"],
    ["x-forwarded-for", "1.2.3.4"],
  ] as const;
  const payload = payloadFor(sent, { httpVersion: "1.0", target: sent.url.href, fields: [...own, ...fields] });
  assert.deepEqual(judgeRequestChanges(sent, payload), []);
});

test("The PROXY protocol in front of a request tells of a proxy, and our address where that is its source.", () => {
  assert.equal(judge([], { preamble: `PROXY TCP4 ${OURS} 203.0.113.5 4711 8504` }).level, "transparent");
  assert.equal(judge([], { preamble: `PROXY TCP6 ${OURS6} 2001:db8::5 4711 8504` }).level, "transparent");
  assert.equal(judge([], { preamble: "PROXY UNKNOWN" }).level, "anonymous");
  assert.equal(judge([], { preamble: `PROXY TCP4 203.0.113.9 ${OURS} 4711 8504` }).level, "anonymous");
});

test("Our address in pieces is found, whether they are in lines of one field or in several.", () => {
  for (const names of [
    ["X-Odd", "X-Odd"],
    ["X-Net", "X-Host"],
  ] as const) {
    const { level, evidence } = judge([
      [names[0], "198.51"],
      [names[1], "100.7"],
    ]);
    assert.equal(level, "transparent");
    assert.match(evidence[0] ?? "", /^'X-.*', one behind the other: they have our address 198\.51\.100\.7/);
  }
});

test("Our address in a Host that was changed is found; another Host is a change of the request, and no sign of a proxy.", () => {
  const withHost = (host: string) => ({
    fields: payloadFor(sent).fields.map(([name, value]) => [name, name === "Host" ? host : value] as const),
  });
  assert.equal(judge([], withHost("198-51-100-7.judge.test")).level, "transparent");
  assert.equal(judge([], withHost("evil.test")).level, "elite");
  assert.equal(judgeRequestChanges(sent, payloadFor(sent, withHost("evil.test"))).length, 1);
});

test("A field of proxies that Connection names is a sign of one, and HTTP/1.0 is told as something that says little.", () => {
  assert.equal(judge([["Connection", "X-Forwarded-For, close"]]).level, "anonymous");
  assert.equal(judge([["Connection", "Proxy-Connection"]]).level, "anonymous");
  assert.equal(judge([["Connection", "close, TE"]]).level, "elite");
  const old = judge([], { httpVersion: "1.0" });
  assert.equal(old.level, "elite");
  assert.match(old.evidence.join(), /HTTP\/1\.0/);
});
