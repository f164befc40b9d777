import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Watch } from "../../src/diagnose/watch.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { RunningCommand } from "../cli/command.ts";
import { diagnosisOf } from "./diagnosing.ts";

test("of the rounds of a watch only those are told that show something else, with what was before and for how long", async () => {
  await using site = await startSite();
  const well = await diagnosisOf(site, []);
  const broken = await diagnosisOf(await findClosedPort(), []);
  const watch = new Watch();
  const at = (second: number) => Date.UTC(2026, 0, 1) + second * 1000;
  assert.deepEqual(watch.add(well, at(0))?.lines, [well.verdict.summary]);
  for (let round = 1; round < 6; round++) assert.equal(watch.add(well, at(10 * round)), null);
  const change = watch.add(broken, at(60));
  assert.equal(change?.round, 7);
  assert.equal(change?.lines[0], `${broken.verdict.summary} Before: well, 6 rounds, 60 s.`);
  assert.match(change?.lines[1] ?? "", /^direct: 200 OK -> refused/);
  assert.equal(watch.add(broken, at(70)), null);
  assert.match(watch.add(well, at(80))?.lines[0] ?? "", /Before: connect\.refused, culprit origin, hop 1, 2 rounds, 20 s\.$/);
  assert.ok(watch.hasFault);
  const [rounds, most, fewer, direct] = watch.summary();
  assert.equal(rounds, "9 rounds");
  assert.match(most ?? "", /^ 78 % {2}well \(7 rounds, /);
  assert.match(fewer ?? "", /^ 22 % {2}connect\.refused, culprit origin, hop 1 \(2 rounds, /);
  assert.equal(direct, "direct: 7 of 9 worked");
});

test("a route that turns is told even where the verdict stays", async () => {
  await using site = await startSite();
  const watch = new Watch();
  const exit = exitAt(await findClosedPort());
  watch.add(await diagnosisOf(site, [], { exits: [exit] }), 0);
  assert.equal(watch.add(await diagnosisOf(site, [], { exits: [exit] }), 1), null, "times in the words are no change");
  const change = watch.add(await diagnosisOf(await findClosedPort(), [], { exits: [exit] }), 2);
  assert.notEqual(change, null);
});

/** What it has printed on stdout, as soon as that matches. */
async function printed(command: RunningCommand, pattern: RegExp): Promise<void> {
  while (!pattern.test(command.stdout)) await once(command.process.stdout as NonNullable<typeof command.process.stdout>, "data");
}

test("the command tells changes until Ctrl-C, then how often each thing came", async () => {
  let isWell = true;
  await using site = await startLabServer(async (peer) => {
    await peer.reader.until("\r\n\r\n");
    await peer.send(formatAnswer(isWell ? 200 : 500, { Connection: "close" }, ""));
    await peer.end();
  });
  await using command = new RunningCommand(["diagnose", "--html", "page.html", "--watch", "1", `http://${site.host}:${site.port}/`]);
  await printed(command, /round 1 {2}Nothing is broken/);
  isWell = false;
  await printed(command, /round \d+ {2}.*Before: well/);
  command.process.kill("SIGINT");
  assert.equal(await command.status(), 1);
  assert.match(command.stdout, /\n\d+ rounds\n[\s\S]* % {2}well \(/);
  assert.match(command.stdout, /direct: \d+ of \d+ worked/);
  assert.match(readFileSync(join(command.directory, "page.html"), "utf8"), /relay\.origin_5xx/);
});

test("with --json each round is a line, and the summary is not among them", async () => {
  await using site = await startSite();
  await using command = new RunningCommand(["diagnose", "--json", "--watch", "1", `http://${site.host}:${site.port}/`]);
  await printed(command, /\n.*\n/);
  command.process.kill("SIGINT");
  assert.equal(await command.status(), 0);
  const rounds = command.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { round: number; changed: boolean; tests: unknown[] });
  assert.deepEqual(
    rounds.slice(0, 2).map(({ round, changed }) => [round, changed]),
    [
      [1, true],
      [2, false],
    ],
  );
  assert.ok(rounds.every(({ tests }) => tests.length > 0));
  assert.match(command.stderr, /rounds/);
});

test("what must not be sent twice is not watched, and --watch takes a URL behind it for a URL", async () => {
  await using site = await startSite();
  const url = `http://${site.host}:${site.port}/`;
  await using post = new RunningCommand(["diagnose", "--watch", "5", url, "-d", "a=1"]);
  assert.equal(await post.status(), 2);
  assert.match(post.stderr, /POST is not made for/);
  await using hasty = new RunningCommand(["diagnose", "--watch", "500ms", url]);
  assert.equal(await hasty.status(), 2);
  await using watching = new RunningCommand(["diagnose", "--watch", url]);
  await printed(watching, /round 1/);
  watching.process.kill("SIGINT");
  assert.equal(await watching.status(), 0);
});
