import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EXIT_SCHEMES, Exit, ExitHop } from "../../src/core/route.ts";
import { type ExitLineOptions, exitId, formatExit, parseExitLine } from "../../src/wire/exit-line.ts";
import { VENDOR_IDS, vendorLogin } from "../../src/wire/login-template-vendors.ts";

const options: ExitLineOptions = { scheme: "http", tags: {}, where: { file: "exits.txt", line: 1 } };

function read(line: string, more: Partial<ExitLineOptions> = {}): Exit {
  const parsed = parseExitLine(line, { ...options, ...more });
  assert.ok("exit" in parsed, JSON.stringify(parsed));
  return parsed.exit;
}

function refuse(line: string, more: Partial<ExitLineOptions> = {}): string {
  const parsed = parseExitLine(line, { ...options, ...more });
  assert.ok("error" in parsed, JSON.stringify(parsed));
  return `${parsed.error.column}: ${parsed.error.reason}`;
}

function hop(line: string): Omit<ExitHop, "insecure"> {
  const { insecure: _, ...rest } = read(line).hops[0] as ExitHop;
  return rest;
}

const bare = { scheme: "http", host: "192.0.2.1", port: 8080, username: null, password: null } as const;
const known = { ...bare, username: "bob", password: "s3cret" } as const;

test("every form of one exit reads the same", () => {
  for (const line of [
    "192.0.2.1:8080",
    "  192.0.2.1:8080\r",
    "http://192.0.2.1:8080",
    "HTTP://192.0.2.1:8080/",
    "\ufeff192.0.2.1:8080 # a",
  ]) {
    assert.deepEqual(hop(line), bare, line);
  }
  for (const line of [
    "192.0.2.1:8080:bob:s3cret",
    "bob:s3cret:192.0.2.1:8080",
    "bob:s3cret@192.0.2.1:8080",
    "192.0.2.1:8080@bob:s3cret",
    "http://bob:s3cret@192.0.2.1:8080",
    "http://192.0.2.1:8080:bob:s3cret",
  ]) {
    assert.deepEqual(hop(line), known, line);
  }
});

test("a line of four parts is host:port:user:pass wherever that can be", () => {
  assert.deepEqual(hop("gate:8080:192.0.2.9:3128"), { ...bare, host: "gate", username: "192.0.2.9", password: "3128" });
});

test("a password is raw from the third colon on", () => {
  assert.equal(hop("192.0.2.1:8080:bob:a:b@c%41#d").password, "a:b@c%41#d");
  assert.equal(hop("bob:p@ss:w@192.0.2.1:8080").password, "p@ss:w");
});

test("percent-encoding is decoded in a URL only", () => {
  assert.equal(hop("http://bob:%41%3A%40%2c@192.0.2.1:8080").password, "A:@,");
  assert.equal(hop("bob:%41@192.0.2.1:8080").password, "%41");
});

test("host first or user first at an @ is told by what looks like a host", () => {
  assert.deepEqual(hop("192.0.2.1:8080@bob:1234"), { ...bare, username: "bob", password: "1234" });
  assert.deepEqual(hop("bob:1234@gate:8080"), { ...bare, host: "gate", username: "bob", password: "1234" });
  assert.deepEqual(hop("john.doe:1234@gate.example:8080"), { ...bare, host: "gate.example", username: "john.doe", password: "1234" });
});

test("a user without a password, and a password without a user, are kept", () => {
  assert.deepEqual(hop("http://token@gate:8080"), { ...bare, host: "gate", username: "token" });
  assert.deepEqual(hop("http://:token@gate:8080"), { ...bare, host: "gate", username: "", password: "token" });
  assert.deepEqual(hop("gate:8080::"), { ...bare, host: "gate" });
});

test("IPv6 stands in brackets", () => {
  assert.equal(hop("[2001:DB8::1]:8080").host, "2001:db8::1");
  assert.deepEqual(hop("[::1]:8080:bob:s3cret"), { ...known, host: "::1" });
  assert.deepEqual(hop("bob:s3cret:[::1]:8080"), { ...known, host: "::1" });
  assert.deepEqual(hop("bob:s3cret@[::1]:8080"), { ...known, host: "::1" });
  assert.equal(refuse("2001:db8::1:8080"), "1: an IPv6 address goes in brackets: [2001:db8::1]:8080");
  assert.equal(refuse("[::zz]:8080"), "1: the host is neither a name nor an address");
});

test("a line without a scheme takes that of its list, and a URL without a port its scheme's", () => {
  assert.equal(read("gate:1080", { scheme: "socks5h" }).hops[0]?.scheme, "socks5h");
  assert.equal(hop("socks5://gate").port, 1080);
  assert.equal(hop("https://gate").port, 443);
  assert.equal(refuse("gate"), "5: the port is missing: write host:port");
});

test("a comma chains hops, nearest to us first", () => {
  const exit = read("socks5://bob:x@a:1080,b:8080:carl:y id=pair");
  assert.equal(formatExit(exit), "socks5://bob@a:1080,http://carl@b:8080");
  assert.equal(exit.id, "pair");
  assert.equal(
    refuse("a:1:bob:pa,ss"),
    "14: hop 2: the port is missing: write host:port (a comma chains hops; in the password of a URL write it as %2C)",
  );
});

