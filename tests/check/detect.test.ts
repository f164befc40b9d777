import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../src/check/calls.ts";
import { detect, mostTelling } from "../../src/check/detect.ts";
import { tryNamed } from "../../src/check/named-scheme.ts";
import { BAD_SOCKS } from "../../src/lab/bad-exits.ts";
import { afterBytes, afterHead, fin, says, silence } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { dialLab, splice } from "../../src/lab/lab-connection.ts";
import { formatAnswer, readHead } from "../../src/lab/lab-http.ts";
import { type Behaviour, findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { type Checking, candidateOf, gateAfter, startChecking } from "./checking.ts";

/** What is found out about a port without the rest of a check, and by how many connections. */
async function detected({ context, judge }: Checking, line: string, timeoutMs = context.timeoutMs) {
  const { exit, scheme } = candidateOf(line);
  const calls = new Calls({ ...context, timeoutMs });
  const options = {
    goals: [{ kind: "judge", judge } as const],
    signal: new Cancellation(),
    deadline: context.clock.now() + timeoutMs,
  };
  const found = await (scheme === null ? detect(calls, exit, options) : tryNamed(calls, exit, options));
  found.met?.judged?.reply.replied.answered.connection?.destroy();
  const worst = (scheme === null ? mostTelling(found.tried) : (found.tried[0]?.failed ?? null))?.attributed.fault ?? null;
  return {
    ...found,
    scheme: found.met?.scheme ?? null,
    connections: calls.connections,
    fault: worst?.id ?? null,
    details: worst?.details ?? "",
  };
}

const lineOf = ({ host, port }: LabServer) => `${host}:${port}`;

test("An HTTP proxy is found by one connection, a SOCKS proxy on any port by two.", async () => {
  await using checking = await startChecking();
  await using http = await startHttpExit();
  await using socks = await startSocksExit();
  const byHttp = await detected(checking, lineOf(http));
  assert.deepEqual([byHttp.scheme, byHttp.connections], ["http", 1]);
  const bySocks = await detected(checking, lineOf(socks));
  assert.deepEqual([bySocks.scheme, bySocks.connections], ["socks5", 2]);
  assert.deepEqual(bySocks.open, ["socks4"]);
});

test("A TLS alert to a plain request leads to https at once, and one that closes on it is asked for TLS before long.", async () => {
  const authority = createAuthority();
  await using checking = await startChecking({ ca: [authority.cert] });
  const tls = authority.issue({ names: ["127.0.0.1"] });
  await using exit = await startHttpExit({ tls });
  await using alerting = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first === 0x16) return splice(peer, await dialLab(exit));
    await peer.send(Buffer.from("15030100020246", "hex")); // fatal protocol_version
    await peer.end();
  });
  const told = await detected(checking, lineOf(alerting));
  assert.deepEqual([told.scheme, told.connections], ["https", 2]);
  const guessed = await detected(checking, lineOf(exit));
  assert.deepEqual([guessed.scheme, guessed.connections], ["https", 4]);
});

test("A SOCKS server that says so to a plain request is asked as that.", async () => {
  await using checking = await startChecking();
  await using exit = await startLabServer(afterBytes(says(Buffer.of(5, 0xff), fin)));
  const found = await detected(checking, lineOf(exit));
  assert.deepEqual([found.met, found.fault, found.connections], [null, "handshake.auth_required", 2]);
});

test("What refuses TCP is tried once.", async () => {
  await using checking = await startChecking();
  const { host, port } = await findClosedPort();
  const found = await detected(checking, `${host}:${port}`);
  assert.deepEqual([found.met, found.fault, found.connections], [null, "connect.refused", 1]);
});

test("A 407 ends the search: another protocol would want a password too.", async () => {
  await using checking = await startChecking();
  await using exit = await startHttpExit({ credentials: { username: "lab", password: "right" } });
  const found = await detected(checking, lineOf(exit));
  assert.deepEqual([found.met, found.fault, found.connections], [null, "handshake.auth_required", 1]);
});

