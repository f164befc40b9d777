import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startAdmin } from "../../src/admin/server.ts";
import { exchangeRecord, failedRecord } from "../observe/records.ts";
import { ask, emptySources, sendRaw, start } from "./admin-client.ts";

test("says that it is alive, and whether it takes traffic", async () => {
  let ready = false;
  await using admin = await start({}, { ready: () => ready });
  const alive = await ask(admin, "/healthz");
  assert.deepEqual([alive.status, alive.text], [200, "ok\n"]);
  const before = await ask(admin, "/readyz");
  assert.deepEqual([before.status, before.text], [503, "not ready\n"]);
  ready = true;
  assert.equal((await ask(admin, "/readyz")).status, 200);
});

test("serves the metrics as Prometheus text", async () => {
  await using admin = await start({}, { metrics: () => "goodgateway_tunnels_open 0\n" });
  const { status, headers, text } = await ask(admin, "/metrics");
  assert.deepEqual([status, text], [200, "goodgateway_tunnels_open 0\n"]);
  assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
});

test("lists the exits, all or those in one state, page by page", async () => {
  await using admin = await start({}, {}, ["de-7", "fr-2", "at-1"]);
  admin.pool.bench("fr-2", 60_000, "");
  const list = async (query: string) => {
    const { exits, ...rest } = JSON.parse((await ask(admin, `/api/exits${query}`)).text);
    return { ids: exits.map(({ id }: { id: string }) => id), ...rest };
  };
  assert.deepEqual(await list(""), { ids: ["de-7", "fr-2", "at-1"], total: 3, next: null });
  assert.deepEqual(await list("?state=benched"), { ids: ["fr-2"], total: 3, next: null });
  assert.deepEqual(await list("?limit=2"), { ids: ["de-7", "fr-2"], total: 3, next: "fr-2" });
  assert.deepEqual(await list("?limit=2&after=fr-2"), { ids: ["at-1"], total: 3, next: null });
  assert.deepEqual(await list("?tag=country:de"), { ids: [], total: 3, next: null });
  assert.equal((await ask(admin, "/api/exits?after=gone")).status, 410);
  for (const query of ["state=odd", "limit=0", "limit=2001", "draining=yes", "tag=de", "tag=country:", "tag=__proto__:x"]) {
    assert.equal((await ask(admin, `/api/exits?${query}`)).status, 400, query);
  }
});

test("gives one exit with its state", async () => {
  await using admin = await start({}, {}, ["de-7"]);
  const { status, text } = await ask(admin, "/api/exits/de-7");
  assert.equal(status, 200);
  const { id, state, draining, operatorBench } = JSON.parse(text);
  assert.deepEqual([id, state, draining, operatorBench], ["de-7", "untried", false, null]);
  assert.equal((await ask(admin, "/api/exits/de-8")).status, 404);
});

test("lists the latest exchanges first, limited and filtered", async () => {
  await using admin = await start();
  for (const record of [exchangeRecord({ id: "A" }), failedRecord({ id: "B" }), exchangeRecord({ id: "C" })]) admin.ring.add(record);
  const ids = async (query: string) =>
    JSON.parse((await ask(admin, `/api/exchanges${query}`)).text).exchanges.map(({ id }: { id: string }) => id);
  assert.deepEqual(await ids(""), ["C", "B", "A"]);
  assert.deepEqual(await ids("?limit=1"), ["C"]);
  assert.deepEqual(await ids("?outcome=failed"), ["B"]);
  assert.deepEqual(await ids("?fault=handshake.timeout"), ["B"]);
  assert.deepEqual(await ids("?fault=connect&exit=de-7"), ["B"]);
  assert.deepEqual(await ids("?exit=unknown"), []);
});

test("gives one exchange as its record", async () => {
  await using admin = await start();
  const record = failedRecord({ id: "01JD8Z" });
  admin.ring.add(record);
  const { status, headers, text } = await ask(admin, "/api/exchanges/01JD8Z");
  assert.deepEqual([status, headers["content-type"]], [200, "application/json; charset=utf-8"]);
  assert.deepEqual(JSON.parse(text), record);
  assert.equal((await ask(admin, "/api/exchanges/01JD90")).status, 404);
});

test("keeps control characters of a hostile target off the terminal of whoever reads a record with curl", async () => {
  await using admin = await start();
  const target = "http://shop.example/\x9b31m\x7f\u202e";
  admin.ring.add(failedRecord({ id: "A", target }));
  const { text } = await ask(admin, "/api/exchanges/A");
  assert.doesNotMatch(text, /[\x7f-\x9f\u202e]/);
  assert.equal(JSON.parse(text).target, target);
});