test("tags are read, and the ones that mean something leave the list of tags", () => {
  const exit = read("https://gate:8443 id=DE-7 Country=DE tier=residential weight=2.5 rotating=true insecure=true # mine", {
    tags: { tier: "datacenter", vendor: "x" },
  });
  assert.equal(exit.id, "DE-7");
  assert.deepEqual(exit.tags, { tier: "residential", vendor: "x", country: "de" });
  assert.equal(exit.weight, 2.5);
  assert.equal(exit.rotating, true);
  assert.equal(exit.hops[0]?.insecure, true);
  const insecure = (line: string) => read(`${line} insecure=true`).hops.map((one) => one.insecure);
  assert.deepEqual(
    ["http://gate:8080", "gate:8443"].map(insecure),
    [[false], [true]],
    "a line without a scheme may turn out to be one of https",
  );
});

test("comments start at the line's start or after a space, and empty lines are none", () => {
  for (const line of ["", "  ", "# a:1", "\t# a:1", "\r", "\ufeff"]) assert.deepEqual(parseExitLine(line, options), { empty: true });
  assert.equal(hop("gate:1:bob:pa#ss #x").password, "pa#ss");
});

test("environment variables stand in parsed values, so that any password is possible", () => {
  const env = { PASSWORD: "p@:/ #%41,\u00fc", HOST: "Gate.example", PORT: "81" };
  assert.deepEqual(hop("x:1"), { ...bare, host: "x", port: 1 });
  const first = read(`http://bob:\${PASSWORD}@\${HOST}:\${PORT}`, { env }).hops[0];
  assert.deepEqual(first, { ...known, host: "gate.example", port: 81, password: env.PASSWORD, insecure: false });
  assert.equal(read(`a:1:bob:x-\${PASSWORD}`, { env }).hops[0]?.password, `x-${env.PASSWORD}`);
  assert.equal(read(`a:1:bob:$\${PASSWORD}`, { env }).hops[0]?.password, `\${PASSWORD}`);
  assert.equal(refuse(`a:1:bob:\${NONE}`, { env }), "1: environment variable NONE is not set");
  assert.equal(read(`a:1:bob:\${PASSWORD}`).hops[0]?.password, `\${PASSWORD}`); // a list from elsewhere must not read our secrets out
});

test("a bad line says where and why, and never quotes what may be a password", () => {
  assert.equal(refuse("gate:99999"), "6: the port is no number from 1 to 65535");
  assert.equal(refuse("ftp://gate:21"), "1: the scheme is none of http, https, socks4, socks4a, socks5, socks5h");
  assert.equal(refuse("http://gate:1/path"), "14: an exit has no path; in a user or password write / ? # as %2F %3F %23");
  assert.equal(refuse("  256.1.1.1:80"), "3: the host is neither a name nor an address");
  assert.equal(refuse("gate:80 residential"), "9: expected key=value after the exit, as in country=de");
  assert.equal(refuse("gate:80 weight=0"), "9: weight is a number above 0 and at most 1000");
  assert.equal(refuse("gate:80 rotating=maybe"), "9: rotating is true or false");
  assert.equal(refuse("gate:80 id=a/b"), "9: an id has letters, digits, - _ . and at most 64 of them");
  assert.equal(refuse("socks4://a:b@gate:1080"), "10: socks4 has no passwords");
  assert.equal(refuse("http://a%3Ab:c@gate:80"), "8: HTTP allows no colon in a user name (RFC 7617)");
  assert.equal(refuse("http://a:%zz@gate:80"), "8: the percent-encoding of user or password is broken: write % as %25");
  assert.equal(refuse(`socks5://${"u".repeat(256)}:p@gate:80`), "10: SOCKS5 allows 255 bytes of user name and of password (RFC 1929)");
  assert.equal(refuse(`${"a".repeat(5000)}:80`), "1: the line is longer than 4096 characters");
});

test("a password shows in no error, whatever is wrong with the line", () => {
  const secret = "hunter2secret";
  const before = fc.constantFrom("a:1:", "x:", "http://", "http://u:", "[::1:", "a:b:c:", "socks4://u:", "u:", "ftp://u:");
  const after = fc.constantFrom("", ":", "@", "@a", "@a:99999", "/@a:1", "%zz@a:1", ",b", " x", "@a:1 weight=0", ":::", "\u0007@a:1");
  fc.assert(
    fc.property(before, after, (head, tail) => {
      const parsed = parseExitLine(`${head}${secret}${tail}`, options);
      if ("error" in parsed) assert.ok(!JSON.stringify(parsed).includes(secret), JSON.stringify(parsed));
    }),
    { numRuns: 200 },
  );
});

