import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { startSite } from "../../src/lab/site.ts";
import { startLabGateway } from "../gateway/lab-gateway.ts";
import { assertNoBug, REFUSING } from "./ask.ts";
import { findPython, needs } from "./peers/programs.ts";
import { pythonGet } from "./python-client.ts";
import { proxyUrl, runCommand } from "./run-command.ts";

const PYTHON = needs("python3");
const authority = createAuthority();
const siteTls = authority.issue({ names: ["site.test", "127.0.0.1"] });

test("Python's requests get a page through each kind of proxy, in clear text and over TLS", PYTHON, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const caFile = join(folder.path, "authority.pem");
  await writeFile(caFile, authority.cert);
  await using site = await startSite();
  await using secure = await startSite(siteTls);
  await using gateway = await startLabGateway({ options: { resolver: fakeResolver({ "site.test": ["127.0.0.1"] }) } });
  const protocols = { http: "http", socks4a: "socks4", socks5: "socks5", socks5h: "socks5" };
  for (const [scheme, protocol] of Object.entries(protocols)) {
    const host = scheme === "socks5" ? "127.0.0.1" : "site.test";
    for (const url of [`http://${host}:${site.port}/`, `https://${host}:${secure.port}/`]) {
      const outcome = await pythonGet(url, proxyUrl(scheme, gateway.address), caFile);
      assert.ok("body" in outcome, JSON.stringify(outcome));
      assert.match(outcome.body, /It works/);
      const isTunnelled = scheme === "http" && url.startsWith("https");
      assert.equal((await gateway.nextRecord()).protocol, isTunnelled ? "connect" : protocol);
    }
  }
  assertNoBug(gateway);
});

test("Python's requests are rescued from an exit that is down, and never notice", PYTHON, async () => {
  await using site = await startSite();
  await using good = await startHttpExit();
  // The pool tosses up between exits that it knows nothing of: a toss of 0 takes the first.
  await using gateway = await startLabGateway({ exits: [REFUSING, `127.0.0.1:${good.port}`], options: { random: () => 0 } });
  const answer = await pythonGet(`http://127.0.0.1:${site.port}/`, proxyUrl("http", gateway.address));
  assert.equal("status" in answer && answer.status, 200, JSON.stringify(answer));
  assert.equal((await gateway.nextRecord()).outcome, "rescued");
  assertNoBug(gateway);
});

const UPLOAD = `
import requests, sys
url, proxy = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.proxies = {"http": proxy, "https": proxy}
assert session.post(url + "/echo", data={"a": "1"}).json()["body"] == "a=1"
assert session.put(url + "/echo", data=(b"piece " for _ in range(20000))).json()["body"] == "piece " * 20000
assert session.head(url + "/bytes/1000").headers["Content-Length"] == "1000"
assert session.get(url + "/chunked").text == "first\\nsecond\\n"
assert session.get(url + "/status/404").status_code == 404
assert len(session.get(url + "/bytes/3000000", stream=True).raw.read()) == 3000000
print("all well")
`;

test("a session of Python's requests posts, streams and keeps its connection", PYTHON, async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway();
  const args = ["-c", UPLOAD, `http://127.0.0.1:${site.port}`];
  for (const scheme of ["http", "socks5h"]) {
    const { stdout, stderr } = await runCommand(findPython() as string, [...args, proxyUrl(scheme, gateway.address)]);
    assert.equal(stdout, "all well\n", stderr);
  }
  for (let count = 0; count < 6; count++) assert.equal((await gateway.nextRecord()).outcome, "ok");
  assertNoBug(gateway);
});
