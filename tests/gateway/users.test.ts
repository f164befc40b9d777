import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import type { User } from "../../src/core/settings.ts";
import { openConnect, openSocks4, openSocks5, proxyGet } from "../../src/lab/raw-client.ts";
import { basic, dialClient, disposable, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { ok, type RawTarget, startRawTarget } from "./raw-target.ts";

const salt = Buffer.from("a salt of the test");
const users: readonly User[] = [
  { name: "lab", password: "Tr1ght" },
  { name: "hashed", password: `scrypt:${salt.toString("base64url")}:${scryptSync("secret:with-colon", salt, 32).toString("base64url")}` },
  { name: "lab-two", password: "S3cond" },
];

/** Each way to come in; what a client with these credentials sees: 200, a refusing status, or null for a closed door. */
const DOORS: Readonly<Record<string, (gateway: LabGateway, target: RawTarget, credentials: string | null) => Promise<number | null>>> = {
  GET: async (gateway, target, credentials) => {
    using peer = await dialClient(gateway.address);
    const answer = await exchange(peer, proxyGet(target.url("/"), credentials === null ? {} : basic(credentials)));
    assertChallenged(answer);
    return answer.status;
  },
  CONNECT: async (gateway, target, credentials) => {
    const { answer, peer } = await openConnect(gateway.address, `127.0.0.1:${target.port}`, credentials === null ? {} : basic(credentials));
    using _ = disposable(peer);
    assertChallenged(answer);
    return answer.status;
  },
  SOCKS5: async (gateway, target, credentials) => {
    const [username = "", ...password] = (credentials ?? "").split(":");
    const { reply, peer } = await openSocks5(
      gateway.address,
      target,
      credentials === null ? null : { username, password: password.join(":") },
    );
    using _ = disposable(peer);
    return reply === 0 ? 200 : reply;
  },
};

function assertChallenged(answer: { status: number | null; fields: readonly string[] }): void {
  const challenge = fieldValue(answer.fields, "proxy-authenticate");
  assert.equal(challenge, answer.status === 407 ? 'Basic realm="goodgateway", charset="UTF-8"' : null);
}

async function startWithUsers(): Promise<{ gateway: LabGateway; target: RawTarget; stack: AsyncDisposableStack }> {
  const stack = new AsyncDisposableStack();
  const target = stack.use(await startRawTarget(() => ok("x")));
  const gateway = stack.use(await startLabGateway({ listener: { users } }));
  return { gateway, target, stack };
}

for (const [protocol, enter] of Object.entries(DOORS)) {
  const refused = protocol === "SOCKS5" ? null : 407;

  test(`${protocol}: a user with the right password passes, in clear or hashed, and the record names the user`, async () => {
    const { gateway, target, stack } = await startWithUsers();
    await using _ = stack;
    assert.equal(await enter(gateway, target, "lab:Tr1ght"), 200);
    if (protocol === "GET") assert.equal((await gateway.nextRecord()).client.user, "lab");
    assert.equal(await enter(gateway, target, "hashed:secret:with-colon"), 200);
    assert.equal(await enter(gateway, target, "lab-two:S3cond"), 200);
  });

  test(`${protocol}: no credentials, a wrong password, somebody else's and an unknown name are refused, and nothing reaches the target`, async () => {
    const { gateway, target, stack } = await startWithUsers();
    await using _ = stack;
    for (const credentials of [null, "lab:Wr0ng", "lab:", "hashed:Tr1ght", "lab-two:Tr1ght", "nobody:Tr1ght", "lab-country-de:Wr0ng"]) {
      assert.equal(await enter(gateway, target, credentials), refused, `${credentials}`);
      const { verdict } = await gateway.nextRecord();
      assert.equal(verdict?.culprit, "client");
      assert.equal(verdict?.fault, credentials === null ? "client.proxy_auth_required" : "client.proxy_auth_invalid");
    }
    assert.equal(target.accepted, 0);
    assert.doesNotMatch(JSON.stringify(gateway.events) + gateway.lines.join(), /Tr1ght|Wr0ng|S3cond/);
  });

  test(`${protocol}: a client from a network that is not allowed is refused`, async () => {
    await using target = await startRawTarget(() => ok("x"));
    await using gateway = await startLabGateway({ listener: { allow: ["192.0.2.0/24"] } });
    const seen = await enter(gateway, target, null);
    assert.equal(seen, protocol === "SOCKS5" ? 2 : 403); // 2: not allowed by ruleset
    assert.equal((await gateway.nextRecord()).verdict?.fault, "client.denied");
    assert.equal(target.accepted, 0);
  });

  test(`${protocol}: a client from an allowed network passes`, async () => {
    await using target = await startRawTarget(() => ok("x"));
    await using gateway = await startLabGateway({ listener: { allow: ["192.0.2.0/24", "127.0.0.0/8"] } });
    assert.equal(await enter(gateway, target, null), 200);
  });
}

test("SOCKS4, which carries no password, is refused where users are configured, and served where none are", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using guarded = await startLabGateway({ listener: { users } });
  await using open = await startLabGateway();
  const refused = await openSocks4(guarded.address, { host: "127.0.0.1", port: target.port });
  assert.notEqual(refused.reply, 90);
  refused.peer.wire.destroy();
  assert.equal(target.accepted, 0);
  const served = await openSocks4(open.address, { host: "127.0.0.1", port: target.port });
  assert.equal(served.reply, 90);
  served.peer.wire.destroy();
});

