import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { NO_PARAMS } from "../../src/core/params.ts";
import { TARGET } from "../pool/fakes.ts";
import { ask, start } from "./admin-client.ts";

type Started = Awaited<ReturnType<typeof start>>;

const OURS = { "X-Goodgateway": "1" };
const TEXT = { ...OURS, "Content-Type": "text/plain" };
const JSON_TYPE = { ...OURS, "Content-Type": "application/json; charset=utf-8" };

/** What was done, as the log has it. */
function actions({ events }: Started): string[] {
  return events.flatMap((event) => (event.type === "operator-acted" ? `${event.by} ${event.action} ${event.exit}: ${event.summary}` : []));
}

async function change(admin: Started, method: string, path: string, headers: Record<string, string> = OURS, body = "") {
  const { status, text } = await ask(admin, path, headers, method, body);
  return { status, ...JSON.parse(text) };
}

test("without a token, a change needs a field that no other site's page can send", async () => {
  await using admin = await start({}, {}, ["a"]);
  for (const [method, path] of [
    ["POST", "/api/exits"],
    ["DELETE", "/api/exits/a"],
    ["POST", "/api/exits/a/drain"],
    ["POST", "/api/sessions/rotate"],
  ] as const) {
    const { status, text } = await ask(admin, path, { "Content-Type": "text/plain" }, method);
    assert.equal(status, 403, path);
    assert.match(text, /X-Goodgateway: 1/);
  }
  assert.equal(admin.pool.size, 1);
  assert.equal(admin.pool.find("a")?.draining, false);
  assert.deepEqual(actions(admin), []);
});

test("with a token, a change needs it, on loopback too, and nothing else does", async () => {
  await using admin = await start({ token: "s3cret" }, {}, ["a"]);
  assert.equal((await ask(admin, "/api/exits/a/drain", OURS, "POST")).status, 401);
  assert.equal((await ask(admin, "/api/exits/a/drain", { Authorization: "Bearer other" }, "POST")).status, 401);
  assert.equal((await ask(admin, "/api/exits/a/drain", { Authorization: "Bearer s3cret" }, "POST")).status, 200);
  assert.deepEqual(actions(admin), ["token drain a: drains exit a"]);
});

test("another site's page changes nothing, whatever it sends", async () => {
  await using admin = await start({}, {}, ["a"]);
  for (const headers of [{ Origin: "http://evil.example" }, { "Sec-Fetch-Site": "cross-site" }, { Host: "evil.example" }]) {
    assert.equal((await ask(admin, "/api/exits/a/drain", { ...OURS, ...headers } as Record<string, string>, "POST")).status, 403);
  }
  assert.equal((await ask(admin, "/api/exits/a/drain", { "Access-Control-Request-Headers": "x-goodgateway" }, "OPTIONS")).status, 405);
  assert.equal(admin.pool.find("a")?.draining, false);
});

test("adds the lines of a list, names the bad ones, and tells new exits from known ones", async () => {
  await using admin = await start();
  const first = await change(
    admin,
    "POST",
    "/api/exits?scheme=socks5",
    TEXT,
    "one:1080 id=one country=de\nbad\n# nothing\ntwo:1080 id=two\n",
  );
  assert.deepEqual([first.status, first.added, first.known], [200, ["one", "two"], []]);
  assert.deepEqual(
    first.errors.map(({ line, column, reason }: { line: number; column: number; reason: string }) => [line, column, reason]),
    [[2, 4, "the port is missing: write host:port"]],
  );
  assert.equal(admin.pool.find("one")?.url, "socks5://one:1080");
  const again = await change(
    admin,
    "POST",
    "/api/exits",
    JSON_TYPE,
    JSON.stringify({ lines: ["socks5://two:1080 tier=x", "three:80 id=three"] }),
  );
  assert.deepEqual([again.added, again.known, again.errors], [["three"], ["two"], []]);
  assert.deepEqual(admin.pool.find("two")?.tags, { tier: "x" });
  assert.deepEqual(actions(admin), [
    "loopback add null: added 2 exits (one, two), 1 bad line",
    "loopback add null: added 1 exit (three), renewed 1 exit (two)",
  ]);
});