test("the id is eight hex digits of the URL without the password, and of what names a session beside it", () => {
  assert.match(read("gate:80").id, /^[0-9a-f]{8}$/);
  assert.equal(read("gate:80:bob:one").id, read("http://bob:two@GATE:80").id);
  assert.notEqual(read("gate:80:bob:one").id, read("gate:80:carl:one").id);
  assert.equal(read("gate:80").id, exitId(read("gate:80 id=other")));
  assert.equal(read("gate:80:bob:one_session-a1").id, read("http://bob:two_session-a1@gate:80").id);
  assert.notEqual(read("gate:80:bob:one_session-a1").id, read("gate:80:bob:one_session-b2").id);
});

const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/);
const secret = fc.stringMatching(/^[!-~]{1,20}$/).filter((text) => !/[,#$]/.test(text));

test("every form that is written reads back as the same exit", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("http", "https", "socks5", "socks5h"),
      host,
      fc.integer({ min: 1, max: 65535 }),
      name,
      secret,
      (scheme, where, port, user, password) => {
        const place = where.includes(":") ? `[${where}]:${port}` : `${where}:${port}`;
        const url = `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${place}`;
        const expected = { scheme, host: where.toLowerCase(), port, username: user, password, insecure: false };
        for (const line of [url, `${place}:${user}:${password}`]) {
          assert.deepEqual(read(line, { scheme: scheme as (typeof EXIT_SCHEMES)[number] }).hops, [expected], line);
        }
        const shown = formatExit(read(url));
        assert.deepEqual(read(shown).hops, [{ ...expected, password: null }], shown);
        assert.equal(read(shown).id, read(url).id);
      },
    ),
    { numRuns: 200 },
  );
});

test("anything at all is an exit, empty or an error at a column of the line", () => {
  const pieces = fc.array(
    fc.oneof(fc.constantFrom(":", "@", "//", ",", "[", "]", "=", "#", " ", `\${A}`, "%", "http", "a", "80"), fc.string({ unit: "binary" })),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const line = parts.join("");
      const parsed = parseExitLine(line, { ...options, env: { A: "b:@ c" } });
      if ("error" in parsed) assert.ok(parsed.error.column >= 1 && parsed.error.column <= line.length + 1);
      if ("exit" in parsed) assert.ok(parsed.exit.hops.length >= 1);
    }),
    { numRuns: 300 },
  );
});

test("a user name with places to fill is one exit for all of them: it rotates, and takes any country", () => {
  const exit = read("gate:1:bob[-cc-{country}][-s-{session}]:x tier=residential");
  assert.equal(exit.rotating, true);
  assert.deepEqual(exit.tags, { tier: "residential", country: "*" });
  assert.deepEqual(read("gate:1:bob-{country}:x country=de,at rotating=false").tags, { country: "de,at" });
  assert.equal(read("gate:1:bob-{country}:x rotating=false").rotating, false);
  assert.deepEqual(parseExitLine("gate:1:bob-{country}-{zip}:x", options), {
    error: { ...options.where, column: 1, reason: "the template has a place that is none of {session}, {country}, {city}, {duration}" },
  });
});

test("a template that may outgrow what SOCKS5 can carry is refused", () => {
  const long = `${"b".repeat(170)}-{city}`;
  assert.match(
    refuse(`socks5h://${long}:x@gate:1`),
    /^1: SOCKS5 allows 255 bytes of user name and of password \(RFC 1929\), and this one may grow longer/,
  );
  assert.equal(hop(`http://${long}:x@gate:1`).username, long);
});

test("the tag of a known vendor makes its template of the account's user name", () => {
  const exit = read("gate:1:bob:x vendor=oxylabs");
  assert.equal(exit.hops[0]?.username, "customer-bob[-cc-{country}][-city-{city}][-sessid-{session}][-sesstime-{duration}]");
  assert.deepEqual(exit.tags, { vendor: "oxylabs", provider: "oxylabs", country: "*", city: "*" });
  assert.equal(exit.rotating, true);
  assert.equal(read("gate:1:bob:x vendor=other").hops[0]?.username, "bob");
  const refused = (text: string) => parseExitLine(text, options);
  assert.deepEqual(refused("gate:1 vendor=oxylabs"), {
    error: { ...options.where, column: 8, reason: "a vendor's exit has the account's user name and password" },
  });
  assert.deepEqual(refused("gate:1:bob:x sessions=5"), {
    error: {
      ...options.where,
      column: 14,
      reason: "sessions needs {session} in the user name, _session-{session} behind the password, or vendor=",
    },
  });
});

test("every vendor's template stands in every form of a line, and is read again as it is told to people", () => {
  for (const vendor of VENDOR_IDS) {
    const { username, password } = vendorLogin(vendor, { username: "bob", password: "x" }) ?? {};
    assert.ok(username && password);
    const [user, secret] = [username, password].map(encodeURIComponent);
    for (const line of [
      `gate.example:1:${username}:${password}`,
      `${username}:${password}@gate.example:1`,
      `http://${username}:${password}@gate.example:1`,
      `http://${user}:${secret}@gate.example:1`,
    ]) {
      assert.deepEqual([hop(line).username, hop(line).password], [username, password], line);
    }
    const exit = read(`gate.example:1:bob:x vendor=${vendor}`);
    assert.equal(hop(formatExit(exit)).username, username);
    assert.equal(exit.hops[0]?.password, password);
  }
});
