import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { RunningCommand } from "../cli/command.ts";

/** Keeps the heads that came, and sends on to where it is told. */
async function startRedirect(status: number, location: () => string): Promise<LabServer & { readonly heads: string[] }> {
  const heads: string[] = [];
  const server = await startLabServer(async (peer) => {
    const head = (await peer.reader.until("\r\n\r\n")).toString("latin1");
    await peer.reader.take(Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0));
    heads.push(head);
    await peer.send(formatAnswer(status, { Location: location(), Connection: "close" }, ""));
    await peer.end();
  });
  return Object.assign(server, { heads });
}

interface Outcome {
  readonly status: unknown;
  readonly verdict: { readonly fault: string | null; readonly summary: string };
  readonly tests: readonly { readonly request: string; readonly route: string }[];
  readonly notes: readonly string[];
}

async function diagnosed(words: readonly string[], input?: string): Promise<Outcome> {
  await using command = new RunningCommand(["diagnose", "--json", ...words]);
  command.process.stdin?.end(input);
  const status = await command.status();
  assert.equal(command.stderr, "");
  return { ...(JSON.parse(command.stdout) as Outcome), status };
}

test("where curl follows redirects the diagnosis is of where they lead, and logins stay where they belong", async () => {
  const dead = await findClosedPort();
  await using last = await startRedirect(301, () => `http://127.0.0.1:${dead.port}/end`);
  await using first = await startRedirect(302, () => `http://127.0.0.1:${last.port}/next?code=5`);
  const url = `http://127.0.0.1:${first.port}/start`;
  const { status, verdict, tests, notes } = await diagnosed(["--", "curl", "-L", "-d", "a=1", "-H", "Authorization: Bearer x", url]);
  assert.deepEqual([status, verdict.fault], [1, "connect.refused"]);
  assert.deepEqual(notes, [
    `the 302 of ${url} sends on to http://127.0.0.1:${last.port}/next?code=***`,
    `the 301 of http://127.0.0.1:${last.port}/next?code=*** sends on to http://127.0.0.1:${dead.port}/end`,
  ]);
  assert.equal(tests[0]?.request, `GET http://127.0.0.1:${dead.port}/end`);
  assert.match(first.heads[0] ?? "", /^POST .*Authorization/s);
  assert.match(last.heads[0] ?? "", /^GET \/next\?code=5 /);
  assert.doesNotMatch(last.heads[0] ?? "", /Authorization|Content-Type/);
});

test("redirects in circles end, within the requests of one diagnosis", async () => {
  await using site = await startRedirect(302, () => "/again");
  const { status, notes } = await diagnosed(["--", "curl", "-L", `http://127.0.0.1:${site.port}/`]);
  assert.equal(status, 0);
  assert.match(notes.at(-1) ?? "", /that was not followed any more$/);
  assert.ok(site.heads.length <= 12, `${site.heads.length} requests`);
});

test("a redirect that is not followed is told", async () => {
  await using site = await startRedirect(301, () => "https://site.example/");
  const { notes } = await diagnosed([`http://127.0.0.1:${site.port}/`]);
  assert.deepEqual(notes, [
    `the 301 of http://127.0.0.1:${site.port}/ sends on to https://site.example/: diagnose that too for the rest of the way`,
  ]);
});

test("a curl command goes its proxy's way, to where it says that the site is, with the certificates that it trusts", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const authority = createAuthority();
  const caFile = join(folder.path, "ca.pem");
  await writeFile(caFile, authority.cert);
  await using site = await startSite(authority.issue({ names: ["site.example"] }));
  await using exit = await startSocksExit();
  const url = `https://site.example:${site.port}/`;
  const place = ["--resolve", `site.example:${site.port}:127.0.0.1`];
  const proxy = ["-x", `socks5://127.0.0.1:${exit.port}`];
  const trusted = await diagnosed(["--", "curl", ...place, ...proxy, "--cacert", caFile, url]);
  assert.deepEqual([trusted.status, trusted.verdict.fault], [0, null], trusted.verdict.summary);
  assert.deepEqual(trusted.tests.map(({ route }) => route).sort(), ["direct", `socks5://127.0.0.1:${exit.port}`]);
  const untrusted = await diagnosed(["--", "curl", ...place, url]);
  assert.equal(untrusted.verdict.fault, "tls.cert_untrusted");
  const insecure = await diagnosed(["--", "curl", ...place, "-k", url]);
  assert.equal(insecure.verdict.fault, null, insecure.verdict.summary);
});

test("a curl command is read as one argument too, and from what is piped in", async () => {
  await using site = await startSite();
  const text = `curl 'http://127.0.0.1:${site.port}/' \\\n  -H 'accept: text/html' \\\n  --compressed | jq .\n`;
  for (const { verdict, tests } of [
    await diagnosed([text]),
    await diagnosed(["-"], `$ ${text}`),
    await diagnosed(["-"], `NO_PROXY=x ${text}`),
  ]) {
    assert.equal(verdict.fault, null);
    assert.equal(tests[0]?.request, `GET http://127.0.0.1:${site.port}/`);
  }
});
