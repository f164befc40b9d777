import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { ExitSource } from "../../src/core/settings.ts";
import { ApiExits } from "../../src/sources/api-exits.ts";
import { LIST_BYTES_MAX } from "../../src/sources/list-text.ts";
import { Changes, hosts, listFile, listServer, openSources, runSteps, shown } from "./lists.ts";

const KEPT = "; the list as it was stays in force";

function listUrl(url: string, more: { refreshMs?: number; replaceByEmpty?: boolean } = {}): ExitSource {
  return { kind: "url", url, scheme: "http", format: "auto", tags: {}, replaceByEmpty: false, refreshMs: 20, ...more };
}

test("with replaceByEmpty, an empty list takes its exits out, and a broken or missing one still does not", async () => {
  const answers = ["a:80", 500, "oops", "# none today\n", "b:80"];
  await using server = await listServer((_request, response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer === "number") response.writeHead(answer).end();
    else response.end(answer);
  });
  const changes = new Changes();
  await using sources = openSources([listUrl(server.url, { replaceByEmpty: true })]);
  assert.deepEqual(hosts((await sources.load()).exits), ["a"]);
  changes.follow(sources);
  assert.deepEqual(await changes.next(), { hosts: ["a"], errors: [`${server.url}: cannot be fetched: status 500${KEPT}`] });
  const broken = "has no exit (line 1: the port is missing: write host:port)";
  assert.deepEqual(await changes.next(), { hosts: ["a"], errors: [`${server.url}: ${broken}${KEPT}`] });
  assert.deepEqual(await changes.next(), { hosts: [], errors: [] });
  assert.deepEqual(await changes.next(), { hosts: ["b"], errors: [] });
});

test("a good list is never replaced by one of which most lines are bad", async () => {
  const list = listFile("a:80\nb:80\n");
  const changes = new Changes();
  await using sources = openSources([list]);
  await sources.load();
  changes.follow(sources);
  writeFileSync(list.path, "rate limit reached\ntry again at\nc:80\n");
  const { hosts: kept, errors } = await changes.next();
  assert.deepEqual(kept, ["a", "b"]);
  assert.match(errors[0] ?? "", /has 2 bad lines and only 1 exits \(line 1: .*\); the list as it was stays in force$/);
  writeFileSync(list.path, "c:80\nd:80\nbad\n");
  assert.deepEqual((await changes.next()).hosts, ["c", "d"]);
});

test("nor by one in JSON of which most items are bad", async () => {
  const list = listFile('["a:80", "b:80"]');
  const changes = new Changes();
  await using sources = openSources([list]);
  await sources.load();
  changes.follow(sources);
  writeFileSync(list.path, '[{"error": "rate limit"}, {"error": "try again"}, "c:80"]');
  const { hosts: kept, errors } = await changes.next();
  assert.deepEqual(kept, ["a", "b"]);
  assert.match(errors[0] ?? "", /has 2 bad lines and only 1 exits \(line 1: .*\); the list as it was stays in force$/);
});

test("what is wrong with a list is told once, as long as it lasts", async () => {
  let asked = 0;
  await using server = await listServer((_request, response) => {
    asked++;
    response.writeHead(503).end();
  });
  const other = listFile("a:80\nbad\n");
  const changes = new Changes();
  await using sources = openSources([listUrl(server.url), other]);
  assert.equal(shown(await sources.load()).errors.length, 2);
  changes.follow(sources);
  while (asked < 4) await new Promise(setImmediate);
  writeFileSync(other.path, "a:80\nbad\nb:80\n");
  assert.deepEqual(await changes.next(), { hosts: ["a", "b"], errors: [] });
});

