import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../../src/app.ts";
import { judgeAnonymity } from "../../src/check/anonymity.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { JUDGE_KINDS } from "../../src/check/judge/payload.ts";
import { readJudgeAnswer } from "../../src/check/judge/read-answer.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import { startHaproxy } from "../real/peers/haproxy.ts";
import { startNginx } from "../real/peers/nginx.ts";
import { needs } from "../real/peers/programs.ts";
import { startSquid } from "../real/peers/squid.ts";
import { startTinyproxy } from "../real/peers/tinyproxy.ts";
import { question, send } from "./judge-world.ts";

/** What a judge makes of a proxy on this machine, asked for everything that can be asked, twice. */
async function judge(startProxy: (judgePort: number) => Promise<{ readonly port: number } & AsyncDisposable>) {
  const { judge: server, address } = await startLocalJudge();
  await using _ = server;
  await using proxy = await startProxy(Number(address.url.port));
  const lies = new Set<string>();
  const levels = new Set<string>();
  const evidence = new Set<string>();
  for (const round of [1, 2]) {
    for (const kind of JUDGE_KINDS) {
      for (const method of ["GET", "POST"] as const) {
        const sent = question(address, { kind, method });
        const judged = readJudgeAnswer(sent, await send(sent, proxy.port), address);
        for (const { fault, details } of judged.lies) lies.add(`${fault}: ${details}`);
        assert.equal(judged.kind, "genuine", `${kind} ${method}, round ${round}: ${[...lies]}`);
        assert.ok(judged.payload !== null);
        const anonymity = judgeAnonymity(sent, judged.payload, { ownAddresses: address.ownAddresses, isSameMachine: true });
        levels.add(anonymity.level);
        for (const sentence of anonymity.evidence) evidence.add(sentence);
      }
    }
  }
  return { lies: [...lies], levels: [...levels], evidence: [...evidence].join("\n") };
}

const CACHING = ["cache allow all", "cache_mem 16 MB", "maximum_object_size_in_memory 1 MB"];

test("Squid as it comes, with a cache, is honest and transparent: it names its client.", needs("squid"), async () => {
  const { lies, levels, evidence } = await judge(() => startSquid({ lines: CACHING }));
  assert.deepEqual([lies, levels], [[], ["transparent"]]);
  assert.match(evidence, /X-Forwarded-For: '127\.0\.0\.1' has our address/);
  assert.match(evidence, /Via: .*squid/);
});

test("Squid that hides its client is anonymous, and elite where it hides itself too.", needs("squid"), async () => {
  const hiding = await judge(() => startSquid({ lines: ["forwarded_for off"] }));
  assert.deepEqual([hiding.lies, hiding.levels], [[], ["anonymous"]]);
  const silent = await judge(() => startSquid({ lines: ["forwarded_for delete", "via off", ...CACHING] }));
  assert.deepEqual([silent.lies, silent.levels], [[], ["elite"]], silent.evidence);
});

test("tinyproxy is honest, with and without its Via, and with a client's address in a field of its own.", needs("tinyproxy"), async () => {
  const usual = await judge(() => startTinyproxy());
  assert.deepEqual([usual.lies, usual.levels], [[], ["anonymous"]], usual.evidence);
  const silent = await judge(() => startTinyproxy({ lines: ["DisableViaHeader Yes"] }));
  assert.deepEqual([silent.lies, silent.levels], [[], ["elite"]], silent.evidence);
  const telling = await judge(() => startTinyproxy({ lines: ["XTinyproxy Yes"] }));
  assert.deepEqual([telling.lies, telling.levels], [[], ["transparent"]], telling.evidence);
});

test("HAProxy is honest, and heeds no-transform even where it compresses.", needs("haproxy"), async () => {
  const sections = (judgePort: number, lines: string) => (place: { readonly port: number }) =>
    `
frontend proxy
  bind 127.0.0.1:${place.port}
  ${lines}
  default_backend judge
backend judge
  server judge 127.0.0.1:${judgePort}
`;
  const plain = await judge((port) => startHaproxy(sections(port, "")));
  // It adds nothing, but passes a proxy's request on as one.
  assert.deepEqual([plain.lies, plain.levels], [[], ["anonymous"]], plain.evidence);
  const lines = "filter compression\n  compression algo gzip\n  compression type text/html application/javascript\n  option forwardfor";
  const packing = await judge((port) => startHaproxy(sections(port, lines)));
  assert.deepEqual([packing.lies, packing.levels], [[], ["transparent"]], packing.evidence);
});

test("nginx is honest; where it compresses against no-transform, that is told.", needs("nginx"), async () => {
  const http = (judgePort: number, lines: string) => (place: { readonly port: number }) =>
    `
  server {
    listen 127.0.0.1:${place.port};
    ${lines}
    location / { proxy_pass http://127.0.0.1:${judgePort}; proxy_set_header Host $http_host; }
  }
`;
  const plain = await judge((port) => startNginx(http(port, "")));
  assert.deepEqual([plain.lies, plain.levels], [[], ["elite"]], plain.evidence);
  const packing = await judge((port) => startNginx(http(port, "gzip on; gzip_proxied any; gzip_min_length 1;")));
  assert.match(
    packing.lies.join("\n"),
    /honesty\.content_changed: the body was compressed, although no-transform forbids it; its content is unchanged/,
  );
});

test("This gateway is honest, and elite.", async () => {
  const base = defaultConfig();
  const listener = base.listeners[0];
  assert.ok(listener !== undefined);
  const { lies, levels, evidence } = await judge(async () => {
    const config = { ...base, admin: null, listeners: [{ ...listener, port: 0 }], exchange: { ...base.exchange, direct: "only" as const } };
    const gateway = await startGateway(config, { log: () => {} });
    return { port: gateway.addresses[0]?.port ?? 0, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
  });
  assert.deepEqual([lies, levels], [[], ["elite"]], evidence);
});
