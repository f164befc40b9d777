import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