test("Silence is given up in time, and has the likely protocols tried beside it.", async () => {
  await using checking = await startChecking();
  await using exit = await startLabServer(silence);
  const startedAt = performance.now();
  const found = await detected(checking, lineOf(exit), 600);
  assert.equal(found.met, null);
  assert.match(found.fault ?? "", /\.timeout$/);
  assert.ok(found.connections >= 2 && found.connections <= 3, String(found.connections));
  assert.ok(performance.now() - startedAt >= 590);
});

test("A proxy that only another protocol wakes up is found before the first one's time is over.", async () => {
  await using checking = await startChecking({ timeoutMs: 3000 });
  await using socks = await startSocksExit();
  await using exit = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    await (first === 5 ? splice(peer, await dialLab(socks)) : peer.skip());
  });
  const found = await detected(checking, lineOf(exit));
  assert.equal(found.scheme, "socks5");
  assert.equal(found.connections, 2);
});

test("What was begun beside the protocol that works, and cut short by it, is still to be looked at.", async () => {
  await using checking = await startChecking();
  await using socks = await startSocksExit();
  await using exit = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first !== 4 && first !== 5) return peer.end();
    if (first === 4) return peer.skip();
    await exit.whenAccepted(3); // HTTP, SOCKS5, and SOCKS4 beside it
    await splice(peer, await dialLab(socks));
  });
  const found = await detected(checking, lineOf(exit));
  assert.deepEqual([found.scheme, found.connections], ["socks5", 3]);
  assert.deepEqual(found.open, ["socks4"]);
});

test("A proxy that works and waits for its turn to be measured is tried by other protocols meanwhile.", async () => {
  const greeted = Promise.withResolvers<void>();
  await using checking = await startChecking({ gate: gateAfter(() => greeted.promise) });
  await using web = await startWebProxy();
  await using exit = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first !== 5) return await splice(peer, await dialLab(web));
    greeted.resolve();
    await peer.end();
  });
  const { state, tried } = await checking.check(lineOf(exit));
  assert.equal(state, "works");
  assert.deepEqual(
    tried.map(({ scheme, works }) => [scheme, works]),
    [
      ["http", true],
      ["socks5", false],
    ],
  );
});

test("A web server and other services are told from proxies, by what they say.", async () => {
  await using checking = await startChecking();
  await using web = await startLabServer(afterHead(says(formatAnswer(404, {}, "no such page"), fin)));
  const page = await detected(checking, lineOf(web));
  assert.deepEqual([page.met, page.fault], [null, "handshake.connect_rejected"]);
  await using ssh = await startLabServer(BAD_SOCKS.sshBanner);
  const banner = await detected(checking, lineOf(ssh), 2000);
  assert.equal(banner.met, null);
  assert.match(banner.details, /SSH/);
});

test("A line that names another protocol than the port speaks is told which one it is.", async () => {
  await using checking = await startChecking();
  await using http = await startLabServer(BAD_SOCKS.http);
  const asSocks = await detected(checking, `socks5://${lineOf(http)}`);
  assert.equal(asSocks.fault, "handshake.not_a_proxy");
  assert.match(asSocks.details, /speaks HTTP/);

  const authority = createAuthority();
  await using tls = await startHttpExit({ tls: authority.issue({ names: ["127.0.0.1"] }) });
  const asHttp = await detected(checking, `http://${lineOf(tls)}`);
  assert.equal(asHttp.met, null);
  assert.match(asHttp.details, /speaks TLS: use https/);
  assert.deepEqual(
    asHttp.tried.map(({ scheme }) => scheme),
    ["http", "https"],
  );
});

test("A line that names HTTP is told that the port wants TLS, whatever it makes of a CONNECT.", async () => {
  const wantsTls = formatAnswer(400, { Server: "nginx" }, "The plain HTTP request was sent to HTTPS port");
  const asNginx = says(wantsTls, fin);
  await using checking = await startChecking();
  await using exit = await startLabServer(async (peer) => {
    const head = (await peer.reader.peek(7)).toString("latin1");
    await afterHead(head.startsWith("CONNECT") ? says(formatAnswer(400, {}, ""), fin) : asNginx)(peer);
  });
  const { fault, tried, details } = await detected(checking, `http://${lineOf(exit)}`);
  assert.deepEqual([fault, tried.map(({ scheme }) => scheme)], ["handshake.not_a_proxy", ["http", "https"]]);
  assert.match(details, /TLS/);
});

