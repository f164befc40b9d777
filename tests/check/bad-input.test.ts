import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import { formatAnswer, servesHttp } from "../../src/lab/lab-http.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { RunningCommand } from "../cli/command.ts";

interface Told {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(args: readonly string[]): Promise<Told> {
  await using command = new RunningCommand(["check", ...args]);
  command.process.stdin?.end();
  const status = await command.status();
  assert.doesNotMatch(command.stderr, /\n {4}at /);
  return { status, stdout: command.stdout, stderr: command.stderr };
}

/** A list with a good proxy as its last line, behind whatever `write` puts there. */
async function checkBehind(content: string | Uint8Array): Promise<Told> {
  const directory = await mkdtemp(join(tmpdir(), "goodgateway-list-"));
  await using proxy = await startWebProxy();
  try {
    const list = join(directory, "list.txt");
    const file = createWriteStream(list);
    file.write(content);
    file.end(`\nhttp://127.0.0.1:${proxy.port}\n`);
    await finished(file);
    return await check([list, "--json"]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function assertRestIsChecked({ status, stdout }: Told): void {
  assert.equal(status, 0, stdout);
  assert.equal(JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}").state, "works");
}

test("a line of 10 MB is named with its line, and the rest is checked", async () => {
  const told = await checkBehind("x".repeat(10 * 1024 * 1024));
  assertRestIsChecked(told);
  assert.match(told.stderr, /line 1|:1:/);
  assert.ok(told.stderr.length < 10_000, "the line itself is not printed");
});

test("a binary file is named, does not steer the terminal, and is no end of the run", async () => {
  const directory = await mkdtemp(join(tmpdir(), "goodgateway-list-"));
  await using proxy = await startWebProxy();
  try {
    const binary = join(directory, "image.bin");
    await writeFile(binary, Buffer.concat([Buffer.of(0x89, 0x50, 0x4e, 0x47, 0, 0), randomBytes(300_000)]));
    const told = await check([binary, `http://127.0.0.1:${proxy.port}`, "--json"]);
    assertRestIsChecked(told);
    assert.match(told.stderr, /image\.bin/);
    assert.doesNotMatch(told.stderr, /[\x00-\x08\x0b-\x1f\x7f]/);
    assert.ok(told.stderr.length < 10_000, `${told.stderr.length} bytes`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("bytes that are no UTF-8 and endless commas are bad lines, and the rest is checked", async () => {
  const lines = [
    "# bytes",
    "\xff\xfea:1",
    "a\x01b:80",
    ",".repeat(60_000),
    "http://[::1:80",
    "host:99999",
    "socks9://192.0.2.1:1",
    "a:b:c:d:e:f",
  ];
  const told = await checkBehind(Buffer.from(lines.join("\n"), "latin1"));
  assertRestIsChecked(told);
});

test("a list of nothing, and no list, are told in words", async () => {
  const directory = await mkdtemp(join(tmpdir(), "goodgateway-list-"));
  try {
    const empty = join(directory, "empty.txt");
    await writeFile(empty, "# nothing\n\n   \n");
    const nothing = await check([empty]);
    assert.equal(nothing.status, 2);
    assert.match(nothing.stderr + nothing.stdout, /no prox|nothing/i);
    const none = await check([join(directory, "absent.txt")]);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /absent\.txt/);
    const folder = await check([directory]);
    assert.equal(folder.status, 2);
    assert.match(folder.stderr, /director|folder/i);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a judge that is down is told before anything is checked, and the list is checked without it", async () => {
  const { host, port } = await findClosedPort();
  await using proxy = await startWebProxy();
  const told = await check(["127.0.0.1:1", `http://127.0.0.1:${proxy.port}`, "--json", "--judge", `http://${host}:${port}/`]);
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stderr, /judge .*refused/);
  assert.deepEqual(statesIn(told.stdout), ["dead", "works"]);
});

function statesIn(lines: string): string[] {
  return Array.from(lines.matchAll(/"state":"(\w+)"/g), ([, state]) => state as string).toSorted();
}

test("a judge that lies is not believed", async () => {
  const echo = servesHttp(async ({ peer, target }) => {
    const isKey = target.endsWith("/key");
    const key = { judge: 1, key: "ed25519=MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE", certificate: null, addresses: [] };
    await peer.send(formatAnswer(200, { "Content-Type": "application/json" }, isKey ? JSON.stringify(key) : '{"ok":true}'));
    return "keep";
  });
  await using judge = await startLabServer(echo);
  await using proxy = await startWebProxy();
  const told = await check([`http://127.0.0.1:${proxy.port}`, "--json", "--judge", `http://127.0.0.1:${judge.port}/`]);
  assert.match(told.stderr, /is no judge/);
  assert.deepEqual(statesIn(told.stdout), ["works"], "by the judge of the check itself");
});

test("a judge that sends without end is given up", async () => {
  await using proxy = await startWebProxy();
  await using judge = await startLabServer(async (peer) => {
    await peer.reader.until("\r\n\r\n");
    await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    for (;;) await peer.send("x".repeat(65_536));
  });
  const told = await check([`http://127.0.0.1:${proxy.port}`, "--json", "--judge", `http://127.0.0.1:${judge.port}/`]);
  assert.match(told.stderr, /is no judge/);
  assert.deepEqual(statesIn(told.stdout), ["works"]);
});

test("wrong words on the command line are told with what is meant", async () => {
  for (const args of [
    ["127.0.0.1:1", "--judge", "no url"],
    ["127.0.0.1:1", "--judge", "http://user:pw@192.0.2.1/"],
    ["127.0.0.1:1", "--judge", "http://192.0.2.1/#no-key"],
    ["127.0.0.1:1", "--target", "ftp://x/"],
    ["127.0.0.1:1", "--expect-body", "x"],
    ["127.0.0.1:1", "--timeout", "soon"],
    ["127.0.0.1:1", "--scheme", "gopher"],
    ["127.0.0.1:1", "--geoip", "/no/such.mmdb"],
    ["127.0.0.1:1", "--json", "--csv"],
  ]) {
    const told = await check(args);
    assert.equal(told.status, 2, args.join(" "));
    assert.notEqual(told.stderr, "");
  }
});
