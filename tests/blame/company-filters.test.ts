import assert from "node:assert/strict";
import { test } from "node:test";
import type { Refusal } from "../../src/blame/claims/claim.ts";
import { claimOfExitMade, claimOfRefusedConnect } from "../../src/blame/claims/read-claim.ts";
import type { RawFields } from "../../src/core/message.ts";

type Row = readonly [title: string, status: number, text: string, by: string, id: string, fields?: RawFields];

const ROWS: readonly Row[] = [
  ["Zscaler", 403, "<title>Internet Security by Zscaler</title>", "Zscaler", "handshake.policy_denied", ["Server", "Zscaler/6.2"]],
  ["FortiGate", 403, "<title>Web Filter Violation</title>", "FortiGate", "handshake.policy_denied"],
  [
    "Palo Alto's firewall",
    503,
    "<h1>Web Page Blocked</h1><p>Access to the web page you were trying to visit has been blocked in accordance with company policy.",
    "Palo Alto's firewall",
    "handshake.policy_denied",
  ],
  [
    "Palo Alto's firewall, newer",
    503,
    "<h1>Web Page Blocked</h1>\n    <p>The web page you are trying to visit has been blocked in accordance with company policy.",
    "Palo Alto's firewall",
    "handshake.policy_denied",
  ],
  [
    "FortiGate without a licence",
    403,
    "<h1>Web Page Blocked</h1><p>Web Filter Service Error: invalid license</p>",
    "FortiGate",
    "handshake.policy_denied",
  ],
  [
    "Zscaler, by its page",
    403,
    "Your organization has selected Zscaler to protect you from internet threats.",
    "Zscaler",
    "handshake.policy_denied",
  ],
  [
    "ProxySG that waited",
    503,
    'Network Error (tcp_error)\nA communication error occurred: "Operation timed out"',
    "ProxySG",
    "handshake.target_timeout",
  ],
  ["Cisco Umbrella", 403, "<title>Cisco Umbrella</title>", "Cisco Umbrella", "handshake.policy_denied"],
  [
    "ProxySG that was refused",
    503,
    'Network Error (tcp_error) A communication error occurred: "Connection refused"',
    "ProxySG",
    "handshake.target_refused",
  ],
  ["ProxySG without a name", 503, "Network Error (dns_unresolved_hostname)", "ProxySG", "handshake.target_unresolvable"],
  ["ProxySG's rules", 403, "Access Denied (policy_denied)", "ProxySG", "handshake.policy_denied"],
  [
    "Skyhigh that waited",
    502,
    "<title>McAfee Web Gateway - Notification</title> Failure Description: :errno: 110 - 'Connection timed out' on socket fd -1",
    "Skyhigh's web gateway",
    "handshake.target_timeout",
  ],
  [
    "Skyhigh's rules",
    403,
    "<title>Skyhigh Web Gateway - Notification</title> URL Blocked",
    "Skyhigh's web gateway",
    "handshake.policy_denied",
  ],
  ["ProxySG that wants a login", 407, "Access Denied (authentication_failed)", "ProxySG", "handshake.auth_required"],
  ["ProxySG that does not trust the site", 503, "Network Error (ssl_server_cert_expired)", "ProxySG", "handshake.connect_rejected"],
  ["Zscaler that wants a login", 407, "", "Zscaler", "handshake.auth_required", ["Server", "Zscaler/6.2"]],
  [
    "Zscaler without a name",
    502,
    "The host name could not be resolved",
    "Zscaler",
    "handshake.target_unresolvable",
    ["Server", "Zscaler/6.2"],
  ],
  ["Netskope", 403, "<title>Netskope User Alert</title>", "Netskope", "handshake.policy_denied"],
  ["Sophos", 403, "<title>Blocked request - Sophos</title>", "Sophos", "handshake.policy_denied"],
  ["Cisco's WSA", 403, "<title>Notification: Access Denied</title>", "Cisco Web Security Appliance", "handshake.policy_denied"],
];

function refusal(status: number, text: string, fields: RawFields = []): Refusal {
  return { status, reason: "", fields, text, asked: { host: "site.lab", port: 80 }, authenticated: false, hasSession: false };
}

for (const [title, status, text, by, id, fields] of ROWS) {
  test(`a page of ${title} is no word of the site's, plain and to CONNECT`, () => {
    const page = refusal(status, text, fields);
    for (const said of [claimOfExitMade(page), claimOfRefusedConnect(page, null, null)]) {
      assert.equal(said?.by, by);
      assert.equal(said?.id, id);
    }
  });
}

test("the first 16 KiB of a page of a filter's words alone are looked through at once", () => {
  const titles = [`${"Sophos".repeat(1260)}${"blocked".repeat(1260)}`, "Netskope".repeat(2047), "SonicWall".repeat(1819)];
  const startedAt = performance.now();
  for (const title of titles) assert.equal(claimOfExitMade(refusal(403, `<title>${title}`.slice(0, 16 * 1024))), null);
  // Word by word against each other they would be looked at for many seconds.
  assert.ok(performance.now() - startedAt < 2_000);
});

test("pages that only speak of such filters are the site's", () => {
  for (const text of [
    "<h1>How to get past FortiGate and Zscaler</h1>",
    "<h1>Access Denied</h1>",
    "<title>Blocked by Palo Alto?</title>",
    "<title>Notification: your card was declined</title>",
    "<title>Page not found - Netskope</title>",
    "<title>Sophos Community: page not found</title>",
    "<title>SonicWall support</title>",
    "Is this domain blocked by Cisco Umbrella? See <a href='https://block.opendns.com/'>block.opendns.com</a>",
  ])
    assert.equal(claimOfExitMade(refusal(403, text)), null);
});
