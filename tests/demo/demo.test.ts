import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";
import { defaultConfig } from "../../src/config/defaults.ts";
import { runDemo } from "../../src/demo/demo.ts";
import { planWorkload } from "../../src/demo/workload.ts";
import { DOWN, startDemoWorld } from "../../src/demo/world.ts";

test("at least half of the demo's exits are bad, in at least ten ways", async () => {
  await using world = await startDemoWorld();
  const troubles = world.exits.flatMap(({ trouble }) => trouble ?? []);
  assert.ok(troubles.length * 2 >= world.exits.length);
  assert.ok(new Set(troubles).size >= 10);
  assert.equal(new Set(world.exits.map(({ exit }) => exit.id)).size, world.exits.length);
});

test("the demo compares plain rotation with the gateway, says who broke, and then each of its commands works until it is ended", async (t) => {
  const requests = 75;
  let text = "";
  const told = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const out = {
    write(more: string) {
      text += more;
      if (text.includes("Ctrl-C ends the demo.")) told.resolve();
    },
  };
  const noise: string[] = [];
  const err = { write: (more: string) => noise.push(more) };
  const running = runDemo({ requests, once: false, config: defaultConfig(), ended: ended.promise, out, err });
  await Promise.race([told.promise, running]);

  const [, script, gateway] = /answered +(\d+) of 75 .+ (\d+) of 75 /.exec(text) ?? [];
  const answerable = planWorkload(requests).filter(({ url }) => url.hostname !== DOWN).length;
  assert.ok(Number(gateway) >= 0.9 * answerable, text); // all of them, unless this machine is very slow
  assert.ok(Number(script) < 0.6 * answerable, text);
  assert.match(text, /connect\.refused/);
  assert.match(text, new RegExp(`^  ${DOWN} +is a site whose edge has lost its origin .+relay\\.edge_5xx`, "m"));
  assert.match(text, /\d+ requests failed at an exit and were rescued by another\./);
  const [, spared, benched] =
    /Of 30 requests for it, (\d+) were told so at once, without a try\. (\d+) of the 9 good exits/.exec(text) ?? [];
  assert.ok(Number(spared) >= 5, text);
  const [, others] = /(\d+) of 30 requests for shop\.lab were answered meanwhile\. It was served again /.exec(text) ?? [];
  const [, rest] = /^Then 4 of the 9 good exits went down .+\n {2}(\d+) of 60 requests for shop\.lab were answered\.$/m.exec(text) ?? [];
  // None, all and all, unless this machine is very slow.
  assert.ok(Number(benched) <= 1 && Number(others) >= 27 && Number(rest) >= 54, text);
  assert.deepEqual(noise, [], "a progress bar where there is no terminal");

  const commands = text.match(/^ {2}curl .+$/gm) ?? [];
  assert.equal(commands.length, 3);
  if (spawnSync("curl", ["--version"]).error) t.diagnostic("the commands were not tried: curl is not installed");
  else await assertCommandsWork(commands);
  ended.resolve();
  assert.equal(await running, 0);
});

test("with once the demo ends by itself, and on a terminal it shows its progress", async () => {
  let text = "";
  let progress = "";
  const out = { columns: 80, write: (more: string) => (text += more) };
  const err = { isTTY: true, write: (more: string) => (progress += more) };
  assert.equal(await runDemo({ requests: 4, once: true, config: defaultConfig(), ended: new Promise(() => {}), out, err }), 0);
  assert.match(progress, /plain rotation +\[-+\] 0\/4.*through the gateway +\[#+\] 4\/4/s);
  assert.doesNotMatch(text, /curl/);
  assert.deepEqual(
    text.split("\n").filter((line) => line.length > 80),
    [],
  );
});

async function assertCommandsWork(commands: readonly string[]): Promise<void> {
  const outputs = [];
  const [first = ""] = commands;
  await promisify(execFile)("sh", ["-c", first]); // the workload may have left its exit in the middle of a second try
  for (const command of commands) outputs.push((await promisify(execFile)("sh", ["-c", command])).stdout);
  const [rescued = "", tunnelled = "", failed = ""] = outputs;
  assert.match(rescued, /^HTTP\/1\.1 200 .+Proxy-Status: goodgateway;[^\r]* attempts=[2-9];.+It works/s);
  assert.match(tunnelled, /It works/);
  assert.match(failed, /^HTTP\/1\.1 502 .+Proxy-Status: goodgateway;[^\r]* fault=relay\.edge_5xx; culprit=edge;/s);
}