test("A line that names HTTP for a port that closes on it, and on TLS, is told where the port speaks SOCKS5; never where it is silent.", async () => {
  await using checking = await startChecking({ timeoutMs: 3000 });
  await using socks = await startSocksExit();
  await using exit = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    await (first === 5 ? splice(peer, await dialLab(socks)) : peer.end());
  });
  const found = await detected(checking, `http://${lineOf(exit)}`);
  assert.deepEqual([found.met, found.fault], [null, "handshake.not_a_proxy"]);
  assert.match(found.details, /^the port speaks SOCKS5: use socks5.* \(closed/);
  assert.deepEqual(
    found.tried.map(({ scheme, failed }) => [scheme, failed === null]),
    [
      ["http", false],
      ["https", false],
      ["socks5", true],
    ],
  );

  await using closed = await startLabServer(afterBytes(fin));
  const mute = await detected(checking, `http://${lineOf(closed)}`);
  assert.deepEqual([mute.fault, mute.tried.length], ["handshake.closed", 3]);

  await using silentToTls = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    await (first === 0x16 ? peer.skip() : peer.end());
  });
  const silent = await detected(checking, `http://${lineOf(silentToTls)}`, 400);
  assert.deepEqual([silent.fault, silent.tried.length], ["handshake.closed", 2]);
});

test("A line that names SOCKS or TLS for a port that closes on it is told what else the port speaks; one for a port that closes on all is not.", async () => {
  await using checking = await startChecking({ timeoutMs: 3000 });
  await using http = await startHttpExit();
  await using socks = await startSocksExit();
  const onlyTo = (wanted: number, behind: LabServer) =>
    startLabServer(async (peer) => {
      const [first] = await peer.reader.peek(1);
      await (first === wanted ? splice(peer, await dialLab(behind)) : peer.end());
    });
  await using onlyHttp = await onlyTo(0x47, http);
  await using only5 = await onlyTo(5, socks);
  await using only4 = await onlyTo(4, socks);
  for (const [line, use] of [
    [`socks5h://${lineOf(onlyHttp)}`, "http"],
    [`socks4://${lineOf(onlyHttp)}`, "http"],
    [`https://${lineOf(onlyHttp)}`, "http"],
    [`https://${lineOf(only5)}`, "socks5"],
    [`socks4://${lineOf(only5)}`, "socks5"],
    [`socks5://${lineOf(only4)}`, "socks4"],
  ] as const) {
    const { met, fault, details } = await detected(checking, line);
    assert.deepEqual([met, fault], [null, "handshake.not_a_proxy"], line);
    assert.match(details, new RegExp(`: use ${use}://host:port \\(closed after`), line);
  }
  await using closed = await startLabServer(afterBytes(fin));
  const mute = await detected(checking, `socks5://${lineOf(closed)}`);
  assert.deepEqual([mute.fault, mute.tried.map(({ scheme }) => scheme)], ["handshake.closed", ["socks5", "http", "socks4"]]);
});

test("A line that names SOCKS or TLS for a web server is not told to use HTTP, which would do no better.", async () => {
  await using checking = await startChecking();
  const answering = (behave: Behaviour) =>
    startLabServer(async (peer) => {
      const [first] = await peer.reader.peek(1);
      await (first === 0x47 ? behave : says(formatAnswer(400, { Server: "nginx" }, ""), fin))(peer);
    });
  await using page = await answering(says(formatAnswer(200, {}, "It works!"), fin));
  await using missing = await answering(says(formatAnswer(404, { Server: "nginx" }, ""), fin));
  await using portal = await answering(says(formatAnswer(302, { Location: "http://login.lab/" }, ""), fin));
  await using http = await startHttpExit();
  await using proxy = await answering(async (peer) => splice(peer, await dialLab(http)));
  for (const scheme of ["socks5", "socks4", "https"]) {
    for (const web of [page, missing, portal]) {
      const { fault, details } = await detected(checking, `${scheme}://${lineOf(web)}`);
      assert.equal(fault, scheme === "https" ? "tls.protocol_mismatch" : "handshake.not_a_proxy");
      assert.match(details, /^the port speaks HTTP: (?!use)/);
    }
    assert.match((await detected(checking, `${scheme}://${lineOf(proxy)}`)).details, /use http:\/\/host:port/);
  }
});