test("a text that was found wanting stays so when the server says that it has not changed", async () => {
  const seen: (string | undefined)[] = [];
  await using server = await listServer((request, response) => {
    seen.push(request.headers["if-none-match"]);
    if (seen.length === 1) response.end("a:80");
    else if (seen.length === 2) response.writeHead(200, { ETag: '"empty"' }).end("");
    else if (seen.length < 5) response.writeHead(304).end();
    else response.end("b:80");
  });
  const changes = new Changes();
  await using sources = openSources([listUrl(server.url)]);
  await sources.load();
  changes.follow(sources);
  assert.deepEqual(await changes.next(), { hosts: ["a"], errors: [`${server.url}: has no exit${KEPT}`] });
  assert.deepEqual(await changes.next(), { hosts: ["b"], errors: [] });
  assert.deepEqual(seen.slice(2, 5), ['"empty"', '"empty"', '"empty"']);
});

test("an answer that says unchanged where nobody asked whether it has is no list", async () => {
  await using server = await listServer((_request, response) => response.writeHead(304).end());
  await using sources = openSources([listUrl(server.url)]);
  assert.deepEqual(shown(await sources.load()), { hosts: [], errors: [`${server.url}: cannot be fetched: status 304`] });
});

test("a list that says it is larger than the limit is not read", async () => {
  await using server = await listServer((_request, response) => {
    response.writeHead(200, { "Content-Length": String(LIST_BYTES_MAX + 1) });
    response.write("a:80\n");
  });
  await using sources = openSources([listUrl(server.url)]);
  assert.deepEqual(shown(await sources.load()).errors, [`${server.url}: is larger than ${LIST_BYTES_MAX} bytes`]);
});

test("a list that breaks off is not taken for a whole one", async () => {
  await using server = await listServer((_request, response) => {
    response.writeHead(200, { "Content-Length": "100" });
    response.write("a:80\n", () => response.destroy());
  });
  await using sources = openSources([listUrl(server.url)]);
  const { hosts: found, errors } = shown(await sources.load());
  assert.deepEqual(found, []);
  assert.match(errors[0] ?? "", /: cannot be fetched: /);
});

test("new sources begin with what was good in those before, where their list cannot be read", async () => {
  let isUp = true;
  await using server = await listServer((_request, response) => (isUp ? response.end("a:80") : response.writeHead(502).end()));
  await using before = openSources([listUrl(server.url, { refreshMs: 60_000 })]);
  await before.load();
  isUp = false;
  await using after = openSources([listUrl(server.url, { refreshMs: 60_000 })], { before });
  assert.deepEqual(shown(await after.load()), { hosts: ["a"], errors: [`${server.url}: cannot be fetched: status 502${KEPT}`] });
  await using other = openSources([listUrl(`${server.url}?other`, { refreshMs: 60_000 })], { before });
  assert.deepEqual(hosts((await other.load()).exits), []);
});

test("added exits stand beside the lists, outlive new sources, and go when they are taken back", async () => {
  const api = new ApiExits();
  const list = listFile("a:80 id=a country=de\n");
  await using sources = openSources([list], { api });
  await sources.load();
  const { added, known, change } = runSteps(sources.adding("b:80 id=b\na:80 tier=x\n", "http"));
  assert.deepEqual([added, known, change.put.map(({ id }) => id), change.gone], [["b"], ["a"], ["b", "a"], []]);
  const { exits } = await sources.current();
  assert.deepEqual(hosts(exits), ["a", "b"]);
  assert.deepEqual(exits.at(0).tags, { country: "de", tier: "x" });

  writeFileSync(list.path, "c:80 id=c\n");
  await using after = openSources([list], { api, before: sources });
  assert.deepEqual(hosts((await after.load()).exits), ["c", "b", "a"]);
  assert.equal(after.remove("c"), null, "it is the list's");
  assert.deepEqual(after.remove("b"), { put: [], gone: ["b"] });
  assert.deepEqual(hosts((await after.current()).exits), ["c", "a"]);
  assert.equal(after.remove("b"), null);
});

test("a long list is read in steps, with its lines numbered through", async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => (i === 4321 ? "bad" : `h${i}:80`));
  const list = listFile(lines.join("\n"));
  await using sources = openSources([list]);
  let turns = 0;
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const { exits, errors } = await sources.load();
  clearImmediate(counting);
  assert.equal(exits.size, 4999);
  assert.deepEqual(
    errors.map(({ line }) => line),
    [4322],
  );
  assert.ok(turns >= 3, `only ${turns} turns`);
});
