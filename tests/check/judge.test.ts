import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { askDirectly } from "../../src/check/judge/ask-directly.ts";
import type { Judge } from "../../src/check/judge/judge.ts";
import type { JudgeAddress } from "../../src/check/judge/judged.ts";
import { BadKeyFile, openKeyFile } from "../../src/check/judge/key-file.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { JUDGE_KINDS } from "../../src/check/judge/payload.ts";
import { readJudgeAnswer } from "../../src/check/judge/read-answer.ts";
import { createJudgeKey, createSharedKey, formatJudgeKey } from "../../src/check/judge/signature.ts";
import { DIRECT, question, send } from "./judge-world.ts";

interface Local extends AsyncDisposable {
  readonly judge: Judge;
  readonly address: JudgeAddress;
}

async function start(): Promise<Local> {
  const local = await startLocalJudge();
  return { ...local, [Symbol.asyncDispose]: () => local.judge[Symbol.asyncDispose]() };
}

test("An answer that nobody touched is genuine and without a lie, as page, script and download, with and without a body, over HTTP and HTTPS.", async () => {
  await using local = await start();
  for (const kind of JUDGE_KINDS) {
    for (const method of ["GET", "POST"] as const) {
      for (const scheme of ["http", "https"] as const) {
        const sent = question(local.address, { kind, method, scheme });
        const judged = readJudgeAnswer(sent, await send(sent), local.address);
        assert.deepEqual([judged.kind, judged.lies, judged.addedFields], ["genuine", [], []], `${kind} ${method} ${scheme}`);
        assert.equal(judged.payload?.address, "127.0.0.1");
        assert.equal(judged.payload?.tls === null, scheme === "http");
        assert.equal(judged.payload?.certificate, local.address.certificate);
      }
    }
  }
});

test("What a judge signs is what it saw: the request's line, its fields in order and case, and the other end of the socket.", async () => {
  await using local = await start();
  const sent = question(local.address);
  const { payload } = readJudgeAnswer(sent, await send(sent), local.address);
  assert.equal(payload?.target, `${sent.url.pathname}${sent.url.search}`);
  const names = payload?.fields.map(([name]) => name) ?? [];
  assert.deepEqual(names.slice(0, 4), ["Host", "User-Agent", "Accept", "Accept-Language"]);
  assert.equal(payload?.local.port, Number(local.address.url.port));
});

test("Neither the request nor the answer says that it is a judge's.", async () => {
  await using local = await start();
  for (const kind of JUDGE_KINDS) {
    const sent = question(local.address, { kind });
    const { fields, body } = await send(sent);
    const text = [sent.url.pathname, ...sent.fields, ...fields, body.toString("latin1")].join("\n");
    assert.doesNotMatch(text.replaceAll("&#34;judge&#34;", ""), /judge|goodgateway|ed25519/i);
  }
});

test("askDirectly finds a judge by HTTP and by HTTPS, with the key of its URL and without, and learns our address.", async () => {
  await using local = await start();
  const [withKey] = local.judge.urls;
  assert.ok(withKey !== undefined);
  for (const scheme of ["http:", "https:"]) {
    for (const hash of [withKey.hash, ""]) {
      const url = Object.assign(new URL(withKey), { protocol: scheme, hash });
      const found = await askDirectly(url, DIRECT);
      assert.ok(!("problem" in found), JSON.stringify(found));
      assert.equal(found.isSigned, true);
      assert.equal(found.ownAddresses[0], "127.0.0.1");
      assert.equal(found.certificate, local.judge.certificate);
      assert.equal(found.isLoopback, true);
      assert.equal(found.url.hash, "");
    }
  }
});