test("answers a parameter that it cannot follow with the reason", async () => {
  await using admin = await start();
  const details = async (query: string) => {
    const { status, text } = await ask(admin, query);
    assert.equal(status, 400);
    return JSON.parse(text).detail;
  };
  for (const limit of ["0", "1001", "-1", "1e2", "", "ten"]) {
    assert.equal(await details(`/api/exchanges?limit=${limit}`), "limit is a number from 1 to 1000");
  }
  assert.match(await details("/api/exchanges?outcome=lost"), /^outcome is one of ok, rescued, /);
  assert.match(await details("/api/exchanges?fault=connect.refusd"), /^fault is a fault id/);
  assert.match(await details("/api/exchanges?fautl=connect.refused"), /^the parameters of this page are limit, outcome, fault, exit$/);
  assert.match(await details("/metrics?name=x"), /^this page takes no parameters$/);
});

test("answers errors as problem+json", async () => {
  await using admin = await start();
  const { status, headers, text } = await ask(admin, "/nowhere");
  assert.deepEqual([status, headers["content-type"]], [404, "application/problem+json; charset=utf-8"]);
  const { detail, ...rest } = JSON.parse(text);
  assert.deepEqual(rest, { type: "about:blank", title: "Not Found", status: 404 });
  assert.match(
    detail,
    /GET \/healthz, GET \/readyz, .*GET \/api\/exchanges\/ID, GET \/api\/usage, POST \/api\/exits, .*POST \/api\/exits\/ID\/drain/,
  );
});

test("takes no path for another because of odd spelling", async () => {
  await using admin = await start();
  for (const path of ["/", "//healthz", "/healthz/", "/HEALTHZ", "/./healthz", "/%68ealthz", "/constructor", "/api/exchanges/"]) {
    assert.equal((await ask(admin, path)).status, 404, path);
  }
  assert.match(
    await sendRaw(admin, "GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    /^HTTP\/1\.1 404 /,
  );
});

test("answers HEAD like GET, without the body", async () => {
  await using admin = await start();
  const { status, headers, text } = await ask(admin, "/healthz", {}, "HEAD");
  assert.deepEqual([status, headers["content-length"], text], [200, "3", ""]);
});

test("says which methods a page takes", async () => {
  await using admin = await start();
  const allowed = {
    "/healthz": "GET, HEAD",
    "/api/exits": "GET, HEAD, POST",
    "/api/exits/a": "GET, HEAD, DELETE",
    "/api/exits/a/drain": "POST",
  };
  for (const [path, methods] of Object.entries(allowed)) {
    for (const method of ["PUT", "PATCH", "OPTIONS", "TRACE"]) {
      const { status, headers } = await ask(admin, path, {}, method);
      assert.deepEqual([status, headers.allow], [405, methods], `${method} ${path}`);
    }
  }
  assert.equal((await ask(admin, "/api/exits/a/drain")).status, 405);
});

test("lets nobody cache or sniff its answers, or embed them elsewhere", async () => {
  await using admin = await start();
  for (const path of ["/healthz", "/metrics", "/api/exits", "/nowhere"]) {
    const { headers } = await ask(admin, path);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cross-origin-resource-policy"], "same-origin");
    assert.equal(headers["access-control-allow-origin"], undefined);
  }
});

test("a bug in what it serves is a 500 and a warning with the stack, and the listener goes on", async () => {
  const broken = () => {
    throw new Error("snapshot failed");
  };
  await using admin = await start({}, { metrics: broken });
  const { status, text } = await ask(admin, "/metrics");
  assert.equal(status, 500);
  assert.ok(!text.includes("snapshot failed"));
  const [warning] = admin.events;
  assert.ok(warning?.type === "warning" && /snapshot failed[\s\S]*broken/.test(warning.message));
  assert.equal((await ask(admin, "/healthz")).status, 200);
});

test("refuses a head that is too large", async () => {
  await using admin = await start();
  const { status } = await ask(admin, "/healthz", { "X-Padding": "a".repeat(20_000) });
  assert.equal(status, 431);
});

test("does not open beyond this machine without a token", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.example.com"]) {
    const options = { host, port: 0, token: null, sources: emptySources(), report: () => {} };
    await assert.rejects(startAdmin(options), /needs admin\.token/, host);
  }
});

test("says so when its port is taken", async () => {
  await using admin = await start();
  const { port } = admin.server.address;
  const again = startAdmin({ host: "127.0.0.1", port, token: null, sources: emptySources(), report: () => {} });
  await assert.rejects(again, { code: "EADDRINUSE" });
});

test("closes with connections still open", async () => {
  const admin = await start();
  const socket = connect(admin.server.address.port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("GET /healthz HTTP/1.1\r\n");
  const closed = new Promise((resolve) => socket.on("error", () => {}).on("close", resolve));
  await admin[Symbol.asyncDispose]();
  await closed;
});
