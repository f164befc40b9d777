import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Exit } from "../../src/core/route.ts";
import type { ExitSource } from "../../src/core/settings.ts";
import { Changes, directory, hosts, listFile, listServer, openSources, shown } from "./lists.ts";

test("exits of all sources come together, with the bad lines named", async () => {
  const first = listFile("a:80 country=de\nbad\n");
  const second = { ...listFile(`a:80 tier=x\nb:80:u:$\{P}\n`), tags: { network: "v" } };
  const inline: Exit = {
    id: "x",
    hops: [{ scheme: "http", host: "x", port: 1, username: null, password: null, insecure: false }],
    tags: {},
    rotating: false,
    weight: 1,
  };
  await using sources = openSources([{ kind: "inline", exits: [inline] }, first, second], { env: { P: "pass word" } });
  const loaded = await sources.load();
  const { exits } = loaded;
  const { errors } = shown(loaded);
  assert.deepEqual(hosts(exits), ["x", "a", "b"]);
  assert.deepEqual(exits.at(1).tags, { country: "de", network: "v", tier: "x" });
  assert.equal(exits.at(2).hops[0]?.password, "pass word");
  assert.deepEqual(errors, [`${first.path}:2:4: the port is missing: write host:port`]);
});

test("a changed file is read again, also when it was replaced by a rename", async () => {
  const list = listFile("a:80\n");
  const changes = new Changes();
  await using sources = openSources([list]);
  await sources.load();
  changes.follow(sources);
  writeFileSync(list.path, "a:80\nb:80\n");
  assert.deepEqual(await changes.next(), { hosts: ["a", "b"], errors: [] });
  writeFileSync(`${list.path}.new`, "c:80\n");
  renameSync(`${list.path}.new`, list.path);
  assert.deepEqual(await changes.next(), { hosts: ["c"], errors: [] });
});

test("a good list is never replaced by an empty or a missing one", async () => {
  const list = listFile("a:80\n");
  const changes = new Changes();
  await using sources = openSources([list]);
  await sources.load();
  changes.follow(sources);
  writeFileSync(list.path, "# nothing\n");
  assert.deepEqual(await changes.next(), { hosts: ["a"], errors: [`${list.path}: has no exit; the list as it was stays in force`] });
  rmSync(list.path);
  assert.deepEqual(await changes.next(), {
    hosts: ["a"],
    errors: [`${list.path}: cannot be read: ENOENT; the list as it was stays in force`],
  });
  writeFileSync(list.path, "b:80\n");
  assert.deepEqual(await changes.next(), { hosts: ["b"], errors: [] });
});

test("a list that cannot be read at first is said, and the others load", async () => {
  const missing: ExitSource = {
    kind: "file",
    path: join(directory, "none", "none.txt"),
    scheme: "http",
    format: "auto",
    tags: {},
    replaceByEmpty: false,
  };
  await using sources = openSources([missing, listFile("a:80")]);
  const loaded = await sources.load();
  const { exits } = loaded;
  const { errors } = shown(loaded);
  assert.deepEqual(hosts(exits), ["a"]);
  assert.deepEqual(errors, [`${missing.path}: cannot be read: ENOENT`]);
});

test("a list behind a URL is fetched again, by its ETag", async () => {
  const seen: (string | undefined)[] = [];
  await using server = await listServer((request, response) => {
    seen.push(request.headers["if-none-match"]);
    if (seen.length === 2) response.writeHead(304).end();
    else response.writeHead(200, { ETag: `"${seen.length}"` }).end(`e${seen.length}:1080\n`);
  });
  const changes = new Changes();
  const source: ExitSource = {
    kind: "url",
    url: server.url,
    scheme: "socks5",
    format: "auto",
    tags: {},
    replaceByEmpty: false,
    refreshMs: 20,
  };
  await using sources = openSources([source]);
  const loaded = await sources.load();
  const { exits } = loaded;
  const { errors } = shown(loaded);
  changes.follow(sources);
  assert.deepEqual([hosts(exits), errors, exits.at(0).hops[0]?.scheme], [["e1"], [], "socks5"]);
  assert.deepEqual((await changes.next()).hosts, ["e3"]);
  assert.deepEqual(seen.slice(0, 3), [undefined, '"1"', '"1"']);
});

test("a good list is never replaced by an error, a web page or an empty answer", async () => {
  const answers = ["a:80", 500, "<html>a:80</html>", "", "b:80"];
  await using server = await listServer((_request, response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer === "number") response.writeHead(answer).end("oops:80");
    else response.end(answer);
  });
  const changes = new Changes();
  await using sources = openSources([
    { kind: "url", url: server.url, scheme: "http", format: "auto", tags: {}, replaceByEmpty: false, refreshMs: 20 },
  ]);
  assert.deepEqual(hosts((await sources.load()).exits), ["a"]);
  changes.follow(sources);
  const kept = "; the list as it was stays in force";
  for (const problem of ["cannot be fetched: status 500", "is a web page, not an exit list", "has no exit"]) {
    assert.deepEqual(await changes.next(), { hosts: ["a"], errors: [`${server.url}: ${problem}${kept}`] });
  }
  assert.deepEqual(await changes.next(), { hosts: ["b"], errors: [] });
});

test("a URL's credentials are sent, and neither they nor its query are shown", async () => {
  let authorization: string | undefined;
  await using server = await listServer((request, response) => {
    authorization = request.headers.authorization;
    response.writeHead(403).end();
  });
  const url = `${server.url.replace("//", "//bob:s3cr%40t@")}?key=s3cret`;
  await using sources = openSources([
    { kind: "url", url, scheme: "http", format: "auto", tags: {}, replaceByEmpty: false, refreshMs: 60_000 },
  ]);
  const { errors } = shown(await sources.load());
  assert.equal(authorization, `Basic ${Buffer.from("bob:s3cr@t").toString("base64")}`);
  assert.deepEqual(errors, [`${server.url}: cannot be fetched: status 403`]);
});

test("a list from a URL never sees the environment", async () => {
  await using server = await listServer((_request, response) => response.end(`evil:80:u:$\{SECRET}`));
  const source: ExitSource = {
    kind: "url",
    url: server.url,
    scheme: "http",
    format: "auto",
    tags: {},
    replaceByEmpty: false,
    refreshMs: 60_000,
  };
  await using sources = openSources([source], { env: { SECRET: "x" } });
  assert.equal((await sources.load()).exits.at(0).hops[0]?.password, `$\{SECRET}`);
});

test("an address that refuses is said by its code", async () => {
  const { url } = await (async () => {
    await using server = await listServer(() => {});
    return { url: server.url };
  })();
  await using sources = openSources([
    { kind: "url", url, scheme: "http", format: "auto", tags: {}, replaceByEmpty: false, refreshMs: 60_000 },
  ]);
  assert.deepEqual(shown(await sources.load()).errors, [`${url}: cannot be fetched: ECONNREFUSED`]);
});

test("a list of another program is read as what it shows to be, or is said to be", async () => {
  const chains = listFile("random_chain\n[ProxyList]\nsocks5 10.0.0.1 1080\nbad\n");
  const lines = { ...listFile("forward=http://10.0.0.2:80\n"), format: "lines" as const };
  await using sources = openSources([chains, lines]);
  const { hosts, errors } = shown(await sources.load());
  assert.deepEqual(hosts, ["10.0.0.1"]);
  assert.ok(errors.includes(`${chains.path}:4:1: the type is none of http, socks4, socks5`), errors.join("\n"));
  assert.ok(errors.some((error) => error.startsWith(lines.path)));
});
