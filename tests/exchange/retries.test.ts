import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { fieldValue } from "../../src/core/message.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterBytes, afterHead, fin, rst, says } from "../../src/lab/behaviours.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { type Behaviour, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import type { RawAnswer } from "../../src/lab/raw-client.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient, exchange } from "../gateway/client.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "../gateway/lab-gateway.ts";
import { ok, startRawTarget } from "../gateway/raw-target.ts";

/** A gateway whose exits are met in their order: a random source that only says 0 draws from the front of the list. */
async function startOver(exits: readonly LabServer[], given: LabGatewayOptions = {}): Promise<LabGateway> {
  const lines = exits.map(({ host, port }, index) => `http://${host}:${port} id=e${index}`);
  return await startLabGateway({ exits: lines, options: { random: () => 0 }, ...given });
}

async function ask(gateway: LabGateway, method: string, fields = "", body = ""): Promise<RawAnswer> {
  using peer = await dialClient(gateway.address);
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return await exchange(peer, `${method} http://site.lab/page HTTP/1.1\r\nHost: site.lab\r\n${fields}${length}\r\n${body}`, method);
}

const AFTER_THE_REQUEST: Readonly<Record<string, Behaviour>> = {
  closes: afterHead(fin),
  resets: afterHead(rst),
  "sends half a head": afterHead(BAD_ANSWERS.halfHead),
  "answers 502": afterHead(says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", fin)),
  "answers 504": afterHead(says("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n", fin)),
};

for (const [what, behave] of Object.entries(AFTER_THE_REQUEST)) {
  test(`a request that is idempotent goes to another exit when the first ${what}`, async () => {
    await using bad = await startLabServer(behave);
    await using good = await startRawTarget(() => ok("good"));
    await using gateway = await startOver([bad, good]);
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await ask(gateway, method);
      assert.equal(answer.body.toString(), "good", method);
    }
    assert.equal((await gateway.nextRecord()).outcome, "rescued");
  });

  test(`a POST is sent once: it fails when the exit ${what}`, async () => {
    await using bad = await startLabServer(behave);
    await using good = await startRawTarget(() => ok("good"));
    await using gateway = await startOver([bad, good]);
    for (const [method, body] of [
      ["POST", "body"],
      ["POST", ""],
      ["PATCH", "body"],
      ["LAB-METHOD", ""],
    ] as const) {
      const answer = await ask(gateway, method, "", body);
      const { attempts } = await gateway.nextRecord();
      const isFirst = attempts[0]?.exit === "e0";
      assert.equal(attempts.length, 1);
      assert.equal(answer.status, isFirst ? (what === "answers 504" ? 504 : 502) : 200);
    }
  });

  test(`a POST with an Idempotency-Key goes to another exit when the first ${what}`, async () => {
    await using bad = await startLabServer(behave);
    await using good = await startRawTarget(({ body }) => ok(`got ${body}`));
    await using gateway = await startOver([bad, good]);
    assert.equal((await ask(gateway, "POST", 'Idempotency-Key: "k1"\r\n', "body")).body.toString(), "got body");
    assert.equal((await gateway.nextRecord()).attempts.length, 2);
  });
}

test("a POST that an exit wants a login for goes to the next: it has passed nothing on", async () => {
  await using bad = await startLabServer(afterHead(says("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", fin)));
  await using good = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using gateway = await startOver([bad, good]);
  assert.equal((await ask(gateway, "POST", "", "body")).body.toString(), "got body");
});

const AS_AN_EXITS: Readonly<Record<string, string>> = {
  "a filter's page": "HTTP/1.1 403 Forbidden\r\nContent-Length: 29\r\n\r\n<title>Cisco Umbrella</title>",
  "Squid's refusal": "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n",
  "a spent plan": "HTTP/1.1 452 Bandwidth\r\nContent-Length: 0\r\n\r\n",
  "a login, through a cache": "HTTP/1.1 407 No\r\nVia: 1.1 varnish\r\nContent-Length: 0\r\n\r\n",
};

for (const [what, text] of Object.entries(AS_AN_EXITS)) {
  test(`a POST is sent once where the answer is ${what}, which a site may have too; a GET goes on`, async () => {
    await using bad = await startLabServer(afterHead(says(text, fin)));
    await using good = await startRawTarget(() => ok("good"));
    await using gateway = await startOver([bad, good]);
    assert.notEqual((await ask(gateway, "POST", "", "body")).status, 200);
    assert.equal((await gateway.nextRecord()).attempts.length, 1);
    assert.equal((await ask(gateway, "GET")).body.toString(), "good");
  });
}

test("a POST whose exit died before it was sent goes to the next", async () => {
  await using dying = await startLabServer(rst);
  await using silent = await startLabServer(() => {});
  const good = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using _ = good;
  await using gateway = await startLabGateway({
    exits: [
      `http://${good.host}:${good.port} id=good`,
      `socks5h://${silent.host}:${silent.port} id=silent-in-handshake`,
      `socks5h://${dying.host}:${dying.port} id=reset-in-handshake`,
      "http://127.0.0.1:1 id=refused",
    ],
    timeouts: { handshake: 200 },
    options: { random: () => 0.99 }, // draws from the end of the list
  });
  const answer = await ask(gateway, "POST", "", "body");
  assert.equal(answer.body.toString(), "got body");
  const { attempts } = await gateway.nextRecord();
  assert.deepEqual(
    attempts.map(({ exit }) => exit),
    ["refused", "reset-in-handshake", "silent-in-handshake", "good"],
  );
  assert.equal(good.requests.length, 1);
});

test("a body up to replayBytes is sent again in full, in its own framing", async () => {
  await using bad = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(10);
    peer.reset();
  });
  await using good = await startRawTarget(({ body }) => ok(String(body.length)));
  await using gateway = await startOver([bad, good]);
  assert.equal((await ask(gateway, "PUT", "", "b".repeat(64 * 1024))).body.toString(), "65536");
  assert.equal((await gateway.nextRecord()).attempts.length, 2);

  await using again = await startOver([bad, good]);
  const chunks = "Transfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n6\r\npedia!\r\n0\r\nX-Sum: 1\r\n";
  assert.equal((await ask(again, "PUT", chunks)).body.toString(), "10");
  assert.match(good.requests.at(-1)?.head ?? "", /\r\nTransfer-Encoding: chunked\r\n/);
});

