import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { formatHostPort, type HostPort } from "../../src/core/address.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";
import { startLabGateway } from "../gateway/lab-gateway.ts";
import { findPython, needs } from "../real/peers/programs.ts";
import { type Finished, proxyUrl, runCommand } from "../real/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "goodgateway-examples-"));
after(() => rmSync(folder, { recursive: true }));

/** A list with one exit. */
function listOf(exit: HostPort): string {
  const path = join(folder, `${exit.port}.txt`);
  writeFileSync(path, `http://${formatHostPort(exit)} id=de-7\n`);
  return path;
}

test("every file in examples/ has a test here", () => {
  const files = readdirSync("examples").sort();
  assert.deepEqual(files, ["README.md", "exits.txt", "start-gateway.ts", "with-undici.ts", "with_requests.py"]);
});

test("examples/exits.txt: every line is an exit", () => {
  const text = readFileSync("examples/exits.txt", "utf8");
  const { exits, errors } = parseExitList(text, { scheme: "http", tags: {}, where: { file: "exits.txt", line: 1 } });
  assert.deepEqual(errors, []);
  assert.equal(exits.length, 5);
});

test("examples/start-gateway.ts runs a gateway and tells how its exchanges end", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  const url = `http://${formatHostPort(site)}/bytes/5`;
  const good = await runNode("examples/start-gateway.ts", listOf(exit), url);
  // Gateway and client share the process: which of the two lines comes first is theirs to settle.
  assert.deepEqual(good.stdout.trimEnd().split("\n").sort(), ["200, 5 characters", `ok: ${url} (de-7 answered)`], good.stderr);
  const bad = await runNode("examples/start-gateway.ts", listOf(await findClosedPort()), url);
  assert.match(bad.stdout, /^failed: \S+ \(de-7 connect\.refused[^)]*\)\nexit broke: refused /m, bad.stderr);
  assert.match(bad.stdout, /^502, \d+ characters$/m);
  assert.match(bad.stderr, / failed 502 GET /);
});

test("examples/with-undici.ts asks through a gateway, and says who broke what", async () => {
  await clientSays((proxy, urls) => runNode("examples/with-undici.ts", proxy, ...urls), /failed: .*502/);
});

test("examples/with_requests.py asks through a gateway, and says who broke what", needs("python3"), async () => {
  const python = findPython(["requests"]) ?? "python3";
  const run = (proxy: string, urls: readonly string[]) => runCommand(python, ["examples/with_requests.py", proxy, ...urls]);
  await clientSays(run, /failed: .*502 exit de-7 refused TCP \(connect\.refused /);
});

/** The same two conversations for each client: over an exit that works, and over one that refuses. */
async function clientSays(run: (proxy: string, urls: readonly string[]) => Promise<Finished>, refused: RegExp): Promise<void> {
  await using site = await startSite();
  await using exit = await startHttpExit();
  const url = `http://${formatHostPort(site)}/bytes/5`;
  {
    await using lab = await startLabGateway({ exits: [`http://${formatHostPort(exit)}`] });
    const { stdout, stderr } = await run(proxyUrl("http", lab.address), [url]);
    assert.equal(stdout, `${url} 200\n`, stderr);
  }
  await using lab = await startLabGateway({ exits: [`http://${formatHostPort(await findClosedPort())} id=de-7`] });
  const { stdout, stderr } = await run(proxyUrl("http", lab.address), [url, "https://site.lab/"]);
  const [plain = "", tunnel = ""] = stdout.split("\n");
  assert.match(plain, /^\S+ 502 goodgateway; error=connection_refused; .*fault=connect\.refused; culprit=exit/, stderr);
  assert.match(tunnel, refused, stderr);
}

function runNode(...args: readonly string[]): Promise<Finished> {
  return runCommand(process.execPath, args);
}
