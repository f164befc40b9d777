import assert from "node:assert/strict";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RunningCommand } from "./command.ts";

const REFUSED =
  '2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:8080/", host: "site.example"\n';
const NO_ROUTE =
  '[2026-11-27T14:02:09.518Z] "GET /page HTTP/1.1" 404 NR route_not_found - "-" 0 0 0 - "192.0.2.12" "curl" "a326cb9d" "unknown.example" "-" - - 192.0.2.17:80 192.0.2.18:41290 - -\n';

test("explain -f tells of incidents as they begin, through a rotation, and concludes at Ctrl-C", {
  skip: process.platform === "win32",
}, async () => {
  await using command = new RunningCommand(["explain", "-f", "error.log", "later.log"]);
  const log = join(command.directory, "error.log");
  writeFileSync(log, REFUSED);
  await command.said(/later\.log is not there yet/);
  await command.said(/1 line so far, 1 incident/);
  await command.printed(/14:02:07 so far: connect\.refused at 10\.0\.0\.2:8080/);
  appendFileSync(log, REFUSED);
  await command.printed(/14:02:07 goes on: connect\.refused at 10\.0\.0\.2:8080: 2 lines, 1 of them new/);
  appendFileSync(log, REFUSED.replaceAll("10.0.0.2", "10.0.0.3"));
  await command.printed(/14:02:07 new: connect\.refused at 10\.0\.0\.3:8080, culprit origin, 1 line: connect\(\) failed/);
  renameSync(log, `${log}.1`);
  writeFileSync(log, REFUSED.replaceAll("10.0.0.2", "10.0.0.4"));
  await command.printed(/new: connect\.refused at 10\.0\.0\.4:8080/);
  writeFileSync(join(command.directory, "later.log"), NO_ROUTE);
  await command.printed(/new: gateway\.no_route/);
  // It had no end when it was told to stop.
  appendFileSync(log, REFUSED.replaceAll("10.0.0.2", "10.0.0.5").trimEnd());
  command.process.kill("SIGINT");
  assert.equal(await command.status(), 1);
  assert.match(command.stdout, /6 lines tell of failures, in 5 incidents/);
  assert.doesNotMatch(command.stdout, /new: connect\.refused at 10\.0\.0\.2:8080/);
});

test("explain -f --json prints a line for each, and the conclusion as the last, of what is piped into it", async () => {
  await using command = new RunningCommand(["explain", "-f", "--json"]);
  command.process.stdin?.write(REFUSED.repeat(3));
  await command.printed(/"opened"/);
  command.process.stdin?.end(REFUSED.repeat(30));
  assert.equal(await command.status(), 1);
  const lines = command.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string; count?: number; failures?: number });
  assert.deepEqual(
    lines.map(({ kind, count, failures }) => [kind, count ?? failures]),
    [
      ["opened", 3],
      ["grew", 33],
      ["log", 33],
    ],
  );
});

test("explain -f ends when nobody reads what it prints any more", async () => {
  await using command = new RunningCommand(["explain", "-f", "error.log"]);
  const log = join(command.directory, "error.log");
  writeFileSync(log, REFUSED);
  await command.said(/1 line so far/);
  command.process.stdout?.destroy();
  appendFileSync(log, REFUSED.replaceAll("10.0.0.2", "10.0.0.3"));
  assert.equal(await command.status(), 1);
  assert.doesNotMatch(command.stderr, /EPIPE/);
});

test("explain -f of a packed file, or of a folder, is refused with what to do", async () => {
  await using command = new RunningCommand(["explain", "-f", "x.gz"]);
  writeFileSync(join(command.directory, "x.gz"), Buffer.from([0x1f, 0x8b, 8, 0]));
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /x\.gz is packed/);
  await using folder = new RunningCommand(["explain", "-f", "."]);
  assert.equal(await folder.status(), 2);
  assert.match(folder.stderr, /\. is a folder: name the files in it/);
});
