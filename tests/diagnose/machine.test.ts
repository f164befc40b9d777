import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { tellDiagnosis } from "../../src/cli/diagnose-report.ts";
import { hintsOf } from "../../src/diagnose/machine/hints.ts";
import { parseListeners } from "../../src/diagnose/machine/listeners.ts";
import { factsOf, lookAtMachine, type MachineTexts } from "../../src/diagnose/machine/machine-facts.ts";
import { nameHints } from "../../src/diagnose/machine/name-hints.ts";
import { fakeDialler } from "../../src/lab/fake-dialler.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startFullBacklog } from "../../src/lab/full-backlog.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { context, diagnosisOf, formsOf, questionOf } from "./diagnosing.ts";
import { NOBODY } from "./lab-network.ts";

const isLinux = process.platform === "linux" ? false : "only Linux tells who listens in /proc";
const hasIpv6 = Object.values(networkInterfaces()).some((some) => some?.some(({ address }) => address === "::1"));
const needsIpv6 = isLinux || (hasIpv6 ? false : "this machine has no IPv6");

const NOTHING: MachineTexts = { tcp: "", tcp6: "", route: "", route6: "", enforce: null, hosts: null, resolvConf: null };
const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
/** sshd on any IPv4 address, a program on 127.0.0.1:8080 with three connections in its queue, and one connection that is open. */
const TCP = `${HEAD}\
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18312 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 52411 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D2F4 01 00000000:00000000 00:00000000 00000000  1000        0 52413 1 0000000000000000 20 4 30 10 -1
`;
/** A program on [::1]:9090, and one on any address at 443. */
const TCP6 = `${HEAD}\
   0: 00000000000000000000000001000000:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 52414 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18313 1 0000000000000000 100 0 0 10 0
`;

function wordsOf(...asked: Parameters<typeof hintsOf>): string {
  return hintsOf(...asked)
    .map(({ words, command, at }) => `${at}: ${words} | ${command}`)
    .join("\n");
}

function factsWith(texts: Partial<MachineTexts>) {
  return factsOf({ ...NOTHING, ...texts }, ["127.0.0.1", "::1", "192.0.2.7"], true);
}

async function listenAt(host: string): Promise<Server & AsyncDisposable> {
  const server = createServer((socket) => socket.destroy()).listen({ host, port: 0, ipv6Only: true });
  await once(server, "listening");
  return server;
}

/** Other tests' servers come and go, now and then with the same port at another address. */
function seeing(address: string): typeof context {
  const machine = async () => {
    const facts = await lookAtMachine();
    return { ...facts, listeners: facts.listeners?.filter((one) => one.address === address) ?? null };
  };
  return { ...context, machine };
}

test("the sockets that listen are read from /proc, with their queues, and no others", () => {
  assert.deepEqual(parseListeners(TCP, TCP6, true), [
    { family: 4, address: "0.0.0.0", port: 22, waiting: 0 },
    { family: 4, address: "127.0.0.1", port: 8080, waiting: 3 },
    { family: 6, address: "::1", port: 9090, waiting: 0 },
    { family: 6, address: "::", port: 443, waiting: 0 },
  ]);
  const bigEndian = TCP.replaceAll("0100007F", "7F000001");
  assert.deepEqual(parseListeners(bigEndian, "", false)[1]?.address, "127.0.0.1");
  assert.deepEqual(parseListeners("no table\n\0\xff 0A", HEAD, true), []);
});

