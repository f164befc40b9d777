import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../../src/app.ts";
import type { CheckResult } from "../../src/check/check-result.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import { runCheck } from "../check/run-check.ts";
import { startDante } from "./peers/dante.ts";
import { startHaproxy } from "./peers/haproxy.ts";
import { startMicrosocks } from "./peers/microsocks.ts";
import { startMitmproxy } from "./peers/mitmproxy.ts";
import { startPrivoxy } from "./peers/privoxy.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import { startTinyproxy } from "./peers/tinyproxy.ts";

/** For getaddrinfo of what is started here, where the machine has no network: it would else ask an absent resolver for ten seconds. */
process.env["RES_OPTIONS"] = "timeout:1 attempts:1";

async function checkOne(line: string, ...args: string[]): Promise<CheckResult> {
  const [result] = await runCheck([line], ["--samples", "2", ...args]);
  assert.ok(result !== undefined);
  return result;
}

/** What counts of a result, in a line: `works http elite honest`. */
function tell({ state, protocols, anonymity, honesty }: CheckResult): string {
  const lies = [...new Set(honesty.lies.map(({ fault }) => fault))].sort();
  return [state, protocols.join("+"), anonymity.level, honesty.verdict, ...lies].join(" ");
}

test("Squid as it comes works, is honest, and tells who asks", needs("squid"), async () => {
  await using squid = await startSquid();
  const result = await checkOne(`127.0.0.1:${squid.port}`);
  assert.equal(tell(result), "works http transparent honest", JSON.stringify(result.honesty));
  assert.deepEqual(
    [result.can.http.ok, result.can.https.ok, result.can.connectOther.ok, result.can.keepAlive.ok],
    [true, true, true, true],
  );
});

test("a caching Squid that hides its clients is anonymous, and elite without its Via", needs("squid"), async () => {
  const cache = ["cache allow all", "cache_mem 16 MB"];
  await using hiding = await startSquid({ lines: [...cache, "forwarded_for off"] });
  await using silent = await startSquid({ lines: [...cache, "forwarded_for delete", "via off"] });
  const [first, second] = await runCheck([`127.0.0.1:${hiding.port}`, `127.0.0.1:${silent.port}`]);
  assert.ok(first && second);
  assert.equal(tell(first), "works http anonymous honest", JSON.stringify(first.honesty));
  assert.equal(tell(second), "works http elite honest", JSON.stringify(second.anonymity));
});

test("Squid that wants a password, or lets nobody to the judge, is dead for that reason", needs("squid"), async () => {
  await using locked = await startSquid({ users: { alice: "sesame" } });
  await using strict = await startSquid({ lines: ["http_access deny all"] });
  const lines = [`127.0.0.1:${locked.port}`, `http://alice:wrong@127.0.0.1:${locked.port}`, `http://127.0.0.1:${strict.port}`];
  const results = await runCheck(lines);
  assert.deepEqual(
    results.map(({ state, fault }) => `${state} ${fault?.id ?? ""}`),
    ["dead handshake.auth_required", "dead handshake.auth_failed", "dead handshake.policy_denied"],
  );
  assert.equal((await checkOne(`http://alice:sesame@127.0.0.1:${locked.port}`)).state, "works");
});

test("tinyproxy is anonymous, and elite without its Via", needs("tinyproxy"), async () => {
  await using usual = await startTinyproxy();
  await using silent = await startTinyproxy({ lines: ["DisableViaHeader Yes"] });
  const [first, second] = await runCheck([`127.0.0.1:${usual.port}`, `http://127.0.0.1:${silent.port}`]);
  assert.ok(first && second);
  assert.equal(tell(first), "works http anonymous honest", JSON.stringify(first.honesty));
  assert.equal(tell(second), "works http elite honest", JSON.stringify(second.anonymity));
});

test(
  "Privoxy that filters nothing is honest; with the filters that it comes with it changes what it carries, as is told",
  needs("privoxy"),
  async () => {
    await using plain = await startPrivoxy();
    const rules = ["match-all.action", "default.action"].map((name) => `actionsfile /etc/privoxy/${name}`);
    await using filtering = await startPrivoxy({ lines: [...rules, "filterfile /etc/privoxy/default.filter"] });
    const [first, second] = await runCheck([`127.0.0.1:${plain.port}`, `http://127.0.0.1:${filtering.port}`]);
    assert.ok(first && second);
    assert.equal(tell(first), "works http elite honest", JSON.stringify(first.honesty));
    assert.match(tell(second), /^lies http elite dishonest honesty\.content_changed/);
    assert.match(second.fault?.details ?? "", /the body was changed .*privoxy/);
  },
);

