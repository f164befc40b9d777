import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CheckResult } from "../../src/check/check-result.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { RunningCommand } from "./command.ts";

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** A list with one proxy that works and asks for a password, one that refuses, a duplicate and a bad line. */
async function listOf({ host, port }: { host: string; port: number }): Promise<string> {
  const closed = await findClosedPort();
  return [`${host}:${port}:me:s3cret`, `${closed.host}:${closed.port}`, `${host}:${port}:me:s3cret`, "192.0.2.1:99999", ""].join("\r\n");
}

function resultsIn(text: string): CheckResult[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as CheckResult);
}

test("a table says which proxies work and why the others are dead, and bad lines are told with their place", async () => {
  await using exit = await startHttpExit({ credentials: { username: "me", password: "s3cret" } });
  await using command = new RunningCommand(["check", "list.txt"], { directory: directoryWith({ "list.txt": await listOf(exit) }) });
  assert.equal(await command.status(), 0);
  assert.match(command.stdout, new RegExp(`^works +me@127\\.0\\.0\\.1:${exit.port} +http `, "m"));
  assert.match(command.stdout, /^dead +127\.0\.0\.1:\d+ +connect\.refused: refused after /m);
  assert.match(command.stdout, /^2 proxies in .*: works 1, dead 1; 1 duplicate, 1 bad line$/m);
  assert.equal(command.stderr, "list.txt:4:11: the port is no number from 1 to 65535\n");
  assert.doesNotMatch(command.stdout + command.stderr, /s3cret|\x1b/);
});

test("proxies by which the target does not come as expected are left out by --alive, and the summary says so", async () => {
  await using exit = await startHttpExit();
  await using other = await startHttpExit();
  await using site = await startSite();
  const args = ["check", "list.txt", "--alive", "--target", `http://127.0.0.1:${site.port}/`, "--expect-status", "404"];
  const directory = directoryWith({ "list.txt": `127.0.0.1:${exit.port}\n127.0.0.1:${other.port}\n` });
  await using command = new RunningCommand(args, { directory });
  assert.equal(await command.status(), 1);
  assert.match(command.stdout, /^2 proxies in .*: works 2$/m);
  assert.match(command.stdout, /^ {2}by target {5}not as expected 2$/m);
  assert.doesNotMatch(command.stdout, /^STATE/m);
});

test("JSON lines hold every result and no password, and a list of those that are alive holds theirs", async () => {
  await using exit = await startHttpExit({ credentials: { username: "me", password: "s3cret" } });
  const directory = directoryWith({ "list.txt": await listOf(exit) });
  await using json = new RunningCommand(["check", "list.txt", "--json"], { directory });
  assert.equal(await json.status(), 0);
  assert.deepEqual(
    resultsIn(json.stdout)
      .map(({ state, source, line }) => `${state} ${source}:${line}`)
      .sort(),
    ["dead list.txt:2", "works list.txt:1"],
  );
  assert.doesNotMatch(json.stdout, /s3cret/);
  await using txt = new RunningCommand(["check", "list.txt", "--txt"], { directory });
  assert.equal(await txt.status(), 0);
  assert.equal(txt.stdout, `http://me:s3cret@127.0.0.1:${exit.port}\n`);
});

test("one proxy is told in full, and where it is dead the status is 1", async () => {
  const { host, port } = await findClosedPort();
  await using command = new RunningCommand(["check", `${host}:${port}`]);
  assert.equal(await command.status(), 1);
  assert.match(command.stdout, /^127\.0\.0\.1:\d+ {2}dead\n/);
  assert.match(command.stdout, /^ {2}reason +connect\.refused: /m);
  assert.match(command.stdout, /^ {2}what to do +\S/m);
});

test("a run goes on where an earlier one ended, even in the middle of a line", async () => {
  await using exit = await startHttpExit({ credentials: { username: "me", password: "s3cret" } });
  const directory = directoryWith({ "list.txt": await listOf(exit) });
  await using first = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await first.status(), 0);
  const done = readFileSync(join(directory, "done.jsonl"), "utf8");
  assert.equal(resultsIn(done).length, 2);
  const [kept = "", cut = ""] = done.split("\n");
  writeFileSync(join(directory, "done.jsonl"), `${kept}\n${cut.slice(0, 40)}`);
  await using second = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl", "--txt"], { directory });
  assert.equal(await second.status(), 0, second.stdout + second.stderr);
  assert.match(second.stderr, /^goodgateway: done\.jsonl has 1 result: the others are checked$/m);
  assert.equal(second.stdout, `http://me:s3cret@127.0.0.1:${exit.port}\n`);
  assert.equal(readFileSync(join(directory, "done.jsonl"), "utf8").split("\n").length, 4);
  await using mistaken = new RunningCommand(["check", "list.txt", "--resume", "list.txt"], { directory });
  assert.equal(await mistaken.status(), 2);
  assert.match(mistaken.stderr, /--resume takes what --json has written/);
  await using folder = new RunningCommand(["check", "list.txt", "--resume", "."], { directory });
  assert.equal(await folder.status(), 2);
  assert.match(folder.stderr, /^goodgateway: --resume: cannot read \.: EISDIR$/m);
});