test("Tor's port is told from an HTTP proxy's by its own words.", async () => {
  await using checking = await startChecking();
  await using socks = await startSocksExit();
  await using tor = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first === 5) return splice(peer, await dialLab(socks));
    await afterBytes(says("HTTP/1.0 501 Tor is not an HTTP Proxy\r\nContent-Type: text/html\r\n\r\n<html>", fin))(peer);
  });
  const named = await detected(checking, `http://${lineOf(tor)}`);
  assert.equal(named.fault, "handshake.not_a_proxy");
  assert.match(named.details, /use socks5:/);
  assert.equal((await detected(checking, lineOf(tor))).scheme, "socks5");
});

test("A line that names SOCKS or TLS for an HTTP proxy that waits for the end of a line is told that it speaks HTTP.", async () => {
  await using checking = await startChecking({ timeoutMs: 900 });
  await using http = await startHttpExit();
  await using exit = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    await (first === 0x47 ? splice(peer, await dialLab(http)) : peer.skip());
  });
  for (const scheme of ["socks5", "socks4", "https"]) {
    const found = await detected(checking, `${scheme}://${lineOf(exit)}`);
    assert.deepEqual([found.met, found.fault, found.connections], [null, "handshake.not_a_proxy", 2], scheme);
    assert.match(found.details, /^the port speaks HTTP: use http:\/\/host:port \(nothing for \d+ ms/);
    assert.deepEqual(
      found.tried.map(({ scheme: tried, failed }) => [tried, failed === null]),
      [
        [scheme, false],
        ["http", true],
      ],
    );
  }
});

test("A line that names SOCKS for a port that is silent to all is told so, and a slow SOCKS proxy works.", async () => {
  await using checking = await startChecking({ timeoutMs: 1500 });
  await using mute = await startLabServer(silence);
  const silent = await detected(checking, `socks5://${lineOf(mute)}`, 300);
  assert.deepEqual([silent.fault, silent.tried.length, silent.connections], ["handshake.timeout", 2, 2]);

  await using socks = await startSocksExit();
  let others = 0;
  const waits = Promise.withResolvers<void>();
  await using slow = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first === 5) {
      await waits.promise;
      return await splice(peer, await dialLab(socks));
    }
    others++;
    waits.resolve();
    await peer.skip();
    await peer.end();
  });
  const found = await detected(checking, `socks5://${lineOf(slow)}`);
  assert.deepEqual([found.scheme, found.tried.length, others], ["socks5", 1, 1]);
  await slow.whenLeft(1);
});