test("microsocks is found to be SOCKS5, elite and honest", needs("microsocks"), async () => {
  await using open = await startMicrosocks();
  await using locked = await startMicrosocks({ user: { name: "alice", password: "sesame" } });
  const lines = [`127.0.0.1:${open.port}`, `127.0.0.1:${locked.port}`, `socks5://alice:sesame@127.0.0.1:${locked.port}`];
  const [first, second, third] = await runCheck(lines);
  assert.ok(first && second && third);
  assert.equal(tell(first), "works socks5+socks5h elite honest", JSON.stringify(first));
  assert.deepEqual([second.state, second.fault?.id], ["dead", "handshake.auth_required"]);
  assert.match(tell(third), /^works socks5\S* elite honest$/);
});

test("Dante is found to be SOCKS4 and SOCKS5, and honest", needs("danted"), async () => {
  await using dante = await startDante();
  const result = await checkOne(`127.0.0.1:${dante.port}`);
  assert.match(tell(result), /^works \S+ elite honest$/);
  for (const scheme of ["socks4", "socks5"] as const) assert.ok(result.protocols.includes(scheme), JSON.stringify(result.tried));
});

test("HAProxy in front of a proxy hides nothing and changes nothing", needs("haproxy", "tinyproxy"), async () => {
  await using tinyproxy = await startTinyproxy({ lines: ["DisableViaHeader Yes"] });
  const sections = (mode: string, more: string) => (place: { port: number }) =>
    `listen front\n  mode ${mode}\n  bind 127.0.0.1:${place.port}\n  ${more}\n  server behind 127.0.0.1:${tinyproxy.port}`;
  await using tcp = await startHaproxy(sections("tcp", ""));
  await using http = await startHaproxy(sections("http", "option forwardfor"));
  const [first, second] = await runCheck([`127.0.0.1:${tcp.port}`, `http://127.0.0.1:${http.port}`]);
  assert.ok(first && second);
  assert.equal(tell(first), "works http elite honest", JSON.stringify(first.honesty));
  assert.equal(tell(second), "works http transparent honest", JSON.stringify(second.honesty));
});

test("mitmproxy is caught by the certificate that it shows, over HTTP and over SOCKS5", needs("mitmdump"), async () => {
  await using http = await startMitmproxy();
  await using socks = await startMitmproxy({ mode: "socks5" });
  const [first, second] = await runCheck([`http://127.0.0.1:${http.port}`, `127.0.0.1:${socks.port}`]);
  assert.ok(first && second);
  for (const result of [first, second]) {
    assert.match(tell(result), /^lies .* dishonest .*honesty\.tls_intercepted/);
    assert.equal(result.fault?.id, "honesty.tls_intercepted");
    assert.equal(result.can.https.ok, false);
  }
});

test("what mitmproxy changes on the way is told", needs("mitmdump"), async () => {
  const inject = `
def response(flow):
    if "html" in flow.response.headers.get("content-type", ""):
        flow.response.text = flow.response.text.replace("</body>", "<script src=//ads.test></script></body>")
`;
  const strip = `
def request(flow):
    flow.request.headers.pop("accept-language", None)
`;
  await using injecting = await startMitmproxy({ addon: inject });
  await using stripping = await startMitmproxy({ addon: strip });
  const [first, second] = await runCheck([`http://127.0.0.1:${injecting.port}`, `http://127.0.0.1:${stripping.port}`]);
  assert.ok(first && second);
  assert.match(tell(first), /honesty\.content_changed/);
  assert.match(JSON.stringify(first.honesty), /ads\.test/);
  assert.match(tell(second), /honesty\.request_changed/);
  assert.match(JSON.stringify(second.honesty), /Accept-Language was taken out of the request/);
});

test("our own gateway is a proxy for everything, elite and honest", async () => {
  const config = defaultConfig();
  const [listener] = config.listeners;
  assert.ok(listener !== undefined);
  const direct = { ...config, admin: null, exchange: { ...config.exchange, direct: "only" as const } };
  await using gateway = await startGateway({ ...direct, listeners: [{ ...listener, host: "127.0.0.1", port: 0 }] }, { log: () => {} });
  const result = await checkOne(`127.0.0.1:${gateway.addresses[0]?.port}`);
  assert.equal(tell(result), "works http+socks5+socks5h+socks4+socks4a elite honest", JSON.stringify(result));
});
