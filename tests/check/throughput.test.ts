import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckResult } from "../../src/check/check-result.ts";
import { SignedBytes } from "../../src/check/judge/throughput.ts";
import { silence } from "../../src/lab/behaviours.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { type Carried, Carrier, type Tricks, withoutField, writeCarried } from "../../src/lab/zoo/carrier.ts";
import { startSocksProxy } from "../../src/lab/zoo/socks-proxy.ts";
import { readsAlong, startWebProxy, webProxy } from "../../src/lab/zoo/web-proxy.ts";
import { startChecking } from "./checking.ts";

const BYTES = 256 * 1024;

async function checkWith(tricks: Tricks): Promise<CheckResult> {
  await using checking = await startChecking({ throughputBytes: BYTES });
  await using exit = await startWebProxy(tricks);
  return await checking.check(`http://127.0.0.1:${exit.port}`);
}

const isBytes = ({ line }: Carried) => line[1].includes("/bytes?");

function onBytes(change: (answer: Carried) => Carried | Buffer): Tricks {
  return { answer: (answer, request) => (isBytes(request) ? change(answer) : answer) };
}

function turned(body: Buffer, at: number): Buffer {
  return body.map((byte, i) => (i === at ? byte ^ 1 : byte)) as Buffer;
}

test("Throughput is measured through HTTP, SOCKS and tunnels, where every byte is the judge's.", async () => {
  await using checking = await startChecking({ throughputBytes: BYTES });
  await using web = await startWebProxy();
  await using socks = await startSocksProxy();
  await using tunnels = await startWebProxy({ instead: () => formatAnswer(405, { Allow: "CONNECT" }, "tunnels only\n") });
  for (const line of [`http://127.0.0.1:${web.port}`, `socks5://127.0.0.1:${socks.port}`, `http://127.0.0.1:${tunnels.port}`]) {
    const { state, bytesPerSecond, unverified } = await checking.check(line);
    assert.deepEqual([state, unverified], ["works", []], line);
    assert.ok((bytesPerSecond ?? 0) > 10_000, line);
  }
});

test("Who makes up bytes, keeps them, changes them or ends them early lies, and has no throughput.", async () => {
  let kept: Carried | null = null;
  const cases: Readonly<Record<string, readonly [Tricks, string, RegExp]>> = {
    "makes them up": [
      { instead: (request) => (isBytes(request) ? formatAnswer(200, { Connection: "close" }, Buffer.alloc(BYTES)) : null) },
      "honesty.fake_answer",
      /^200 came with bytes that are not the judge's, where 262144 of its had to$/,
    ],
    "leaves the signature out": [onBytes((answer) => withoutField(answer, "x-trace")), "honesty.fake_answer", /not the judge's/],
    "sends people elsewhere": [
      { instead: (request) => (isBytes(request) ? formatAnswer(302, { Location: "http://buy.lab/?me", Connection: "close" }, "") : null) },
      "honesty.redirected",
      /^302 to 'http:\/\/buy\.lab\/\?\.\.\.' came where/,
    ],
    "turns a bit": [
      onBytes((answer) => ({ ...answer, body: turned(answer.body, 200_000) })),
      "honesty.content_changed",
      /bytes of a download were changed at byte 200000$/,
    ],
    "ends early": [
      onBytes((answer) => ({ ...answer, body: answer.body.subarray(0, 100_000) })),
      "honesty.content_changed",
      /ended after 100000$/,
    ],
    "goes on": [
      onBytes((answer) => ({ ...answer, body: Buffer.concat([answer.body, Buffer.from("ad")]) })),
      "honesty.content_changed",
      /changed at byte/,
    ],
  };
  for (const [name, [tricks, fault, words]] of Object.entries(cases)) {
    const { state, honesty, bytesPerSecond } = await checkWith(tricks);
    assert.deepEqual([state, honesty.lies.map((lie) => lie.fault), bytesPerSecond], ["lies", [fault], null], name);
    assert.match(honesty.lies[0]?.details ?? "", words, name);
  }
  const keeping = onBytes((answer) => (kept ??= answer));
  assert.equal((await checkWith(keeping)).state, "works", "nothing was kept before");
  assert.deepEqual((await checkWith(keeping)).fault?.id, "honesty.fake_answer");
});

test("A SOCKS proxy that changes what is long alone is found by it.", async () => {
  await using checking = await startChecking({ throughputBytes: BYTES });
  const inside = onBytes((answer) => ({ ...answer, body: turned(answer.body, BYTES - 1) }));
  await using exit = await startSocksProxy({}, { ...inside, tunnel: (peer, to) => readsAlong(peer, to, new Carrier(inside)) });
  const { state, fault } = await checking.check(`socks5://127.0.0.1:${exit.port}`);
  assert.deepEqual([state, fault?.id], ["lies", "honesty.content_changed"]);
});

test("Who refuses so much, or breaks off, is no liar: why there is no more is told.", async () => {
  const refusing = await checkWith({
    instead: (request) => (isBytes(request) ? formatAnswer(403, { Connection: "close" }, "too large") : null),
  });
  assert.deepEqual([refusing.state, refusing.bytesPerSecond], ["works", null]);
  assert.match(refusing.unverified.join(), /its throughput: the judge's bytes were refused: answered 403/);
  const cutting = await checkWith(onBytes((answer) => writeCarried(answer, "close").subarray(0, 100_000)));
  assert.equal(cutting.state, "works");
  assert.ok((cutting.bytesPerSecond ?? 0) > 0);
  assert.match(cutting.unverified.join(), /its throughput: .*\(body\.truncated\)/);
  const old = ({ fields, body }: Carried): Buffer => {
    const kept = fields.filter(([name]) => !/^(?:content-length|connection)$/i.test(name));
    const head = ["HTTP/1.0 200 OK", ...kept.map(([name, value]) => `${name}: ${value}`)].join("\r\n");
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body.subarray(0, 100_000)]);
  };
  const unframed = await checkWith(onBytes(old));
  assert.deepEqual([unframed.state, unframed.honesty.lies], ["works", []]);
  assert.ok((unframed.bytesPerSecond ?? 0) > 0);
  assert.match(unframed.unverified.join(), /its throughput: the connection ended after 100000 of 262144 bytes, and no length was named/);
});

test("Who sends none of the bytes in time has no throughput, and that is told.", async () => {
  await using checking = await startChecking({ throughputBytes: BYTES, timeoutMs: 2000 });
  const carry = webProxy(new Carrier());
  await using exit = await startLabServer(async (peer) => {
    const start = await peer.reader.peek("GET http://127.0.0.1:65535/goodgateway/judge/bytes?".length);
    await (start.includes("/judge/bytes") ? silence(peer) : carry(peer));
  });
  const { state, bytesPerSecond, unverified } = await checking.check(`http://127.0.0.1:${exit.port}`);
  assert.deepEqual([state, bytesPerSecond], ["works", null]);
  assert.match(unverified.join(), /its throughput: nothing of it came in time/);
});

test("Bytes are told from others at the very one, however they come.", () => {
  const source = new SignedBytes("signature");
  const own = Buffer.concat([source.next(65_536), source.next(65_536), source.next(10)]);
  for (const at of [0, 1, 65_535, 65_536, own.length - 1]) assert.equal(new SignedBytes("signature").countSame(turned(own, at)), at);
  const inParts = new SignedBytes("signature");
  for (let at = 0; at < own.length; at += 1000) {
    const part = own.subarray(at, at + 1000);
    assert.equal(inParts.countSame(part), part.length);
  }
  assert.equal(new SignedBytes("signaturf").countSame(own) < 4, true);
});