test("A web server that waits for a line is told as one, and a port that wants TLS, or has said that it speaks it, as that.", async () => {
  await using checking = await startChecking({ timeoutMs: 900 });
  const answering = (answer: Buffer) =>
    startLabServer(async (peer) => {
      const [first] = await peer.reader.peek(1);
      await (first === 0x47 || first === 0x43 ? says(answer, fin)(peer) : peer.skip());
    });
  await using missing = await answering(formatAnswer(404, {}, "no such page"));
  await using page = await answering(formatAnswer(200, {}, "It works!"));
  await using wantsTls = await answering(formatAnswer(400, { Server: "nginx" }, "The plain HTTP request was sent to HTTPS port"));
  const lines = [`socks5://${lineOf(missing)}`, `socks5://${lineOf(page)}`, `socks5://${lineOf(wantsTls)}`, `https://${lineOf(wantsTls)}`];
  const found = await Promise.all(lines.map((line) => detected(checking, line)));
  const [refusing, own, asked, named] = found;
  assert.match(refusing?.details ?? "", /^the port speaks HTTP: answered 404 .*\(nothing for/);
  assert.deepEqual([own?.fault, own?.tried[1]?.failed?.attributed.fault.id], ["handshake.not_a_proxy", "honesty.fake_answer"]);
  assert.doesNotMatch(own?.details ?? "", /use http/);
  assert.match(asked?.details ?? "", /^the port speaks TLS: use https:\/\/host:port/);
  assert.equal(named?.fault, "tls.handshake_timeout");
});

test("A TLS proxy that says nothing more is not told to speak HTTP because its port answers that too.", async () => {
  const authority = createAuthority();
  await using checking = await startChecking({ ca: [authority.cert], timeoutMs: 900 });
  await using mute = await startLabServer(silence, authority.issue({ names: ["127.0.0.1"] }));
  await using http = await startHttpExit();
  await using exit = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    await splice(peer, await dialLab(first === 0x16 ? mute : http));
  });
  assert.equal((await detected(checking, `https://${lineOf(exit)}`)).fault, "head.timeout");
});

test("The password of a line that names TLS is not said in the clear to a port that is silent, nor to one that answers HTTP.", async () => {
  await using checking = await startChecking({ timeoutMs: 900 });
  const said: string[] = [];
  await using silent = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first === 0x16) return await peer.skip();
    said.push((await readHead(peer.reader)).fields.join("\n"));
    await peer.end();
  });
  await using plain = await startLabServer(async (peer) => {
    const [first] = await peer.reader.peek(1);
    if (first !== 0x16) said.push((await readHead(peer.reader)).fields.join("\n"));
    await says(formatAnswer(400, {}, "bad"), fin)(peer);
  });
  for (const port of [silent, plain]) {
    const before = said.length;
    const { tried } = await detected(checking, `https://user:sesam@${lineOf(port)}`);
    assert.equal(tried[1]?.scheme, "http");
    assert.ok(said.length > before);
  }
  assert.doesNotMatch(said.join(), /authorization/i);
});

test("What is tried beside a silent proxy ends with the check, and a bug in it fails the check alone.", async () => {
  await using checking = await startChecking({ timeoutMs: 900 });
  await using exit = await startLabServer(async (peer) => {
    await peer.skip();
    await peer.end();
  });
  const { context, judge } = checking;
  const ended = new Cancellation();
  let opened = 0;
  const tryMute = (second: () => void) => {
    opened = 0;
    const dialling: typeof context.connectTcp = (...asked) => {
      if (++opened === 2) second();
      return context.connectTcp(...asked);
    };
    const goals = [{ kind: "judge", judge } as const];
    const options = { goals, signal: ended, deadline: context.clock.now() + context.timeoutMs };
    return tryNamed(new Calls({ ...context, connectTcp: dialling }), candidateOf(`socks5://${lineOf(exit)}`).exit, options);
  };
  const thrown = tryMute(() => {
    throw new TypeError("a bug");
  });
  await assert.rejects(thrown, /a bug/);
  const found = await tryMute(() => ended.cancel());
  assert.deepEqual([found.met, found.tried.length, opened], [null, 1, 2]);
  await exit.whenLeft(2);
});

test("A port suggests what is tried first.", async () => {
  await using checking = await startChecking();
  const tried: string[] = [];
  for (const port of [1080, 4145, 443, 8080]) {
    const exit = candidateOf(`127.0.0.1:${port}`).exit;
    const calls = new Calls({
      ...checking.context,
      connectTcp: async ([address = ""]) => ({ interruption: { how: "errno", code: "ECONNREFUSED" }, address }),
    });
    const options = { goals: [{ kind: "self" } as const], signal: new Cancellation(), deadline: checking.context.clock.now() + 1000 };
    const found = await detect(calls, exit, options);
    tried.push(found.tried.map(({ scheme }) => scheme).join());
  }
  assert.deepEqual(tried, ["socks5", "socks4", "https", "http"]);
});
