import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isExchangeRecord } from "../../src/config/exchange-schema.ts";
import { RunningCommand } from "./command.ts";

async function startSite(body: string) {
  const server = createServer((_request, response) => response.end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fetchThrough(port: number, url: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path: url, headers: { Host: new URL(url).host }, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    request.on("error", reject);
  });
}

test("serve without exits ends with 2 and the line to type", async () => {
  await using command = new RunningCommand(["serve"]);
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /^ {2}goodgateway serve --exits exits\.txt$/m);
  assert.match(command.stderr, /^ {2}goodgateway serve --direct$/m);
});

test("a listener that others can reach is refused with what to add", async () => {
  await using command = new RunningCommand(["serve", "--direct", "--listen", "0.0.0.0:0"]);
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /users: \{ alice: \$\{ALICE_PASSWORD\} \}/);
  assert.match(command.stderr, /allow: \[/);
});

test("lists without a usable exit end with 2 and say what is wrong with each line", async () => {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  writeFileSync(join(directory, "exits.txt"), "a\n");
  await using command = new RunningCommand(["serve", "--exits", "exits.txt", "--listen", "127.0.0.1:0", "--admin", "off"], { directory });
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /exits\.txt:1:2: the port is missing/);
  assert.match(command.stderr, /no list has a usable exit/);
});

test("a port that another program has is said", async () => {
  await using site = await startSite("");
  const taken = new URL(site.url).host;
  await using command = new RunningCommand(["serve", "--direct", "--admin", "off", "--listen", taken]);
  assert.equal(await command.status(), 2);
  assert.ok(command.stderr.includes(`cannot listen on ${taken}: another program has that port`), command.stderr);
});

test("serve says where it listens, serves, reads its config again on SIGHUP and ends with 0 on SIGTERM", async () => {
  await using site = await startSite("hello");
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  const file = join(directory, "goodgateway.yaml");
  writeFileSync(file, "direct: only\nlisten: 127.0.0.1:0\nadmin: 127.0.0.1:0\n");
  await using command = new RunningCommand(["serve"], { directory });
  const [, port] = await command.said(/listens on 127\.0\.0\.1:(\d+)/);
  assert.deepEqual(await fetchThrough(Number(port), site.url), { status: 200, body: "hello" });
  assert.equal(command.stdout, "");

  writeFileSync(file, "direct: sometimes\n");
  command.process.kill("SIGHUP");
  await command.said(/config refused, the old one stays in force: goodgateway\.yaml:1:9: direct: expected one of/);
  assert.equal((await fetchThrough(Number(port), site.url)).status, 200);

  writeFileSync(file, "direct: only\nlisten: 127.0.0.1:0\nadmin: 127.0.0.1:0\nusers: { alice: x }\n");
  command.process.kill("SIGHUP");
  await command.said(/config changed/);
  assert.equal((await fetchThrough(Number(port), site.url)).status, 407);
  const [, admin] = await command.said(/curl (http:\/\/127\.0\.0\.1:\d+)\/api/);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  for (const result of ["applied", "refused"]) assert.match(metrics, new RegExp(`config_loads_total\\{result="${result}"\\} 1`));

  command.process.kill("SIGTERM");
  assert.equal(await command.status(), 0);
});

test("while the start waits for an exit, SIGHUP ends nothing, and SIGTERM ends it at once", async () => {
  const checked = Promise.withResolvers<void>();
  const silent = createNetServer((socket) => {
    socket.on("error", () => {}).resume();
    checked.resolve();
  }).listen(0, "127.0.0.1");
  await once(silent.unref(), "listening");
  const { port } = silent.address() as AddressInfo;
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  const file = join(directory, "goodgateway.yaml");
  const text = `listen: 127.0.0.1:0\nadmin: off\nexits: [127.0.0.1:${port}]\ncheck: { target: http://site.lab/, wait: 10m, timeout: 10m }\n`;
  writeFileSync(file, text);
  await using command = new RunningCommand(["serve"], { directory });
  await checked.promise;
  command.process.kill("SIGHUP");
  command.process.kill("SIGTERM");
  assert.equal(await command.status(), 0);
});

test("run sets the variables in both cases, passes the exit status on and sums up", async () => {
  await using site = await startSite("hello");
  const script = `
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    const values = new Set(names.flatMap((name) => [process.env[name], process.env[name.toLowerCase()]]));
    const [proxy] = values;
    const { hostname, port } = new URL(proxy);
    require("node:http").get({ hostname, port, path: process.argv[1], headers: { Host: "site" } }, (response) => {
      response.on("data", (data) => console.log(values.size, String(data), process.env.NO_PROXY));
      response.on("end", () => process.exit(7));
    });`;
  const env = { NO_PROXY: "kept" };
  await using command = new RunningCommand(["run", "--direct", "--", process.execPath, "-e", script, site.url], { env });
  assert.equal(await command.status(), 7);
  assert.equal(command.stdout, "1 hello kept\n");
  assert.equal(command.stderr, "1 request, 0 rescued, 0 failed\n");
});

test("a failure's JSON log line is the record of its exchange, and the summary names the exit", async () => {
  const gone = await startSite("");
  const deadExit = new URL(gone.url).host;
  await gone[Symbol.asyncDispose]();
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  writeFileSync(join(directory, "exits.txt"), `${deadExit} id=dead-1\n`);
  const script = `
    const { hostname, port } = new URL(process.env.http_proxy);
    require("node:http").get({ hostname, port, path: "http://192.0.2.1/?key=s3cret" }, (response) => response.resume());`;
  await using command = new RunningCommand(["run", "--exits", "exits.txt", "--log", "json", "--", process.execPath, "-e", script], {
    directory,
  });
  assert.equal(await command.status(), 0);
  const lines = command.stderr.trim().split("\n");
  assert.equal(lines.pop(), "1 request, 0 rescued, 1 failed: exit dead-1 1");
  const records = lines.map((line) => JSON.parse(line)).filter(isExchangeRecord);
  assert.equal(records.length, 1, command.stderr);
  assert.equal(records[0]?.verdict?.fault, "connect.refused");
  assert.ok(!command.stderr.includes("s3cret"));
});

test("run gives 128 + n for a command that a signal ended, and 127 for none", async () => {
  await using killed = new RunningCommand(["run", "--direct", "--", process.execPath, "-e", "process.kill(process.pid, 'SIGTERM')"]);
  assert.equal(await killed.status(), 143);
  await using missing = new RunningCommand(["run", "--direct", "--", "no-such-command-here"]);
  assert.equal(await missing.status(), 127);
  assert.match(missing.stderr, /cannot run no-such-command-here: no such command/);
});

test("run passes SIGTERM on to its command", async () => {
  const script = "process.on('SIGTERM', () => process.exit(9)); console.error('ready'); setInterval(() => {}, 1000)";
  await using command = new RunningCommand(["run", "--direct", "--", process.execPath, "-e", script]);
  await command.said(/ready/);
  command.process.kill("SIGTERM");
  assert.equal(await command.status(), 9);
});

test("run without exits says what to type", async () => {
  await using command = new RunningCommand(["run", "--", "curl", "http://a/"]);
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /^ {2}goodgateway run --exits exits\.txt -- curl http:\/\/a\/$/m);
});