test("passwords of added exits are in no answer and no event", async () => {
  await using admin = await start();
  const { text } = await ask(admin, "/api/exits", TEXT, "POST", "http://bob:s3cret@one:80 id=one\nhttp://bob:s3cret@two\n");
  const shown = text + (await ask(admin, "/api/exits")).text + JSON.stringify(admin.events);
  assert.ok(!shown.includes("s3cret"), shown);
});

test("added lines never see the environment", async () => {
  await using admin = await start();
  const { added } = await change(admin, "POST", "/api/exits", TEXT, `http://$\{HOME}:x@one:80`);
  assert.equal(admin.pool.find(added[0])?.url, "http://%24%7BHOME%7D@one:80");
});

test("an id that another exit has is refused, and leaves nothing behind", async () => {
  await using admin = await start();
  await change(admin, "POST", "/api/exits", TEXT, "one:80 id=same");
  const { status, errors } = await change(admin, "POST", "/api/exits", TEXT, "two:80 id=same");
  assert.equal(status, 400);
  assert.match(errors[0].reason, /^id same is taken by api/);
  const { added } = await change(admin, "POST", "/api/exits", TEXT, "two:80 id=other");
  assert.deepEqual(added, ["other"]);
});

test("what cannot be understood is refused with what to send, and changes nothing", async () => {
  await using admin = await start({}, {}, ["a"]);
  const refused: [string, Record<string, string>, string, number, RegExp][] = [
    ["/api/exits", { ...OURS, "Content-Type": "application/x-www-form-urlencoded" }, "one:80", 415, /text\/plain/],
    ["/api/exits", JSON_TYPE, "{", 400, /"lines"/],
    ["/api/exits", JSON_TYPE, '{"line": ["one:80"]}', 400, /"lines"/],
    ["/api/exits", JSON_TYPE, '{"lines": [1]}', 400, /"lines"/],
    ["/api/exits", TEXT, "", 400, /no exit/],
    ["/api/exits", TEXT, "bad", 400, /no line could be added/],
    ["/api/exits?scheme=ftp", TEXT, "one:80", 400, /scheme is one of/],
    ["/api/exits?shceme=http", TEXT, "one:80", 400, /parameters of this page/],
    ["/api/exits/a/bench", OURS, "", 400, /\?for=10m/],
    ["/api/exits/a/bench?for=10", OURS, "", 400, /\?for=10m/],
    ["/api/exits/a/bench?for=30000h", OURS, "", 400, /24 days/],
    ["/api/exits/a/bench", JSON_TYPE, '{"for": 10}', 400, /for, reason/],
    ["/api/exits/a/bench", TEXT, "10m", 415, /application\/json/],
    [`/api/exits/a/bench?for=1m&reason=${"x".repeat(201)}`, OURS, "", 400, /200 characters/],
    ["/api/exits/x/drain", OURS, "", 404, /no exit has this id/],
    ["/api/sessions/rotate", OURS, "", 400, /"key"/],
    ["/api/sessions/rotate?key=none", OURS, "", 404, /no session/],
  ];
  for (const [path, headers, body, status, detail] of refused) {
    const answer = await change(admin, "POST", path, headers, body);
    assert.equal(answer.status, status, path);
    assert.match(answer.detail, detail, path);
  }
  assert.deepEqual([admin.pool.size, actions(admin)], [1, []]);
});

