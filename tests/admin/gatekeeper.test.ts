import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { ask, sendRaw, start } from "./admin-client.ts";

test("answers under its own addresses and names, whatever port the client knows it by", async () => {
  await using admin = await start();
  const { port } = admin.server.address;
  for (const host of [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    "localhost",
    "LOCALHOST:9000",
    "127.0.0.1:9000",
    "localhost.",
    hostname(),
  ]) {
    assert.equal((await ask(admin, "/healthz", { Host: host })).status, 200, host);
  }
});

test("refuses every other Host, so that no page can reach it through a name of its own", async () => {
  await using admin = await start();
  const others = ["evil.example", "localhost.evil.example", "evil.example:8503", "127.0.0.1.evil.example", "192.0.2.1", "[::2]:8503"];
  for (const host of [...others, "user@localhost", "localhost:port", "localhost evil", "[localhost]", "a:b:c", "."]) {
    const { status, headers } = await ask(admin, "/api/exits", { Host: host });
    assert.equal(status, 403, host);
    assert.equal(headers["content-type"], "application/problem+json; charset=utf-8");
  }
});

test("refuses a request without a Host or with two", async () => {
  await using admin = await start();
  for (const fields of ["", "Host: localhost\r\nHost: evil.example\r\n", "Host: evil.example\r\nHost: localhost\r\n", "Host:\r\n"]) {
    const reply = await sendRaw(admin, `GET /healthz HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
    assert.match(reply, /^HTTP\/1\.1 40[03] /, fields);
  }
  assert.match(await sendRaw(admin, "GET /healthz HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 400 /);
});

test("refuses what another site's page sends", async () => {
  await using admin = await start();
  const host = `127.0.0.1:${admin.server.address.port}`;
  const refused = [
    { Origin: "http://evil.example" },
    { Origin: "null" },
    { Origin: `https://${host}` },
    { Origin: "http://127.0.0.1:1" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "cross-site", Origin: `http://${host}` },
  ];
  for (const headers of refused) {
    assert.equal((await ask(admin, "/api/exits", { ...headers } as Record<string, string>)).status, 403, JSON.stringify(headers));
  }
});

test("lets its own pages and plain navigation in", async () => {
  await using admin = await start();
  const host = `127.0.0.1:${admin.server.address.port}`;
  for (const headers of [{ Origin: `http://${host}` }, { "Sec-Fetch-Site": "same-origin" }, { "Sec-Fetch-Site": "none" }]) {
    assert.equal((await ask(admin, "/api/exits", { ...headers } as Record<string, string>)).status, 200, JSON.stringify(headers));
  }
});

test("wants its token on every page, wherever it listens", async () => {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    await using admin = await start({ host, token: "s3cret-token" });
    for (const path of ["/healthz", "/readyz", "/metrics", "/api/exits", "/api/exchanges", "/api/exchanges/A", "/nowhere"]) {
      const { status, headers, text } = await ask(admin, path);
      assert.deepEqual([status, headers["www-authenticate"]], [401, 'Bearer realm="goodgateway"'], path);
      assert.ok(!text.includes("s3cret-token"));
    }
  }
});

test("takes the right token, its scheme in any case, and no other", async () => {
  await using admin = await start({ host: "0.0.0.0", token: "s3cret-token" });
  const statusFor = async (authorization: string) => (await ask(admin, "/healthz", { Authorization: authorization })).status;
  assert.equal(await statusFor("Bearer s3cret-token"), 200);
  assert.equal(await statusFor("bearer s3cret-token"), 200);
  for (const wrong of [
    "Bearer s3cret-toke",
    "Bearer s3cret-token2",
    "Bearer S3CRET-TOKEN",
    "Bearer",
    "Basic s3cret-token",
    "s3cret-token",
  ]) {
    assert.equal(await statusFor(wrong), 401, wrong);
  }
});

test("off loopback it answers under any address, since a client may know it by a translated one, but under no foreign name", async () => {
  await using admin = await start({ host: "0.0.0.0", token: "t" });
  const statusFor = async (host: string) => (await ask(admin, "/healthz", { Host: host, Authorization: "Bearer t" })).status;
  assert.equal(await statusFor("192.0.2.1:9000"), 200);
  assert.equal(await statusFor("[2001:db8::1]:9000"), 200);
  assert.equal(await statusFor("localhost"), 200);
  assert.equal(await statusFor("evil.example"), 403);
});
