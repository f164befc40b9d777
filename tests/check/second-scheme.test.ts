import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../src/check/calls.ts";
import { meet } from "../../src/check/contact.ts";
import { Findings } from "../../src/check/findings.ts";
import { findMore } from "../../src/check/more-schemes.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { Carrier, carriedValue, type Tricks, withField } from "../../src/lab/zoo/carrier.ts";
import { mixedProxy } from "../../src/lab/zoo/socks-proxy.ts";
import { interceptTls, webProxy } from "../../src/lab/zoo/web-proxy.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { createSelfSigned } from "../../src/net/certificate.ts";
import { candidateOf, startChecking } from "./checking.ts";

const FAR_MS = 60_000;

/** What is found out about the HTTP half of a port that was met by SOCKS5, as on port 1080. */
async function findHttp(tricks: Tricks): Promise<Findings> {
  await using checking = await startChecking();
  await using server = await startLabServer(mixedProxy({}, webProxy(new Carrier(tricks))));
  const { context, judge } = checking;
  const calls = new Calls(context);
  const goals = [{ kind: "judge", judge }] as const;
  const turn = { deadline: context.clock.now() + FAR_MS, signal: new Cancellation(), onConnected: null };
  const { exit } = candidateOf(`socks5://${server.host}:${server.port}`);
  const met = await meet(calls, exit, goals, turn, true);
  assert.equal(met.kind, "met");
  const findings = new Findings({ ownAddresses: [], isSameMachine: true });
  const more = await findMore(calls, met as Extract<typeof met, { kind: "met" }>, { open: ["http"], goals, findings, ...turn });
  assert.deepEqual(
    more.map(({ scheme, failed }) => [scheme, failed]),
    [["http", null]],
  );
  return findings;
}

test("An honest HTTP half is found to be one, by as much as was asked of the first.", async () => {
  const findings = await findHttp({});
  assert.deepEqual(findings.lies, []);
  assert.match(findings.honesty.evidence[0] ?? "", /^6 answers came as the judge signed them/);
});

const LIARS: Readonly<Record<string, Tricks>> = {
  "changes scripts": {
    answer: (answer, { line }) => (line[1].includes(".js?") ? { ...answer, body: Buffer.from("track();") } : answer),
  },
  "changes downloads": {
    answer: (answer, { line }) => (line[1].includes(".exe?") ? { ...answer, body: Buffer.from("MZ") } : answer),
  },
  "adds a field to POST": {
    answer: (answer, { line }) => (line[0] === "POST" ? withField(answer, "Set-Cookie", "track=1") : answer),
  },
};

for (const [what, tricks] of Object.entries(LIARS)) {
  test(`An HTTP half that ${what} is a liar.`, async () => {
    const { lies } = await findHttp(tricks);
    assert.deepEqual(
      lies.map(({ fault }) => fault),
      ["honesty.content_changed"],
    );
  });
}

test("An HTTP half that parks names that cannot exist is a liar.", async () => {
  const { lies } = await findHttp({
    way: (to) => to,
    instead: (request) =>
      carriedValue(request, "host")?.endsWith(".invalid") ? Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nad") : null,
  });
  assert.deepEqual(
    lies.map(({ fault }) => fault),
    ["honesty.dns_lies"],
  );
});

test("An HTTP half that opens what is encrypted is a liar.", async () => {
  await using inner = interceptTls(createSelfSigned({ names: ["127.0.0.1", "localhost"] }));
  const { lies } = await findHttp({ tunnel: (peer, to, carrier) => inner.tunnel(peer, to, carrier) });
  assert.deepEqual(
    lies.map(({ fault }) => fault),
    ["honesty.tls_intercepted"],
  );
});
