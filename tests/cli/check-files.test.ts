import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { geoDatabase } from "../check/geo-database.ts";
import { RunningCommand } from "./command.ts";

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

test("a file that ends in .txt is an exit list of those that are alive, and the table shows the dead ones too", async () => {
  await using exit = await startHttpExit();
  const closed = await findClosedPort();
  const directory = directoryWith({ "list.txt": `http://127.0.0.1:${closed.port}\nhttp://127.0.0.1:${exit.port}\n` });
  await using command = new RunningCommand(["check", "list.txt", "--output", "good.txt"], { directory });
  assert.equal(await command.status(), 0, command.stderr);
  assert.equal(readFileSync(join(directory, "good.txt"), "utf8"), `http://127.0.0.1:${exit.port}\n`);
  assert.match(command.stdout, /^dead /m);
});

test("results replace neither the list that they come of nor, where a flag is wrong, those of an earlier run", async () => {
  const directory = directoryWith({ "list.txt": "http://127.0.0.1:1\n", "good.csv": "of before\n" });
  await using over = new RunningCommand(["check", "list.txt", "--output", "./list.txt"], { directory });
  assert.equal(await over.status(), 2);
  assert.match(over.stderr, /^goodgateway: --output: \.\/list\.txt is one of the lists, .* name another file\n$/);
  assert.equal(readFileSync(join(directory, "list.txt"), "utf8"), "http://127.0.0.1:1\n");
  await using wrong = new RunningCommand(["check", "list.txt", "--output", "good.csv", "--target", "ftp://site.example/"], { directory });
  assert.equal(await wrong.status(), 2);
  assert.equal(readFileSync(join(directory, "good.csv"), "utf8"), "of before\n");
  await using right = new RunningCommand(["check", "list.txt", "--output", "good.csv"], { directory });
  assert.equal(await right.status(), 1);
  assert.match(readFileSync(join(directory, "good.csv"), "utf8"), /^proxy,state,[^\n]*\n[^\n]*,dead,[^\n]*\n$/);
});

test("results do not replace the list that comes by standard input either", async () => {
  const directory = directoryWith({ "list.txt": "http://127.0.0.1:1\n" });
  const list = openSync(join(directory, "list.txt"), "r");
  const { status, stderr } = spawnSync(process.execPath, [resolve("src/cli/main.ts"), "check", "--output", "list.txt"], {
    cwd: directory,
    stdio: [list, "ignore", "pipe"],
    encoding: "utf8",
  });
  closeSync(list);
  assert.deepEqual([status, readFileSync(join(directory, "list.txt"), "utf8")], [2, "http://127.0.0.1:1\n"]);
  assert.match(stderr, /--output: list\.txt is one of the lists/);
});

test("a proxy that is longer than a file's name may be is a proxy, and no message has its password", async () => {
  const password = "s3cret".repeat(60);
  await using exit = await startHttpExit({ credentials: { username: "me", password } });
  await using command = new RunningCommand(["check", `127.0.0.1:${exit.port}:me:${password}`, "--json"]);
  assert.equal(await command.status(), 0, command.stderr);
  assert.doesNotMatch(command.stdout + command.stderr, /s3cret/);
});