test("a port of this machine that refuses is told with whoever listens there, by the other family, elsewhere, or not at all", () => {
  const facts = factsWith({ tcp: TCP, tcp6: TCP6 });
  const refused = (host: string, port: number, address = host) =>
    wordsOf({ fault: "connect.refused", host, port, addresses: [address] }, facts);
  assert.match(refused("127.0.0.1", 81), /^here: Nobody listens on port 81 of this machine.* \| ss -ltnp 'sport = :81'$/);
  assert.match(refused("127.0.0.1", 9090), /listens on \[::1\]:9090, by IPv6 alone.*Ask \[::1\]:9090, or let it listen on 0\.0\.0\.0\./);
  assert.match(
    refused("localhost", 8080, "::1"),
    /listens on 127\.0\.0\.1:8080, by IPv4 alone; what was asked is localhost, which is ::1 \(IPv6\)/,
  );
  assert.match(refused("192.0.2.7", 8080), /listens on 127\.0\.0\.1:8080, at another address alone.*let it listen on 0\.0\.0\.0/);
  assert.match(refused("127.0.0.1", 22), /listens on 0\.0\.0\.0:22 and the connection was refused all the same: a firewall rejects it/);
});

test("of many programs at one port a few are told, and none of them is taken for the one that was meant", () => {
  const listeners = [1, 2, 3, 4, 5].map((last) => ({ family: 4, address: `192.0.2.${last}`, port: 80, waiting: 0 }) as const);
  const facts = { ...factsWith({}), listeners };
  const words = wordsOf({ fault: "connect.refused", host: "192.0.2.7", port: 80, addresses: ["192.0.2.7"] }, facts);
  assert.match(
    words,
    /listens on 192\.0\.2\.1:80 and 192\.0\.2\.2:80 and 192\.0\.2\.3:80 and 2 more, .*Ask one of these, or let it listen/,
  );
});

test("a port of this machine that does not answer is told as a full queue or a firewall that drops", () => {
  const facts = factsWith({ tcp: TCP, tcp6: TCP6 });
  const silent = (port: number, fault: "connect.timeout" | "head.timeout") =>
    wordsOf({ fault, host: "127.0.0.1", port, addresses: ["127.0.0.1"] }, facts);
  assert.match(silent(8080, "connect.timeout"), /does not accept: 3 connections wait in its queue.* \| ss -ltn 'sport = :8080'/);
  assert.match(silent(8080, "head.timeout"), /does not accept: 3 connections wait/);
  assert.match(silent(22, "connect.timeout"), /A firewall of this machine drops.* \| nft list ruleset; iptables-save$/);
  assert.equal(silent(22, "head.timeout"), "");
});

test("of a hop elsewhere it is told what to run there, a firewall that rejects apart from one that drops", () => {
  const there = (fault: "connect.refused" | "connect.timeout") =>
    wordsOf({ fault, host: "proxy.example", port: 3128, addresses: ["192.0.2.99"] }, factsWith({}));
  assert.match(
    there("connect.refused"),
    /^there: Does a program listen on port 3128.* \| ss -ltnp 'sport = :3128'\nthere: Does a firewall reject it\?/,
  );
  assert.match(there("connect.timeout"), /^there: Does a firewall drop it\?.*\nthere: Is its queue of connections full/);
});

test("what this machine's own rules and routes forbid is told with the command that shows it", () => {
  const at = (fault: "connect.acl_denied" | "connect.net_unreachable", address: string, texts: Partial<MachineTexts>) =>
    wordsOf({ fault, host: address, port: 80, addresses: [address] }, factsWith(texts));
  assert.match(
    at("connect.acl_denied", "192.0.2.1", { enforce: "1" }),
    /SELinux is enforcing.*httpd_can_network_connect.* \| ausearch -m avc/,
  );
  assert.match(at("connect.acl_denied", "192.0.2.1", { enforce: "0\n" }), /A rule of this machine for outgoing connections/);
  const route =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
  assert.match(at("connect.net_unreachable", "192.0.2.1", { route: "Iface\n" }), /no default route for IPv4\. \| ip route show default/);
  assert.match(at("connect.net_unreachable", "192.0.2.1", { route }), /No route of this machine leads to 192\.0\.2\.1/);
  const only = `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 ${"0".repeat(32)} ffffffff 00000001 00000000 00200200       lo\n`;
  assert.match(at("connect.net_unreachable", "2001:db8::1", { route, route6: only }), /no default route for IPv6/);
});