test("a long table says how many it leaves out, whatever the filter has left out before", async () => {
  await using exit = await startHttpExit();
  const closed = await findClosedPort();
  const directory = directoryWith({ "list.txt": `${exit.host}:${exit.port}\n${closed.host}:${closed.port}\n` });
  await using first = new RunningCommand(["check", "list.txt", "--json"], { directory });
  assert.equal(await first.status(), 0);
  const [works = "", dead = ""] = resultsIn(first.stdout)
    .toSorted((a) => (a.state === "works" ? -1 : 1))
    .map((result) => JSON.stringify(result));
  const named = (result: string, i: number) => result.replace(/"exit":"[^"]*"/, `"exit":"exit-${i}"`);
  const done = [...Array.from({ length: 250 }, () => works), ...Array.from({ length: 300 }, () => dead)].map(named);
  writeFileSync(join(directory, "done.jsonl"), `${done.join("\n")}\n`);
  const args = ["check", "list.txt", "--resume", "done.jsonl"];
  await using all = new RunningCommand(args, { directory });
  assert.equal(await all.status(), 0, all.stderr);
  assert.match(all.stdout, /^… and 51 more: /m);
  await using alive = new RunningCommand([...args, "--alive"], { directory });
  assert.equal(await alive.status(), 0, alive.stderr);
  assert.match(alive.stdout, /^… and 51 more: /m);
});

test("Ctrl-C prints what is known", async () => {
  await using silent = await startLabServer(() => {});
  const closed = await findClosedPort();
  const list = `${closed.host}:${closed.port}\n${silent.host}:${silent.port}\n`;
  await using command = new RunningCommand(["check", "list.txt", "--timeout", "60"], { directory: directoryWith({ "list.txt": list }) });
  await silent.whenAccepted(1);
  command.process.kill("SIGINT");
  assert.equal(await command.status(), 1);
  assert.match(command.stdout, /^\d prox\w+ so far, in /m);
});

test("Ctrl-C ends the wait for a judge too, and says that nothing was checked", async () => {
  await using silent = await startLabServer(() => {});
  await using command = new RunningCommand(["check", "127.0.0.1:1", "--judge", `http://127.0.0.1:${silent.port}/`, "--timeout", "60"]);
  await silent.whenAccepted(1);
  command.process.kill("SIGINT");
  assert.equal(await command.status(), 1);
  assert.match(command.stdout, /^stopped after \d+\.\d s, before one proxy was checked$/m);
  assert.equal(command.stderr, "");
});

test("filters choose what is printed and what counts as found", async () => {
  await using exit = await startHttpExit();
  const directory = directoryWith({ "list.txt": `${exit.host}:${exit.port}\n` });
  await using socks = new RunningCommand(["check", "list.txt", "--json", "--protocol", "socks5"], { directory });
  assert.equal(await socks.status(), 1);
  assert.equal(socks.stdout, "");
  await using csv = new RunningCommand(["check", "list.txt", "--output", "out.csv", "--honest"], { directory });
  assert.equal(await csv.status(), 0, csv.stdout + csv.stderr);
  assert.match(readFileSync(join(directory, "out.csv"), "utf8"), /^proxy,state,.*\nhttp:\/\/127\.0\.0\.1:\d+,works,http,/);
});

test("what cannot be meant is refused with the words to type instead", async () => {
  const cases: [readonly string[], RegExp][] = [
    [["missing.txt"], /there is no file missing\.txt/],
    [["empty.txt"], /there was no proxy to check\. A list has one in each line/],
    [["empty.txt", "--timeout", "11m"], /It is at most 10 minutes/],
    [["empty.txt", "--geoip", "none.mmdb"], /--geoip: cannot read none\.mmdb: there is no such file \(ENOENT\)/],
    [["."], /is a folder/],
    [["empty.txt", "--json", "--csv"], /choose one of --json and --csv/],
    [["empty.txt", "--output", "x.bin"], /which format is x\.bin to be\?/],
    [["empty.txt", "--expect-status", "200"], /need --target URL/],
    [["empty.txt", "--target", "ftp://x/"], /--target: a target is an http/],
    [["empty.txt", "--target", "site.example"], /--target: site\.example is no URL: write it as https:/],
    [["empty.txt", "--target", "http://x/", "--expect-status", "99"], /--expect-status: 99 is no list of statuses/],
    [["empty.txt", "--alve"], /unknown option '--alve'[\s\S]*--alive/],
    [["empty.txt", "--timeout", "soon"], /It is a number of seconds/],
  ];
  for (const [args, words] of cases) {
    await using command = new RunningCommand(["check", ...args], { directory: directoryWith({ "empty.txt": "# nothing\n" }) });
    assert.equal(await command.status(), 2, args.join(" "));
    assert.match(command.stderr, words);
  }
});