test("a body that is too large is refused before it is read, or as soon as it shows", async () => {
  await using admin = await start();
  const { status, headers } = await ask(admin, "/api/exits", { ...TEXT, "Content-Length": String(5 * 1024 * 1024) }, "POST", "").catch(
    () => ({
      status: 413,
      headers: { connection: "close" },
    }),
  );
  assert.deepEqual([status, headers.connection], [413, "close"]);
  const long = request({
    host: "127.0.0.1",
    port: admin.server.address.port,
    path: "/api/exits",
    method: "POST",
    headers: TEXT,
    agent: false,
  });
  const answered = new Promise<number>((resolve) =>
    long.on("response", (response) => resolve(response.statusCode ?? 0)).on("error", () => resolve(0)),
  );
  const piece = Buffer.alloc(64 * 1024, "#");
  for (let sent = 0; sent < 5 * 1024 * 1024; sent += piece.length) long.write(piece);
  long.end();
  assert.ok([413, 0].includes(await answered));
  long.destroy();
  assert.equal(admin.pool.size, 0);
});

test("a client that leaves in the middle of a body is no bug", async () => {
  await using admin = await start();
  const sent = request({
    host: "127.0.0.1",
    port: admin.server.address.port,
    path: "/api/exits",
    method: "POST",
    headers: { ...TEXT, "Content-Length": "100" },
  });
  sent.on("error", () => {});
  sent.write("one:80\n");
  await new Promise((resolve) => sent.on("socket", (socket) => socket.once("connect", resolve)));
  sent.destroy();
  assert.equal((await ask(admin, "/healthz")).status, 200);
  assert.deepEqual(admin.events, []);
});

test("removes what was added here, and nothing else", async () => {
  await using admin = await start({}, {}, ["listed"]);
  assert.equal((await change(admin, "DELETE", "/api/exits/listed")).status, 409);
  assert.equal((await change(admin, "DELETE", "/api/exits/none")).status, 404);
  await change(admin, "POST", "/api/exits", TEXT, "one:80 id=one");
  const { status, removed } = await change(admin, "DELETE", "/api/exits/one");
  assert.deepEqual([status, removed, admin.pool.find("one")], [200, "one", null]);
  assert.equal(actions(admin).at(-1), "loopback remove one: removed exit one");
});

test("drains, benches and brings back, and answers with the exit as it is then", async () => {
  await using admin = await start({}, {}, ["a"]);
  const told = async (path: string, headers = OURS, body = "") => {
    const { draining, state, operatorBench } = await change(admin, "POST", `/api/exits/a/${path}`, headers, body);
    return [draining, state, operatorBench];
  };
  assert.deepEqual(await told("drain"), [true, "untried", null]);
  assert.deepEqual(await told("undrain"), [false, "untried", null]);
  assert.deepEqual(await told("bench?for=10m&reason=moves+today"), [false, "benched", "moves today"]);
  assert.deepEqual(await told("bench", JSON_TYPE, '{"for": "1h"}'), [false, "benched", ""]);
  assert.deepEqual(await told("unbench"), [false, "untried", null]);
  assert.deepEqual(actions(admin), [
    "loopback drain a: drains exit a",
    "loopback undrain a: drains exit a no longer",
    "loopback bench a: benched exit a for 10m: moves today",
    "loopback bench a: benched exit a for 1h",
    "loopback unbench a: ended the bench of exit a",
  ]);
});

test("rotates a session, of a user where one is named", async () => {
  await using admin = await start({}, {}, ["a", "b"]);
  const take = (key: string) =>
    admin.pool.take({ target: TARGET, params: { ...NO_PARAMS, session: { key, hard: true, durationMs: 60_000 } } }, new Set());
  const [anyone, alices] = [take("abc")?.exit.id, take("alice abc")?.exit.id];
  assert.equal((await change(admin, "POST", "/api/sessions/rotate?key=ABC")).rotated, 1);
  assert.notEqual(take("abc")?.exit.id, anyone);
  assert.equal(take("alice abc")?.exit.id, alices);
  const { rotated } = await change(admin, "POST", "/api/sessions/rotate", JSON_TYPE, '{"key": "abc", "user": "alice"}');
  assert.equal(rotated, 1);
  assert.notEqual(take("alice abc")?.exit.id, alices);
  assert.deepEqual(actions(admin), ["loopback rotate null: rotated session ABC", "loopback rotate null: rotated session abc of alice"]);
});