test("a name that is held here and served otherwise is told with both, and a cache where others reach the site", () => {
  const facts = factsWith({ hosts: "192.0.2.5 shop.example # old\n", resolvConf: "# by hand\nnameserver 127.0.0.53\n" });
  const [held] = nameHints({ host: "Shop.example", served: ["203.0.113.9"], port: 80, isReachedElsewhere: false }, facts);
  assert.equal(held?.words, "/etc/hosts says 192.0.2.5 for Shop.example; the name servers say 203.0.113.9.");
  assert.match(held?.command ?? "", /^grep -n 'shop\.example' \/etc\/hosts/);
  assert.deepEqual(nameHints({ host: "shop.example", served: ["192.0.2.5"], port: 80, isReachedElsewhere: false }, facts), []);
  const [cached] = nameHints({ host: "www.example", served: ["203.0.113.9"], port: 80, isReachedElsewhere: true }, facts);
  assert.match(cached?.words ?? "", /a cache on this machine \(127\.0\.0\.53\)/);
});

test("a server that listens by IPv6 alone is found where IPv4 is refused", { skip: needsIpv6 }, async () => {
  await using server = await listenAt("::1");
  const { port } = server.address() as AddressInfo;
  const diagnosis = await diagnosisOf({ ...NOBODY, port }, [], {}, seeing("::1"));
  assert.equal(diagnosis.verdict.fault, "connect.refused");
  assert.match(diagnosis.verdict.summary, new RegExp(`a program listens on \\[::1\\]:${port}, by IPv6 alone\\. Culprit: the site\\.$`));
  assert.match(diagnosis.verdict.fix.client, new RegExp(`^Ask \\[::1\\]:${port}\\.$`));
  assert.match(
    tellDiagnosis(diagnosis, context.limits, { width: null, paint: (_, text) => text }).join("\n"),
    new RegExp(`look +- A program listens on \\[::1\\]:${port}, by IPv6 alone`),
  );
});

test("a proxy that listens by IPv4 alone is found where IPv6 is refused", { skip: needsIpv6 }, async () => {
  await using exit = await startHttpExit();
  await using site = await startHttpExit();
  const { verdict, hints } = await diagnosisOf(site, [exitAt({ host: "::1", port: exit.port })], {}, seeing("127.0.0.1"));
  assert.deepEqual([verdict.fault, verdict.culprit], ["connect.refused", "exit"]);
  assert.match(hints[0]?.words ?? "", new RegExp(`^A program listens on 127\\.0\\.0\\.1:${exit.port}, by IPv4 alone`));
  assert.match(verdict.fix.client, new RegExp(`^Ask 127\\.0\\.0\\.1:${exit.port}\\.$`));
});

test("a program that does not accept is the culprit by its queue, whether it is the site or an exit, and no way there is blamed", {
  skip: isLinux,
}, async () => {
  const own = { ...context, timeoutMs: 500 };
  await using site = await startSite();
  for (const address of hasIpv6 ? (["127.0.0.1", "::"] as const) : (["127.0.0.1"] as const)) {
    await using full = await startFullBacklog(address);
    const { verdict, hints } = await diagnosisOf(full, [], {}, own);
    assert.deepEqual([verdict.fault, verdict.culprit, verdict.hop, verdict.confidence], ["connect.timeout", "origin", 1, 0.95]);
    assert.match(
      verdict.summary,
      new RegExp(`^The program on port ${full.port} of this machine does not accept connections: its queue is full`),
    );
    assert.match(verdict.summary, /Culprit: the site\.$/);
    assert.match(verdict.fix.operator, /raise its backlog/);
    assert.doesNotMatch(JSON.stringify(verdict), /another way|another network|firewall/i);
    assert.match(
      hints[0]?.words ?? "",
      new RegExp(`^The program on port ${full.port} does not accept: \\d+ connections wait in its queue`),
    );
    const through = await diagnosisOf(site, [exitAt(full)], {}, own);
    assert.deepEqual([through.verdict.fault, through.verdict.culprit, through.verdict.hop], ["connect.timeout", "exit", 1]);
    assert.match(through.verdict.summary, new RegExp(`Culprit: the exit, 127\\.0\\.0\\.1:${full.port}\\.$`));
  }
});