test("a body beyond replayBytes is not sent again", async () => {
  await using bad = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(64 * 1024 + 1);
    peer.reset();
  });
  await using good = await startRawTarget(() => ok("good"));
  await using gateway = await startOver([bad, good]);
  assert.equal((await ask(gateway, "PUT", "", "b".repeat(64 * 1024 + 1))).status, 502);
  assert.equal((await gateway.nextRecord()).attempts.length, 1);
  assert.equal(good.accepted, 0);
});

test("replayBytes 0 makes every request with a body one that is sent once", async () => {
  await using bad = await startLabServer(
    afterBytes(async (peer) => {
      await readHead(peer.reader);
      await peer.reader.take(1);
      peer.reset();
    }),
  );
  await using good = await startRawTarget(() => ok("good"));
  await using gateway = await startOver([bad, good], { exchange: { attempts: { ...DEFAULTS.attempts, replayBytes: 0 } } });
  assert.equal((await ask(gateway, "PUT", "", "b")).status, 502);
  assert.equal((await ask(gateway, "GET")).body.toString(), "good");
});

test("a site's 503 is tried once more, and its second answer is the client's", async () => {
  let count = 0;
  await using target = await startRawTarget(() => {
    count += 1;
    return `HTTP/1.1 503 Busy\r\nX-Try: ${count}\r\nContent-Length: 1\r\n\r\n${count}`;
  });
  await using gateway = await startLabGateway({ options: { random: () => 0 } });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, `GET ${urlOf(target, "/")} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal(answer.status, 503);
  assert.equal(answer.body.toString(), "2");
  assert.equal(count, 2);
  const status = fieldValue(answer.fields, "proxy-status") ?? "";
  assert.match(status, /received-status=503/);
  assert.match(status, /fault=relay\.origin_5xx/);
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "relayed");
  assert.equal(record.attempts.length, 2);
});

test("Retry-After is honoured where it ends before the deadline, else the answer is passed on at once", async () => {
  for (const [seconds, tries] of [
    [1, 2],
    [120, 1],
  ] as const) {
    let count = 0;
    await using target = await startRawTarget(() => {
      count += 1;
      return count === 1 ? `HTTP/1.1 503 Busy\r\nRetry-After: ${seconds}\r\nContent-Length: 0\r\n\r\n` : ok("better now");
    });
    await using gateway = await startLabGateway();
    using peer = await dialClient(gateway.address);
    const answer = await exchange(peer, `GET ${urlOf(target, "/")} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal(answer.status, tries === 2 ? 200 : 503);
    assert.equal(count, tries);
    const { ms } = await gateway.nextRecord();
    if (tries === 2) assert.ok(ms >= 990, `${ms}`);
  }
});

