import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nameResolver, type Resolution, type Resolver, systemResolver } from "../../src/net/resolve.ts";
import { type DnsRecord, type DnsServer, startDnsServer } from "./dns-server.ts";

/** On the clock: far away. */
const DEADLINE = 100_000_000;

interface Setting extends AsyncDisposable {
  readonly server: DnsServer;
  readonly resolver: Resolver;
  /** Moves the resolver's clock on. */
  pass(ms: number): void;
  writeHosts(text: string): Promise<void>;
  /** Names that getaddrinfo was asked for. */
  readonly askedSystem: string[];
}

interface Given {
  readonly records?: Readonly<Record<string, DnsRecord>>;
  readonly tell?: Parameters<typeof startDnsServer>[0];
  readonly ttlS?: number;
  readonly hosts?: string;
  readonly resolvConf?: string;
  /** What getaddrinfo knows. */
  readonly system?: Readonly<Record<string, readonly string[]>>;
}

async function setting(given: Given): Promise<Setting> {
  const { records = {}, tell = (name) => records[name] ?? null, ttlS = 60, hosts = "", resolvConf = "", system = {} } = given;
  const folder = await mkdtemp(join(tmpdir(), "resolve-"));
  const hostsPath = join(folder, "hosts");
  const resolvConfPath = join(folder, "resolv.conf");
  await writeFile(hostsPath, hosts);
  await writeFile(resolvConfPath, resolvConf);
  const server = await startDnsServer(tell, ttlS);
  let now = 0;
  const askedSystem: string[] = [];
  const getaddrinfo = async (name: string) => {
    askedSystem.push(name);
    const known = system[name];
    if (known === undefined) throw Object.assign(new Error("unknown"), { code: "ENOTFOUND" });
    return known;
  };
  return {
    server,
    askedSystem,
    resolver: nameResolver({ clock: { now: () => now }, hostsPath, resolvConfPath, servers: [server.address], getaddrinfo }),
    pass: (ms) => {
      now += ms;
    },
    writeHosts: (text) => writeFile(hostsPath, text),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** The addresses, or the code of the failure. */
async function outcome(resolution: Promise<Resolution>): Promise<readonly string[] | string> {
  const given = await resolution;
  if ("addresses" in given) return given.addresses;
  return given.interruption.how === "errno" ? given.interruption.code : given.interruption.how;
}

test("An IP address is itself and asks nobody.", async () => {
  await using at = await setting({});
  for (const address of ["192.0.2.1", "2001:db8::1"]) {
    assert.deepEqual(await outcome(at.resolver.resolve(address, DEADLINE)), [address]);
  }
  assert.deepEqual(at.server.questions, []);
});

test("What only inet_aton takes for an address does not exist, and nobody is asked.", async () => {
  await using at = await setting({});
  for (const name of ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "1.2.3.4.5", "192.168.1.256", "127.0.0.1.", "a.0X7F", "", "."]) {
    assert.equal(await outcome(at.resolver.resolve(name, DEADLINE)), "ENOTFOUND", name);
  }
  assert.deepEqual(at.server.questions, []);
});

test("Both families are asked for and come in turn, IPv6 first.", async () => {
  const records = { "both.lab": ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"] };
  await using at = await setting({ records });
  assert.deepEqual(await outcome(at.resolver.resolve("both.lab", DEADLINE)), [
    "2001:db8::1",
    "192.0.2.1",
    "2001:db8::2",
    "192.0.2.2",
    "192.0.2.3",
  ]);
  assert.deepEqual(at.server.questions.toSorted(), ["A both.lab", "AAAA both.lab"]);
});

test("One family is enough.", async () => {
  await using at = await setting({ records: { "four.lab": ["192.0.2.1"], "six.lab": ["2001:db8::1"] } });
  assert.deepEqual(await outcome(at.resolver.resolve("four.lab", DEADLINE)), ["192.0.2.1"]);
  assert.deepEqual(await outcome(at.resolver.resolve("six.lab", DEADLINE)), ["2001:db8::1"]);
});

test("The name servers' reason is told.", async () => {
  const records = { "empty.lab": [], "broken.lab": "SERVFAIL", "secret.lab": "REFUSED" } as const;
  await using at = await setting({ records });
  assert.equal(await outcome(at.resolver.resolve("no.such.lab", DEADLINE)), "ENOTFOUND");
  assert.equal(await outcome(at.resolver.resolve("empty.lab", DEADLINE)), "ENODATA");
  assert.equal(await outcome(at.resolver.resolve("broken.lab", DEADLINE)), "ESERVFAIL");
  assert.equal(await outcome(at.resolver.resolve("secret.lab", DEADLINE)), "EREFUSED");
});

test("Name servers that cannot be reached are told from those that are silent.", async () => {
  await using gone = await setting({});
  await gone.server[Symbol.asyncDispose]();
  assert.equal(await outcome(gone.resolver.resolve("site.lab", DEADLINE)), "ECONNREFUSED");

  await using at = await setting({ tell: () => "silence" });
  const resolution = await at.resolver.resolve("site.lab", 40);
  assert.ok("interruption" in resolution);
  assert.equal(resolution.interruption.how, "timeout");
});

test("An A answer does not wait for an AAAA answer that never comes, but has the late one the next time.", async () => {
  let release = (_record: DnsRecord): void => {};
  const late = new Promise<DnsRecord>((resolve) => {
    release = resolve;
  });
  await using at = await setting({ tell: (_name, type) => (type === "A" ? ["192.0.2.1"] : late) });
  assert.deepEqual(await outcome(at.resolver.resolve("site.lab", DEADLINE)), ["192.0.2.1"]);
  release(["2001:db8::1"]);
  let again = await outcome(at.resolver.resolve("site.lab", DEADLINE));
  while (again.length < 2) again = await outcome(at.resolver.resolve("site.lab", DEADLINE));
  assert.deepEqual(again, ["2001:db8::1", "192.0.2.1"]);
});

test("An AAAA answer waits for the A answer: IPv6 alone may lead nowhere.", async () => {
  await using at = await setting({
    tell: async (_name, type) => {
      if (type === "A") await new Promise((resolve) => setTimeout(resolve, 120)); // longer than the resolution delay
      return ["192.0.2.1", "2001:db8::1"];
    },
  });
  assert.deepEqual(await outcome(at.resolver.resolve("site.lab", DEADLINE)), ["2001:db8::1", "192.0.2.1"]);
});

test("A missing A record hides no AAAA record that the server could not tell.", async () => {
  await using at = await setting({ tell: (_name, type) => (type === "A" ? [] : "SERVFAIL") });
  assert.equal(await outcome(at.resolver.resolve("site.lab", DEADLINE)), "ESERVFAIL");
});

test("An answer is kept for its TTL and no longer, and a question under way is not asked twice.", async () => {
  await using at = await setting({ records: { "site.lab": ["192.0.2.1", "2001:db8::1"] }, ttlS: 30 });
  await Promise.all(Array.from({ length: 5 }, () => at.resolver.resolve("site.lab", DEADLINE)));
  assert.equal(at.server.questions.length, 2);
  at.pass(29_999);
  await at.resolver.resolve("SITE.lab", DEADLINE);
  assert.equal(at.server.questions.length, 2);
  at.pass(1);
  await at.resolver.resolve("site.lab", DEADLINE);
  assert.equal(at.server.questions.length, 4);
});

test("A TTL of zero is asked again, a long one after five minutes, a name that does not exist after five seconds.", async () => {
  await using zero = await setting({ records: { "site.lab": ["192.0.2.1", "2001:db8::1"] }, ttlS: 0 });
  await zero.resolver.resolve("site.lab", DEADLINE);
  await zero.resolver.resolve("site.lab", DEADLINE);
  assert.equal(zero.server.questions.length, 4);

  await using at = await setting({ records: { "site.lab": ["192.0.2.1", "2001:db8::1"] }, ttlS: 86_400 });
  await at.resolver.resolve("site.lab", DEADLINE);
  await at.resolver.resolve("no.lab", DEADLINE);
  at.pass(5_000);
  await at.resolver.resolve("site.lab", DEADLINE);
  assert.equal(at.server.questions.length, 4);
  await at.resolver.resolve("no.lab", DEADLINE);
  assert.equal(at.server.questions.length, 6);
  at.pass(295_000);
  await at.resolver.resolve("site.lab", DEADLINE);
  assert.equal(at.server.questions.length, 8);
});

test("A failure of the servers is not kept.", async () => {
  let healed = false;
  await using at = await setting({ tell: () => (healed ? ["192.0.2.1"] : "SERVFAIL") });
  assert.equal(await outcome(at.resolver.resolve("site.lab", DEADLINE)), "ESERVFAIL");
  healed = true;
  assert.deepEqual(await outcome(at.resolver.resolve("site.lab", DEADLINE)), ["192.0.2.1"]);
});

test("The hosts file goes before the name servers, is read by whole names, and is read again when it changes.", async () => {
  const hosts = "# comment\n192.0.2.7\tSite.lab other # and more\n2001:db8::7 site.lab\nnonsense x.lab\n\n";
  await using at = await setting({ hosts });
  assert.deepEqual(await outcome(at.resolver.resolve("site.LAB.", DEADLINE)), ["2001:db8::7", "192.0.2.7"]);
  assert.deepEqual(await outcome(at.resolver.resolve("other", DEADLINE)), ["192.0.2.7"]);
  assert.equal(await outcome(at.resolver.resolve("x.lab", DEADLINE)), "ENOTFOUND");
  await at.writeHosts("192.0.2.88 site.lab\n");
  at.pass(5_000);
  assert.deepEqual(await outcome(at.resolver.resolve("site.lab", DEADLINE)), ["192.0.2.88"]);
});

test("localhost and all below it is loopback, whatever the name servers say, and .invalid and .onion are nowhere.", async () => {
  await using at = await setting({ tell: () => ["192.0.2.1"] });
  for (const name of ["localhost", "LocalHost.", "app.localhost"]) {
    assert.deepEqual(await outcome(at.resolver.resolve(name, DEADLINE)), ["::1", "127.0.0.1"], name);
  }
  for (const name of ["no.invalid", "invalid", "abc.onion"]) {
    assert.equal(await outcome(at.resolver.resolve(name, DEADLINE)), "ENOTFOUND", name);
  }
  assert.deepEqual(at.server.questions, []);
});

test("A short name is tried with the system's search domains first, a complete one is not tried with them at all.", async () => {
  const records = { "db.ns.cluster.lab": ["192.0.2.1"], "db.other.lab": ["192.0.2.2"], "a.b": ["192.0.2.3"] };
  await using at = await setting({
    records,
    resolvConf: "nameserver 192.0.2.53\nsearch ns.cluster.lab other.lab\noptions ndots:2 rotate\n",
  });
  assert.deepEqual(await outcome(at.resolver.resolve("db", DEADLINE)), ["192.0.2.1"]);
  assert.deepEqual(await outcome(at.resolver.resolve("a.b", DEADLINE)), ["192.0.2.3"]);
  assert.equal(await outcome(at.resolver.resolve("a.b.c", DEADLINE)), "ENOTFOUND");
  const names = new Set(at.server.questions.map((question) => question.split(" ")[1]));
  assert.deepEqual([...names], ["db.ns.cluster.lab", "a.b.ns.cluster.lab", "a.b.other.lab", "a.b", "a.b.c"]);
  assert.equal(await outcome(at.resolver.resolve("db.", DEADLINE)), "ENOTFOUND"); // the dot says: complete
});

test("getaddrinfo is asked for what may be local, once the servers do not know it, and for nothing else.", async () => {
  const system = { printer: ["192.0.2.1", "2001:db8::1"], "printer.local": ["192.0.2.2"], "site.lab": ["192.0.2.3"] };
  await using at = await setting({ system, records: { db: ["192.0.2.4"] } });
  assert.deepEqual(await outcome(at.resolver.resolve("printer", DEADLINE)), ["2001:db8::1", "192.0.2.1"]);
  assert.deepEqual(await outcome(at.resolver.resolve("printer.local.", DEADLINE)), ["192.0.2.2"]);
  assert.deepEqual(await outcome(at.resolver.resolve("db", DEADLINE)), ["192.0.2.4"]);
  assert.equal(await outcome(at.resolver.resolve("scanner", DEADLINE)), "ENOTFOUND");
  assert.equal(await outcome(at.resolver.resolve("site.lab", DEADLINE)), "ENOTFOUND");
  assert.deepEqual(at.askedSystem, ["printer", "printer.local", "scanner"]);
  await at.resolver.resolve("printer", DEADLINE);
  assert.equal(at.askedSystem.length, 3);
});

test("Where the name servers cannot be reached, getaddrinfo may know another way.", async () => {
  await using at = await setting({ system: { "site.lab": ["192.0.2.3"] } });
  await at.server[Symbol.asyncDispose]();
  assert.deepEqual(await outcome(at.resolver.resolve("site.lab", DEADLINE)), ["192.0.2.3"]);
  assert.equal(await outcome(at.resolver.resolve("other.lab", DEADLINE)), "ECONNREFUSED");
});

test("The system's own resolver knows this machine, and names that cannot be.", async () => {
  const soon = performance.now() + 20_000;
  const own = await outcome(systemResolver().resolve("localhost", soon));
  assert.ok(own.includes("127.0.0.1") || own.includes("::1"));
  assert.equal(await outcome(systemResolver().resolve("no-such-host.invalid", soon)), "ENOTFOUND");
});
