import assert from "node:assert/strict";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { RunningCommand } from "./command.ts";

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

test("an older Node is told in one line what is needed", async () => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.9' } })";
  await using command = new RunningCommand(["--version"], { nodeArgs: ["--import", `data:text/javascript,${encodeURIComponent(older)}`] });
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /^goodgateway needs Node\.js 22\.19 or later, and this is v[^\n]*\n$/);
});

test("--version and --help end with 0, no command and a mistyped one with 2", async () => {
  await using version = new RunningCommand(["--version"]);
  assert.equal(await version.status(), 0);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  await using help = new RunningCommand(["--help"]);
  assert.equal(await help.status(), 0);
  for (const command of ["serve", "run", "demo", "config"]) assert.match(help.stdout, new RegExp(`^  ${command} `, "m"));
  await using none = new RunningCommand([]);
  assert.equal(await none.status(), 2);
  await using mistyped = new RunningCommand(["serv"]);
  assert.equal(await mistyped.status(), 2);
  assert.match(mistyped.stderr, /Did you mean serve\?/);
});

test("config check says what is wrong, with its place, and ends with 2", async () => {
  await using wrong = new RunningCommand(["config", "check"], { directory: directoryWith({ "goodgateway.yaml": "listn: 1\n" }) });
  assert.equal(await wrong.status(), 2);
  assert.equal(wrong.stderr, "goodgateway: goodgateway.yaml:1:1: listn: unknown key; did you mean listen?\n");
  const files = { "goodgateway.yaml": "exits: [{ file: exits.txt }]\n", "exits.txt": "a:80\nb\n" };
  await using badLine = new RunningCommand(["config", "check"], { directory: directoryWith(files) });
  assert.equal(await badLine.status(), 2);
  assert.equal(badLine.stderr, "exits.txt:2:2: the port is missing: write host:port\n");
});

test("config check is content with a good config", async () => {
  const files = { "my.yaml": "exits: [{ file: exits.txt }, 'b:80']\n", "exits.txt": "a:80\n" };
  await using command = new RunningCommand(["config", "check", "--config", "my.yaml"], { directory: directoryWith(files) });
  assert.equal(await command.status(), 0);
  assert.equal(command.stdout, "my.yaml: ok, 1 listening, 2 exits\n");
});

test("config print hides secrets and config schema prints JSON", async () => {
  const files = { "goodgateway.yaml": `users: { alice: $\{ALICE} }\n` };
  await using print = new RunningCommand(["config", "print"], { directory: directoryWith(files), env: { ALICE: "s3cret" } });
  assert.equal(await print.status(), 0);
  assert.match(print.stdout, /alice: \(hidden\)/);
  await using schema = new RunningCommand(["config", "schema", "--exchange"]);
  assert.equal(await schema.status(), 0);
  assert.ok("verdict" in JSON.parse(schema.stdout).properties);
});

test("config without a file says how to name one", async () => {
  await using command = new RunningCommand(["config", "print"]);
  assert.equal(await command.status(), 2);
  assert.equal(command.stderr, "goodgateway: there is no goodgateway.yaml here; name a file with --config FILE\n");
});

test("each command's --help ends with examples, of which each flag is one that the command has", async () => {
  let flags = 0;
  for (const name of ["serve", "run", "check", "judge", "diagnose", "explain"]) {
    await using help = new RunningCommand([name, "--help"]);
    assert.equal(await help.status(), 0);
    const [described = "", examples = ""] = help.stdout.split(/^Examples?:\n/m);
    const whole = examples.replaceAll(/ \\\n +/g, " ");
    const used = [...whole.matchAll(new RegExp(`goodgateway ${name} (.*?)(?: -- .*| {2,}.*)?$`, "gm"))];
    assert.ok(used.length > 0, `${name}: no examples`);
    for (const [flag] of used.flatMap(([, args = ""]) => [...args.matchAll(/(?<= |^)--?[a-z][a-z-]*/g)])) {
      assert.match(described, new RegExp(`^ .*${flag}[ ,\n]`, "m"), `${name} ${flag}`);
      flags += 1;
    }
  }
  assert.ok(flags >= 10, `only ${flags} flags`);
});

test("the help of no command is wider than 80 columns", async () => {
  for (const name of [null, "serve", "run", "demo", "check", "judge", "diagnose", "explain", "config"]) {
    await using help = new RunningCommand(name === null ? ["--help"] : [name, "--help"]);
    assert.equal(await help.status(), 0);
    const lines = help.stdout.split("\n");
    assert.ok(lines.length > 5, `${name}: ${help.stdout}`);
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
  }
});

test("who mistakes how a command is written is told how it goes", async () => {
  const cases: [args: string[], says: RegExp][] = [
    [["exits.txt"], /unknown command 'exits\.txt'\ngoodgateway --help lists the commands/],
    [["serve", "exits.txt"], /\nAs in: goodgateway serve --exits exits\.txt\n$/],
    [["run"], /\nAs in: goodgateway run --exits exits\.txt -- /],
    [["judge"], /\nAs in: goodgateway judge --listen 0\.0\.0\.0:8504 /],
    [["check", "192.0.2.1:80", "--country", "de"], /^goodgateway: --country needs --geoip FILE/],
    [["diagnose", "http://site.example/", "http://proxy.example:3128"], /a proxy stands behind --via/],
  ];
  for (const [args, says] of cases) {
    await using command = new RunningCommand(args);
    assert.equal(await command.status(), 2, args.join(" "));
    assert.match(command.stderr, says);
  }
});

test("the demo takes what it has written to disk away again, also where its terminal is closed", async () => {
  await using command = new RunningCommand(["demo", "--requests", "1"]);
  const [, caFile = ""] = await command.printed(/(\S+\/ca\.pem)/);
  assert.ok(existsSync(caFile));
  command.process.kill("SIGHUP");
  assert.equal(await command.status(), 0);
  assert.ok(!existsSync(dirname(caFile)));
});
