import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openInput } from "../../src/cli/explain-input.ts";
import { isLog, LogInputs } from "../../src/cli/explain-log.ts";
import { LOG_FORMAT_NAMES } from "../../src/explain/log/log-formats.ts";
import type { LogReport } from "../../src/explain/log/log-report.ts";
import { RunningCommand } from "./command.ts";

const FIXTURES = new URL("../explain/fixtures/", import.meta.url);
const NAMES = ["envoy-lines", "traefik-lines", "alb-lines", "cloudfront-lines", "nginx-1.22.1-error"];

async function read(bytes: Uint8Array): Promise<LogReport> {
  const folder = mkdtempSync(join(tmpdir(), "goodgateway-input-"));
  const file = join(folder, "x.log.gz");
  writeFileSync(file, bytes);
  const logs = new LogInputs("auto");
  await logs.read(await openInput(file));
  rmSync(folder, { recursive: true });
  return logs.report();
}

test("a log that is packed tells the same as when it was not, and one that was cut off what is before that", async () => {
  for (const name of NAMES) {
    const plain = readFileSync(new URL(`${name}.txt`, FIXTURES));
    const packed = gzipSync(plain);
    const whole = await read(plain);
    assert.deepEqual(
      (await read(packed)).incidents.map(({ fault, count }) => [fault, count]),
      whole.incidents.map(({ fault, count }) => [fault, count]),
    );
    const cut = await read(packed.subarray(0, packed.length - 200));
    assert.match(cut.notes.join(), /could not be read to its end/, name);
    assert.ok(cut.failures > 0 && cut.failures <= whole.failures, `${name}: ${cut.failures} of ${whole.failures}`);
  }
});

test("each of these is taken for a log without being told so", async () => {
  for (const name of NAMES) {
    const path = new URL(`${name}.txt`, FIXTURES).pathname;
    assert.ok(isLog(await openInput(path)), name);
  }
});

test("a log is told as one also where its first line is longer than any, or a hole that a rotation left", async () => {
  const log = readFileSync(new URL("nginx-1.22.1-error.txt", FIXTURES));
  const folder = mkdtempSync(join(tmpdir(), "goodgateway-input-"));
  for (const [name, first] of Object.entries({ long: Buffer.alloc(10_000_000, "y"), hole: Buffer.alloc(3_000_000) })) {
    const file = join(folder, name);
    writeFileSync(file, Buffer.concat([first, Buffer.from("\n"), log]));
    const input = await openInput(file);
    assert.equal(isLog(input), "surely", name);
    let bytes = 0;
    for await (const chunk of input.chunks) bytes += chunk.length;
    assert.equal(bytes, first.length + 1 + log.length, name);
  }
  rmSync(folder, { recursive: true });
});

test("each name that --format takes is in the command's help", async () => {
  await using command = new RunningCommand(["explain", "--help"]);
  assert.equal(await command.status(), 0);
  const [, names = ""] = /--format <name>\s+auto, response, or whose log it is:([\s\S]*?)\(default/.exec(command.stdout) ?? [];
  assert.deepEqual(names.trim().split(/,\s+/).sort(), [...LOG_FORMAT_NAMES].sort());
});

test("explain is quiet when whoever reads its output leaves before the end", { skip: process.platform === "win32" }, async () => {
  await using command = new RunningCommand(["explain", "error.log"]);
  // Gone before anything is printed, as head is once it has its lines.
  command.process.stdout?.destroy();
  writeFileSync(
    join(command.directory, "error.log"),
    '2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:8080/", host: "site.example"\n',
  );
  assert.equal(await command.status(), 1);
  assert.equal(command.stderr, "");
});

test("explain says what to do where there is nothing to read", { skip: process.platform === "win32" }, async () => {
  const isRoot = process.getuid?.() === 0;
  const cases: [args: string[], says: RegExp][] = [
    [["logs"], /^goodgateway: logs is a folder: name the files in it\n$/],
    [["-f", "logs"], /^goodgateway: logs is a folder: name the files in it\n$/],
    [["eror.log"], /^goodgateway: there is no file eror\.log\n$/],
    [["--config", "nginx.conf"], /^goodgateway: there is no file nginx\.conf\n$/],
    [["empty.log"], /^goodgateway: empty\.log is empty\n$/],
    [[], /^goodgateway: nothing was piped in\. .* curl -i URL 2>&1 \| goodgateway explain\n$/],
    ...(isRoot ? [] : [[["secret.log"], /may not read secret\.log.* sudo cat secret\.log \| goodgateway/] as [string[], RegExp]]),
  ];
  for (const [args, says] of cases) {
    const directory = mkdtempSync(join(tmpdir(), "goodgateway-input-"));
    writeFileSync(join(directory, "empty.log"), "");
    mkdirSync(join(directory, "logs"));
    writeFileSync(join(directory, "secret.log"), "x\n", { mode: 0 });
    await using command = new RunningCommand(["explain", ...args], { directory });
    command.process.stdin?.end();
    assert.equal(await command.status(), 2, args.join(" "));
    assert.match(command.stderr, says);
  }
});

test("a file that is empty, missing or of no known kind takes nothing from the others that explain is given", async () => {
  const files = {
    "empty.log": "",
    "packages.log": "2026-11-27 07:52:01 status installed nginx:amd64 1.22.1\n",
    "error.log":
      '2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:8080/", host: "site.example"\n',
  };
  const cases: [args: string[], status: number, says: RegExp, tells: RegExp][] = [
    [["empty.log", "error.log"], 1, /^goodgateway: empty\.log is empty\n$/, /1\. connect\.refused at 10\.0\.0\.2:8080/],
    [["missing.log", "error.log", "packages.log"], 2, /no file missing\.log\n.*packages\.log has no answer/, /1\. connect\.refused/],
    [["missing.log", "empty.log"], 2, /no file missing\.log\n.*empty\.log is empty/, /^$/],
  ];
  for (const [args, status, says, tells] of cases) {
    const directory = mkdtempSync(join(tmpdir(), "goodgateway-input-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    await using command = new RunningCommand(["explain", ...args], { directory });
    assert.equal(await command.status(), status, args.join(" "));
    assert.match(command.stderr, says);
    assert.match(command.stdout, tells);
  }
});

test("diagnose offers a URL where a host's name was given, and counts characters in a route that it cannot read", async () => {
  const cases: [args: string[], says: RegExp][] = [
    [["site.example/x?a=b"], /URL, as in https:\/\/site\.example\/\n$/],
    [["ftp://site.example/"], /URL\n$/],
    [["http://site.example/", "--via", "htp://proxy.example:1"], /^goodgateway: --via, character 1: the scheme is none of /],
    [["http://site.example/", "--via", "a.example:80", "--via", "b.example:x"], /^goodgateway: --via 2, character 11: the port /],
    [["http://site.example/", "--exits", "missing.txt"], /^goodgateway: there is no file missing\.txt\n$/],
  ];
  for (const [args, says] of cases) {
    await using command = new RunningCommand(["diagnose", ...args]);
    assert.equal(await command.status(), 2, args.join(" "));
    assert.match(command.stderr, says);
  }
});