test("results of proxies that are in no list here are told, and a pipe to go on with is refused", async () => {
  const closed = await findClosedPort();
  const directory = directoryWith({ "one.txt": `http://127.0.0.1:${closed.port}\n`, "other.txt": "http://127.0.0.1:1\n" });
  await using first = new RunningCommand(["check", "one.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await first.status(), 1);
  assert.equal(first.stderr, "");
  await using other = new RunningCommand(["check", "other.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await other.status(), 1);
  assert.match(other.stderr, /^goodgateway: done\.jsonl has 1 result: the others are checked$/m);
  assert.match(other.stderr, /^goodgateway: counted too, though in no list here: 1 result of done\.jsonl$/m);
  if (process.platform === "win32") return;
  execFileSync("mkfifo", [join(directory, "pipe")]);
  await using pipe = new RunningCommand(["check", "one.txt", "--resume", "pipe"], { directory });
  assert.equal(await pipe.status(), 2);
  assert.match(pipe.stderr, /^goodgateway: pipe is a pipe, which keeps no results$/m);
});

test("a list that is mostly something else is told how addresses in it are found, and no name of a file steers the terminal", async () => {
  const directory = directoryWith({
    "page\x1b[31m": "Proxies of today\n192.0.2.1 8080 DE\n192.0.2.2 8080 AT\n",
    ranges: "192.0.2.0/24:8080\n198.51.100.0/24:8080\n203.0.113.0/24:8080\n",
  });
  await using page = new RunningCommand(["check", "page\x1b[31m"], { directory });
  assert.equal(await page.status(), 2);
  assert.match(page.stderr, /^goodgateway: most lines are no proxies: --extract finds /m);
  assert.doesNotMatch(page.stderr, /\x1b/);
  await using ranges = new RunningCommand(["check", "ranges"], { directory });
  assert.equal(await ranges.status(), 2);
  assert.doesNotMatch(ranges.stderr, /--extract/);
});

test("authorities are taken from a file that has some", async () => {
  await using command = new RunningCommand(["check", "127.0.0.1:1", "--ca", "list.txt"], {
    directory: directoryWith({ "list.txt": "x\n" }),
  });
  assert.equal(await command.status(), 2);
  assert.equal(command.stderr, "goodgateway: --ca: there is no certificate in list.txt: a PEM file is wanted\n");
});

test("a list that cannot be fetched is told with the reason in words, without the secrets of its URL", async () => {
  const closed = await findClosedPort();
  await using command = new RunningCommand(["check", `http://me:s3cret@127.0.0.1:${closed.port}/list?key=s3cret`]);
  assert.equal(await command.status(), 2);
  assert.match(
    command.stderr,
    /^http:\/\/127\.0\.0\.1:\d+\/list: cannot be fetched: nobody listens at that address and port \(ECONNREFUSED\)$/m,
  );
  assert.doesNotMatch(command.stderr, /s3cret/);
});

test("an exit list of proxies that an earlier run has checked is sorted as well", async () => {
  await using exit = await startHttpExit();
  await using slow = await startHttpExit({ delayMs: 40 });
  const list = [`http://127.0.0.1:${slow.port}`, `http://127.0.0.1:${exit.port}`, ""].join("\n");
  const directory = directoryWith({ "list.txt": list });
  const args = ["check", "list.txt", "--resume", "done.jsonl", "--txt", "--sort", "latency"];
  await using first = new RunningCommand(args, { directory });
  assert.equal(await first.status(), 0, first.stderr);
  await using second = new RunningCommand(args, { directory });
  assert.equal(await second.status(), 0, second.stderr);
  assert.equal(second.stdout, [`http://127.0.0.1:${exit.port}`, `http://127.0.0.1:${slow.port}`, ""].join("\n"));
  assert.equal(second.stdout, first.stdout);
});

test("sessions of a vendor that are told apart by their passwords are each checked, and go on where they were", async () => {
  await using exit = await startHttpExit({ credentials: { username: "me", password: "s3cret-2" } });
  const list = Array.from({ length: 3 }, (_, i) => `127.0.0.1:${exit.port}:me:s3cret-${i + 1}\n`).join("");
  const directory = directoryWith({ "list.txt": list });
  await using first = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await first.status(), 0, first.stderr);
  assert.match(first.stdout, /^3 proxies in .*: works 1, dead 2$/m);
  const results = readFileSync(join(directory, "done.jsonl"), "utf8").split("\n");
  assert.doesNotMatch(results.join("\n"), /s3cret/);
  // As if it had been killed while it wrote the second.
  const [one = "", two = ""] = results;
  writeFileSync(join(directory, "done.jsonl"), `${one}\n${two.slice(0, 9)}`);
  await using second = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl", "--txt"], { directory });
  assert.equal(await second.status(), 0, second.stderr);
  assert.equal(second.stdout, `http://me:s3cret-2@127.0.0.1:${exit.port}\n`);
  assert.equal(readFileSync(join(directory, "done.jsonl"), "utf8").split("\n").length, 5);
  await using third = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await third.status(), 0, third.stderr);
  assert.match(third.stdout, /^3 proxies, all of an earlier run, in .*: works 1, dead 2$/m);
});

test("a proxy that an earlier run found alive without asking for a target is checked again for one", async () => {
  await using exit = await startHttpExit();
  await using site = await startSite();
  const directory = directoryWith({ "list.txt": `http://127.0.0.1:${exit.port}\n` });
  const args = ["check", "list.txt", "--resume", "done.jsonl"];
  await using first = new RunningCommand(args, { directory });
  assert.equal(await first.status(), 0, first.stderr);
  const asking = [...args, "--json", "--target", `http://127.0.0.1:${site.port}/`];
  await using second = new RunningCommand(asking, { directory });
  assert.equal(await second.status(), 0, second.stderr);
  assert.match(second.stdout, /"target":\{"ok":true/);
  await using third = new RunningCommand(asking, { directory });
  assert.equal(await third.status(), 0, third.stderr);
  assert.match(third.stderr, /^goodgateway: done\.jsonl has 1 result: the others are checked$/m);
  assert.equal(third.stdout, second.stdout);
});

test("where the exits of an earlier run are is looked up in a database that is given later", async () => {
  await using exit = await startHttpExit();
  const directory = directoryWith({ "list.txt": `http://127.0.0.1:${exit.port}\n` });
  writeFileSync(join(directory, "countries.mmdb"), geoDatabase({ country: { iso_code: "DE" } }));
  const args = ["check", "list.txt", "--resume", "done.jsonl"];
  await using first = new RunningCommand(args, { directory });
  assert.equal(await first.status(), 0, first.stderr);
  const asking = [...args, "--geoip", "countries.mmdb", "--json", "--country"];
  await using here = new RunningCommand([...asking, "de"], { directory });
  assert.equal(await here.status(), 0, here.stderr);
  assert.match(here.stdout, /"country":"DE"/);
  await using elsewhere = new RunningCommand([...asking, "fr"], { directory });
  assert.equal(await elsewhere.status(), 1, elsewhere.stdout);
});

test("a file that a run left with a torn first line is gone on with", async () => {
  const closed = await findClosedPort();
  const directory = directoryWith({ "list.txt": `127.0.0.1:${closed.port}\n`, "done.jsonl": '{"at":"2026-0' });
  await using first = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await first.status(), 1, first.stderr);
  await using second = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(await second.status(), 1, second.stderr);
  assert.equal(readFileSync(join(directory, "done.jsonl"), "utf8").split("\n").length, 3);
});

test("what only looks like a result is passed over, whatever is missing in it, or of another kind than it was", async () => {
  const closed = await findClosedPort();
  const directory = directoryWith({ "list.txt": `127.0.0.1:${closed.port}\n` });
  const args = ["check", "list.txt", "--resume", "done.jsonl", "--honest"];
  await using first = new RunningCommand(args, { directory });
  assert.equal(await first.status(), 1);
  const [whole = ""] = readFileSync(join(directory, "done.jsonl"), "utf8").split("\n");
  let exits = 0; // one that is known already would not be looked at
  const other = (changes: object) => JSON.stringify({ ...JSON.parse(whole), exit: `other-${exits++}`, ...changes });
  const others = Object.keys(JSON.parse(whole)).flatMap((key) => [
    other({ [key]: undefined }),
    other({ [key]: 5, state: "works" }),
    other({ [key]: {}, state: "works" }),
    other({ [key]: [null] }),
  ]);
  const strange = [
    other({ state: "constructor" }),
    other({ fault: { ...JSON.parse(whole).fault, id: "of.later" } }),
    other({ fault: { ...JSON.parse(whole).fault, id: "constructor" } }),
  ];
  writeFileSync(join(directory, "done.jsonl"), `${[whole, ...others, ...strange].join("\n")}\n`);
  await using second = new RunningCommand([...args, "--csv"], { directory });
  assert.equal(await second.status(), 1, second.stderr);
  assert.match(second.stderr, /^goodgateway: done\.jsonl has \d+ results: the others are checked$/m);
  assert.doesNotMatch(second.stderr, /Error/);
  await using third = new RunningCommand(["check", "list.txt", "--resume", "done.jsonl"], { directory });
  assert.equal(typeof (await third.status()), "number");
  assert.doesNotMatch(third.stderr, /Error/);
  assert.match(third.stdout, /Why they are dead:/);
});

test("a short list without any proxy is told how addresses in it are found", async () => {
  await using command = new RunningCommand(["check", "list.txt"], { directory: directoryWith({ "list.txt": "192.0.2.1 8080\n" }) });
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /--extract finds .*\n.*there was no proxy to check\n$/);
});