test("the last real answer wins over what came of the tries after it", async () => {
  await using answering = await startRawTarget(() => "HTTP/1.1 503 Busy\r\nServer: origin-of-the-site\r\nContent-Length: 4\r\n\r\nbusy");
  await using refusing = await startLabServer(afterHead(rst));
  await using gateway = await startOver([answering, refusing]);
  const answer = await ask(gateway, "GET");
  assert.equal(answer.status, 503);
  assert.equal(answer.body.toString(), "busy");
  assert.ok((await gateway.nextRecord()).attempts.length >= 2);
});

test("a 500 of the site is its answer: not tried again", async () => {
  let count = 0;
  await using target = await startRawTarget(() => {
    count += 1;
    return "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops";
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, `GET ${urlOf(target, "/")} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal(answer.status, 500);
  assert.equal(answer.body.toString(), "oops");
  assert.equal(count, 1);
});

test("nothing is tried again once a byte of the answer is on its way", async () => {
  await using bad = await startLabServer(afterHead(BAD_ANSWERS.truncatedByLength));
  await using good = await startRawTarget(() => ok("good"));
  await using gateway = await startOver([bad, good]);
  const answer = await ask(gateway, "GET");
  assert.equal(answer.status, 200);
  assert.notEqual(answer.ending, "complete");
  assert.equal(good.accepted, 0);
});

test("attempts.exits bounds what dies before the target, attempts.max what may have reached it", async () => {
  await using dying = await startLabServer(afterHead(rst));
  const lines = Array.from({ length: 10 }, (_, i) => `http://user${i}@127.0.0.1:1 id=dead${i}`);
  await using gateway = await startLabGateway({ exits: lines, exchange: { attempts: { ...DEFAULTS.attempts, max: 3, exits: 7 } } });
  assert.equal((await ask(gateway, "GET")).status, 502);
  assert.equal((await gateway.nextRecord()).attempts.length, 7);
  const reaching = Array.from({ length: 10 }, (_, i) => `http://user${i}@${dying.host}:${dying.port} id=dying${i}`);
  await using other = await startLabGateway({ exits: reaching, exchange: { attempts: { ...DEFAULTS.attempts, max: 3, exits: 7 } } });
  assert.equal((await ask(other, "GET")).status, 502);
  const record = await other.nextRecord();
  assert.equal(record.attempts.length, 3);
});

test("a rotating exit is tried again at once, one that does not rotate only where it is the only one", async () => {
  await using bad = await startLabServer(afterHead(rst));
  for (const [tag, tries] of [
    ["rotating=true", 4],
    ["", 2],
  ] as const) {
    await using gateway = await startLabGateway({ exits: [`http://${bad.host}:${bad.port} id=one ${tag}`] });
    assert.equal((await ask(gateway, "GET")).status, 502);
    assert.equal((await gateway.nextRecord()).attempts.length, tries);
  }
});

test("a vendor that refuses the account is not asked for one exit after the other", async () => {
  await using vendor = await startLabServer(
    afterHead(says("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", fin)),
  );
  await using gateway = await startLabGateway({ exits: [`http://bob:wrong@${vendor.host}:${vendor.port} vendor=oxylabs`] });
  assert.equal((await ask(gateway, "GET")).status, 502);
  const { attempts, verdict } = await gateway.nextRecord();
  assert.deepEqual([attempts.length, verdict?.fault], [2, "handshake.auth_failed"]);
});

test("where a vendor refuses the account, another one is tried for as long as it may be, and not given up when the first one's turn comes again", async () => {
  const refusal = "HTTP/1.1 407 No\r\nX-Error-Description: invalid country parameter\r\nContent-Length: 0\r\n\r\n";
  await using refusing = await startLabServer(afterHead(says(refusal, fin)));
  for (let turn = 0; turn < 8; turn++) {
    let asked = 0;
    const broken = afterHead(says("HTTP/1.1 502 No\r\nX-Error-Description: peer gone, no exit node\r\nContent-Length: 0\r\n\r\n", fin));
    const works = afterHead(says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", fin));
    await using other = await startLabServer((peer) => (asked++ < 2 ? broken : works)(peer));
    await using gateway = await startLabGateway({
      exits: [refusing, other].map(({ host, port }) => `http://bob:wrong@${host}:${port} rotating=true`),
    });
    assert.equal((await ask(gateway, "GET")).status, 200);
    const { attempts } = await gateway.nextRecord();
    assert.ok(attempts.filter(({ fault }) => fault === "handshake.auth_failed").length <= 2);
  }
});