test("A judge that shares its key with its own process tells it to nobody; what it says is believed by that key alone, byte for byte.", async () => {
  const key = createSharedKey();
  const { judge, address } = await startLocalJudge(key);
  await using _ = judge;
  const sent = question(address);
  const answer = await send(sent);
  const genuine = readJudgeAnswer(sent, answer, address);
  assert.deepEqual([genuine.kind, genuine.lies], ["genuine", []]);
  for (const other of [createSharedKey(), createPublicKey(createJudgeKey())])
    assert.equal(readJudgeAnswer(sent, answer, { ...address, key: other }).lies[0]?.fault, "honesty.fake_answer");
  const changed = Buffer.from(
    answer.body.toString("latin1").replace(/(state=")(.)/, (_match, before, first) => before + (first === "A" ? "B" : "A")),
    "latin1",
  );
  assert.equal(readJudgeAnswer(sent, { ...answer, body: changed }, address).lies[0]?.fault, "honesty.fake_answer");

  const asked = await send({ ...sent, url: new URL("goodgateway/judge/key", address.url) });
  const told = [asked, answer].map(({ fields, body }) => `${fields.join()}${body.toString("latin1")}`).join();
  for (const encoding of ["hex", "base64", "base64url", "latin1"] as const) assert.ok(!told.includes(key.export().toString(encoding)));
  assert.deepEqual(
    judge.urls.map(({ hash }) => hash),
    judge.urls.map(() => ""),
  );
});

test("A judge that is down, one with another key, one that lies, and a URL that is none are refused with words.", async () => {
  await using local = await start();
  const [url] = local.judge.urls;
  assert.ok(url !== undefined);
  const other = Object.assign(new URL(url), { hash: `#${formatJudgeKey(createJudgeKey())}` });
  const problemOf = async (asked: URL) => {
    const found = await askDirectly(asked, DIRECT);
    return "problem" in found ? found.problem : assert.fail(`${asked} was believed`);
  };
  assert.match(await problemOf(other), /cannot be trusted.*does not fit its signature/);
  assert.match(await problemOf(Object.assign(new URL(url), { hash: "#ed25519=short" })), /has the form #ed25519=/);
  assert.match(await problemOf(new URL("ftp://192.0.2.1/")), /no http or https URL/);
  assert.doesNotMatch(await problemOf(new URL("lab:s3cret@judge.example:80")), /s3cret/);
  await local.judge[Symbol.asyncDispose]();
  assert.match(await problemOf(url), /cannot be asked: .*connect\.refused/);
});

async function startSite(answer: (nonce: string) => { status?: number; type: string; body: string }) {
  const server = createServer((request, response) => {
    const { status = 200, type, body } = answer(new URL(request.url ?? "", "http://x").searchParams.get("id") ?? "");
    response.writeHead(status, { "Content-Type": type }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/get`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ECHOES: Readonly<Record<string, (nonce: string) => string>> = {
  "JSON with headers": (id) => JSON.stringify({ args: { id }, headers: { Host: "x", "X-Edge-Id": "7" }, origin: "192.0.2.77" }),
  "JSON with an address": () => JSON.stringify({ ip: "192.0.2.77" }),
  "CGI variables": () => "<pre>\nREMOTE_ADDR = 192.0.2.77\nHTTP_HOST = x\nREQUEST_METHOD = GET\n</pre>",
  "an address alone": () => "192.0.2.77\n",
};

for (const [form, body] of Object.entries(ECHOES)) {
  test(`A service that answers with ${form} is taken for what it is: an echo that nobody signs.`, async () => {
    await using site = await startSite((id) => ({ type: "text/plain", body: body(id) }));
    const found = await askDirectly(site.url, DIRECT);
    assert.ok(!("problem" in found), JSON.stringify(found));
    assert.equal(found.isSigned, false);
    assert.equal(found.ownAddresses[0], "192.0.2.77");
    const sent = question(found);
    const judged = readJudgeAnswer(sent, await send(sent), found);
    assert.deepEqual([judged.kind, judged.isSigned, judged.payload?.address], ["genuine", false, "192.0.2.77"]);
  });
}

test("An echo service through a proxy that serves its own page, redirects, or does not repeat what the service repeats, is a lie.", async () => {
  await using site = await startSite((id) => ({ type: "application/json", body: ECHOES["JSON with headers"]?.(id) ?? "" }));
  const found = await askDirectly(site.url, DIRECT);
  assert.ok(!("problem" in found));
  const sent = question(found);
  const genuine = await send(sent);
  const lieOf = (change: Partial<typeof genuine>) => readJudgeAnswer(sent, { ...genuine, ...change }, found).lies[0]?.fault;
  assert.equal(lieOf({}), undefined);
  assert.equal(lieOf({ body: Buffer.from("<h1>Welcome</h1>") }), "honesty.fake_answer");
  assert.equal(lieOf({ body: Buffer.from('{"origin":"192.0.2.9","headers":{"a":"b"}}') }), "honesty.fake_answer");
  assert.equal(lieOf({ status: 302, fields: ["Location", "http://login.example/"] }), "honesty.redirected");
  assert.equal(readJudgeAnswer(sent, { ...genuine, status: 503, body: Buffer.alloc(0) }, found).kind, "refused");
});

test("A site that is neither judge nor echo is refused as one.", async () => {
  await using site = await startSite(() => ({ type: "text/html", body: "<h1>Welcome</h1>" }));
  const found = await askDirectly(site.url, DIRECT);
  assert.match("problem" in found ? found.problem : "", /is no judge, and no echo service: it answered 200/);
});

test("The key file is made at the first start, for its owner alone, and is the same at the next; one that is no key is refused.", () => {
  const folder = mkdtempSync(join(tmpdir(), "judge-key-"));
  const path = join(folder, "judge.pem");
  const first = openKeyFile(path);
  const second = openKeyFile(path);
  assert.deepEqual([first.isNew, second.isNew], [true, false]);
  assert.equal(formatJudgeKey(first.key), formatJudgeKey(second.key));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, "hello");
  assert.throws(() => openKeyFile(path), BadKeyFile);
  assert.throws(() => openKeyFile(join(folder, "missing", "judge.pem")), /cannot write .*ENOENT/);
});

test("Bytes that are no HTTP, a body beyond the limit, and an endless head end their own connection, and no other.", async () => {
  await using local = await start();
  const port = Number(local.address.url.port);
  const rude = [
    Buffer.from("\0\x01\x02nonsense\r\n\r\n"),
    Buffer.from("\x16\x03\x01nonsense that is no TLS", "latin1"),
    Buffer.alloc(64 * 1024, "A: b\r\n"),
  ];
  for (const bytes of rude) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(bytes);
    socket.resume();
    await once(socket, "close");
  }
  const sent = { ...question(local.address, { method: "POST" }), body: Buffer.alloc(2 * 1024 * 1024) };
  const answer = await send(sent).catch(() => null);
  assert.ok(answer === null || answer.status === 413);
  const good = question(local.address);
  assert.equal(readJudgeAnswer(good, await send(good), local.address).kind, "genuine");
});

test("Who ends in the middle of a TLS handshake is not waited for; who ends behind a request over TLS is answered.", async () => {
  await using local = await start();
  const port = Number(local.address.url.port);
  const leaving = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  leaving.end(Buffer.from("160301020001000100", "hex")); // the begin of a ClientHello
  leaving.resume();
  await once(leaving, "close");

  for (const method of ["GET", "HEAD"]) {
    const asking = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(asking, "secureConnect");
    asking.end(`${method} / HTTP/1.1\r\nHost: judge.test\r\n\r\n`);
    const answer = Buffer.concat(await asking.toArray()).toString("latin1");
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/, method);
  }
});

test("Bytes for measuring are as many as asked for, and bounded.", async () => {
  await using local = await start();
  for (const [asked, expected] of [
    ["100000", 100_000],
    ["-1", 0],
    ["nonsense", 0],
    ["999999999", 16 * 1024 * 1024],
  ] as const) {
    const response = await fetch(new URL(`/goodgateway/judge/bytes?n=${asked}`, local.address.url));
    assert.equal((await response.arrayBuffer()).byteLength, expected);
  }
});