test("SOCKS4 of a network that is not allowed is refused", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway({ listener: { allow: ["192.0.2.0/24"] } });
  const { reply, peer } = await openSocks4(gateway.address, { host: "127.0.0.1", port: target.port });
  assert.notEqual(reply, 90);
  peer.wire.destroy();
  assert.equal(target.accepted, 0);
});

test("a client that corrects its credentials goes on on the same connection", async () => {
  const { gateway, target, stack } = await startWithUsers();
  await using _ = stack;
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).status, 407);
  assert.equal((await exchange(peer, proxyGet(target.url("/"), basic("lab:Tr1ght")))).status, 200);
});

test("a Proxy-Authorization that is no Basic one is a 407", async () => {
  const { gateway, target, stack } = await startWithUsers();
  await using _ = stack;
  for (const value of ["Bearer abc", "Basic", "Basic ?", "Basic bGFiOlRyMWdodA== x"]) {
    using peer = await dialClient(gateway.address);
    assert.equal((await exchange(peer, proxyGet(target.url("/"), { "Proxy-Authorization": value }))).status, 407, value);
  }
});

test("an unknown parameter is a 407 whose body names it, but only for who knows the password", async () => {
  const { gateway, target, stack } = await startWithUsers();
  await using _ = stack;
  using peer = await dialClient(gateway.address);
  const right = await exchange(peer, proxyGet(target.url("/"), basic("lab-planet-mars:Tr1ght")));
  assert.equal(right.status, 407);
  assert.match(right.body.toString(), /"planet" is no parameter/);
  const wrong = await exchange(peer, proxyGet(target.url("/"), basic("lab-planet-mars:Wr0ng")));
  const unknown = await exchange(peer, proxyGet(target.url("/"), basic("nobody-planet-mars:Wr0ng")));
  assert.equal(wrong.status, 407);
  assert.doesNotMatch(wrong.body.toString(), /planet/, "a stranger could learn that there is a user of this name");
  assert.equal(unknown.status, 407);
});

test("where no users are configured any name is taken, for its parameters alone", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(target.url("/"), basic("whoever:anything")))).status, 200);
  assert.equal((await gateway.nextRecord()).client.user, null);
  assert.equal((await exchange(peer, proxyGet(target.url("/"), basic("whoever-planet-mars:x")))).status, 407);
});