test("nobody who listens is told as that, and a machine that cannot be looked at leaves the command", { skip: isLinux }, async () => {
  const diagnosis = await diagnosisOf(NOBODY, []);
  const { verdict, hints } = diagnosis;
  assert.match(hints[0]?.words ?? "", /^Nobody listens on port 9 of this machine/);
  assert.deepEqual([verdict.fault, verdict.culprit], ["connect.refused", "origin"]);
  for (const [form, text] of Object.entries(formsOf(diagnosis, questionOf(NOBODY, []))))
    assert.match(text, /Nobody listens on port 9 of this machine: the program is not up[\s\S]*ss -ltnp '?.*sport = :9/, form);
  const facts = { ...(await lookAtMachine()), listeners: null };
  const blind = await diagnosisOf(NOBODY, [], {}, { ...context, machine: async () => facts });
  assert.deepEqual(blind.hints, [{ words: "Who listens on port 9 of this machine?", command: "ss -ltnp 'sport = :9'", at: "here" }]);
});

test("a stale address in the hosts file is told where the site is not reached by it", async () => {
  const facts = factsWith({ hosts: "192.0.2.5 shop.example\n" });
  const own = {
    ...context,
    resolver: fakeResolver({ "shop.example": ["192.0.2.5"] }),
    names: { ask: async () => ({ addresses: ["203.0.113.9"], code: null }) },
    connectTcp: fakeDialler({ "192.0.2.5": { how: "errno", code: "ECONNREFUSED" } }),
    machine: async () => facts,
  };
  const { hints, verdict } = await diagnosisOf(NOBODY, [], { url: new URL("http://shop.example/") }, own);
  assert.deepEqual([verdict.fault, verdict.culprit, verdict.hop], ["connect.refused", "dns", 0]);
  assert.match(verdict.fix.client, /^Correct or remove the line for shop\.example in \/etc\/hosts/);
  assert.match(hints[0]?.words ?? "", /^\/etc\/hosts says 192\.0\.2\.5 for shop\.example; the name servers say 203\.0\.113\.9\.$/);
});

test("a firewall of this machine that drops what comes to its own port is told as that, and none that rejects is taken for a site that is down", async () => {
  const listeners = [{ family: 4, address: "127.0.0.1", port: 8080, waiting: 0 }] as const;
  const facts = { ...factsWith({}), listeners };
  const fails = (how: Parameters<typeof fakeDialler>[0][string]) =>
    diagnosisOf(
      { host: "127.0.0.1", port: 8080 },
      [],
      {},
      { ...context, connectTcp: fakeDialler({ "127.0.0.1": how }), machine: async () => facts },
    );
  const dropped = await fails({ how: "timeout", afterMs: 3000 });
  assert.deepEqual([dropped.verdict.fault, dropped.verdict.culprit], ["connect.timeout", "network"]);
  assert.match(dropped.verdict.summary, /a firewall of this machine drops it\. Culprit: this machine's network rules\.$/);
  assert.match(dropped.verdict.fix.client, /^Let port 8080 through the firewall of this machine/);
  const ledOn = await diagnosisOf(
    { host: "127.0.0.1", port: 8081 },
    [],
    {},
    { ...context, connectTcp: fakeDialler({ "127.0.0.1": { how: "timeout", afterMs: 3000 } }), machine: async () => facts },
  );
  assert.deepEqual([ledOn.verdict.culprit, ledOn.verdict.confidence], ["network", 0.6]);
  assert.match(ledOn.verdict.summary, /nobody listens there: .* or a rule leads it on to a container/);
  const rejected = await fails({ how: "errno", code: "ECONNREFUSED" });
  assert.deepEqual([rejected.verdict.fault, rejected.verdict.confidence], ["connect.refused", 0.6]);
  assert.match(
    rejected.verdict.summary,
    /although a program listens on 127\.0\.0\.1:8080: a firewall rejects it, or the program came up since/,
  );
  assert.match(rejected.verdict.nextTest ?? "", /^the same again/);
});
