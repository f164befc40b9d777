import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../peers/programs.ts";
import { startSquid } from "../peers/squid.ts";
import { backendsOf, startBadBackends } from "./bad-backends.ts";
import { absolute, type DrivenGateway, drive, fileLog, NO_HTTP, recordLogs, settingsIn, tunnel } from "./driving.ts";

/** What each request's page and access log say. */
const STORIES = {
  "no-http": "400, Squid | client.bad_request",
  "tunnel-refusing": "503 relay.exit_5xx by origin, Squid | connect.refused at 127.0.0.1",
  application500: "500 relay.origin_5xx by origin, the site's application | relay.origin_5xx at 127.0.0.1",
  application503: "503 relay.origin_5xx by origin, the site's application | relay.origin_5xx at 127.0.0.1",
  blocked: "403 handshake.policy_denied by exit, Squid | client.denied at blocked.example",
  fieldWithSpaceInName: "502 relay.exit_5xx by origin, Squid | head.invalid at 127.0.0.1",
  fin: "502 relay.exit_5xx by origin, Squid | head.closed_empty at 127.0.0.1",
  hugeField: "502 relay.exit_5xx by origin, Squid | head.too_large at 127.0.0.1",
  ok: "200, the site's application | -",
  refusing: "503 relay.exit_5xx by origin, Squid | connect.failed at 127.0.0.1",
  rst: "502 relay.exit_5xx by origin, Squid | head.reset at 127.0.0.1",
  silence: "504 relay.exit_5xx by origin, Squid | head.timeout at 127.0.0.1",
};

const WRONG = backendsOf(STORIES);

test("Squid's pages and lines say of each failure whose it is, and what to change", needs("squid"), async () => {
  await using backends = await startBadBackends();
  const format = "logformat said %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %un %Sh/%<a %mt %err_code/%err_detail";
  const lines = (directory: string) => [
    format,
    `access_log stdio:${join(directory, "access.log")} said`,
    "read_timeout 1 second",
    "connect_timeout 1 second",
    "acl bad dstdomain blocked.example",
    "http_access deny bad",
  ];
  await using squid = await startSquid({ logged: lines });
  const gateway: DrivenGateway = {
    port: squid.port,
    logs: { access: fileLog(join(squid.directory, "access.log")) },
    complete: ["access"],
    mark: (word) => absolute("ok", backends.at("ok"), `/${word}`).request,
  };
  const requests = [
    ...WRONG.map((name) => absolute(name, backends.at(name))),
    absolute("blocked", "blocked.example"),
    tunnel("tunnel-refusing", backends.at("refusing")),
    NO_HTTP,
  ];
  const told = await drive(gateway, requests, backends);
  recordLogs(gateway, "squid");
  assert.deepEqual(told, STORIES);
  assert.match(settingsIn(gateway)["head.timeout"] ?? "", /read_timeout/);
  assert.match(settingsIn(gateway)["client.denied"] ?? "", /http_access/);
});
