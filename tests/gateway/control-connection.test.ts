import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet } from "../../src/lab/raw-client.ts";
import { dialClient, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const bare502 = says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", fin);

/** Exits that all say 502 of everything, and one more that is for control only. */
async function startBlocked(control: "direct" | { readonly tag: string }, more: readonly string[] = []) {
  const stack = new AsyncDisposableStack();
  const blocked: LabServer[] = [];
  for (let i = 0; i < 4; i++) blocked.push(stack.use(await startLabServer(afterHead(bare502))));
  const apart = stack.use(await startHttpExit());
  const lines = blocked.map(({ host, port }, i) => `http://${host}:${port} id=e${i} provider=p${i} tag=pool`);
  const opened = Promise.withResolvers<string>();
  const gateway = stack.use(
    await startLabGateway({
      exits: [...lines, `http://${apart.host}:${apart.port} id=apart provider=apart tag=apart`, ...more],
      exchange: { circuit: { ...DEFAULTS.circuit, control } },
      options: {
        report: (event: GatewayEvent) => {
          if (event.type === "circuit-changed") opened.resolve(event.to);
        },
      },
    }),
  );
  return { gateway, apart, opened: opened.promise, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

/** Over the exits of the pool only. */
async function ask({ address }: LabGateway, url: string): Promise<number | null> {
  using peer = await dialClient(address);
  const fields = { "Proxy-Authorization": `Basic ${Buffer.from("any-tag-pool:x").toString("base64")}` };
  return (await exchange(peer, proxyGet(url, fields))).status;
}

for (const control of ["direct", { tag: "apart" }] as const) {
  const way = control === "direct" ? "a direct connection" : "an exit with the tag";

  test(`a target that fails through all exits is asked for by ${way}, and stays open to requests where it answers`, async () => {
    await using target = await startRawTarget(() => ok("there"));
    await using lab = await startBlocked(control);
    while (target.accepted === 0) assert.equal(await ask(lab.gateway, target.url("/page?q=1")), 502);
    const [reached] = target.requests.length > 0 ? target.requests : [await untilRequest(target)];
    assert.match(reached?.head ?? "", /^HEAD \/page\?q=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    for (let i = 0; i < 4; i++) assert.equal(await ask(lab.gateway, target.url("/page")), 502);
    assert.equal(target.accepted, 1, "its word holds for a while");
    assert.equal(lab.apart.accepted, control === "direct" ? 0 : 1);
  });

  test(`a target that ${way} does not reach either counts as down`, async () => {
    const { host, port } = await findClosedPort();
    await using lab = await startBlocked(control);
    for (let i = 0; i < 3; i++) await ask(lab.gateway, `http://${host}:${port}/page`);
    assert.equal(await lab.opened, "open");
    await ask(lab.gateway, `http://${host}:${port}/page`);
    const [record] = lab.gateway.gateway.exchanges.recent(1, { outcome: null, fault: null, exit: null });
    assert.equal(record?.attempts.length, 0);
    assert.match(record?.verdict?.evidence.join("\n") ?? "", /a (?:direct connection|connection through the exit apart) failed too: /);
  });
}

test("an exit whose user name is a template is filled for a control connection too", async () => {
  await using target = await startRawTarget(() => ok("there"));
  const users: string[] = [];
  await using vendor = await startRawTarget(({ head }) => {
    const [, encoded = ""] = /Proxy-Authorization: Basic (\S+)/i.exec(head) ?? [];
    users.push(Buffer.from(encoded, "base64").toString());
    return "HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  });
  await using lab = await startBlocked({ tag: "vendor" }, [
    `http://bob[-cc-{country}][-sessid-{session}]:x@${vendor.host}:${vendor.port} id=v provider=v tag=vendor country=at,de`,
  ]);
  for (let i = 0; i < 20 && users.length === 0; i++) assert.equal(await ask(lab.gateway, target.url("/page")), 502);
  assert.deepEqual(users, ["bob-cc-at:x"]);
});

async function untilRequest(target: { readonly requests: readonly { readonly head: string }[] }) {
  while (target.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return target.requests[0];
}
