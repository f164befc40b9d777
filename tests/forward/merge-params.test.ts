import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import { mergeParams } from "../../src/forward/merge-params.ts";
import { madeSessionKey, ownSessionKey } from "../../src/forward/session-key.ts";
import { readParams } from "../../src/wire/user-params.ts";

function paramsOf(text: string): RequestParams {
  const params = readParams(text);
  assert.ok(!("error" in params), text);
  return params;
}

function merged(own: string, listener: string): RequestParams | { error: string } {
  return mergeParams(own === "" ? NO_PARAMS : paramsOf(own), listener === "" ? NO_PARAMS : paramsOf(listener));
}

test("a client that says nothing gets what its listener asks for, and a listener that asks for nothing leaves all to the client", () => {
  const all = "country-de-exit-a-session-s-attempts-2-timeout-5-scheme-https";
  assert.deepEqual(merged("", all), paramsOf(all));
  assert.deepEqual(merged(all, ""), paramsOf(all));
});

test("of each tag the values that both have are asked for, and other tags stand beside", () => {
  assert.deepEqual(merged("country-at,de,fr-city-linz", "country-de,at-tier-residential"), {
    ...NO_PARAMS,
    filter: { exit: null, tags: { country: ["at", "de"], city: ["linz"], tier: ["residential"] } },
  });
  const configured = { ...NO_PARAMS, filter: { exit: null, tags: { city: ["new-york"] } } };
  assert.ok(!("error" in mergeParams(paramsOf("city-new_york"), configured)), "as a user name has to write it");
});

test("what the listener does not allow is refused by its name", () => {
  assert.deepEqual(merged("tier-residential", "tier-datacenter"), {
    error: 'parameter "tier" is residential, and this listener allows datacenter only',
  });
  assert.deepEqual(merged("exit-b", "exit-a"), { error: 'parameter "exit" is b, and this listener allows a only' });
});

test("the lower limit holds, whoever set it", () => {
  const limits = (own: string, listener: string) => {
    const params = merged(own, listener) as RequestParams;
    return [params.maxAttempts, params.timeoutMs];
  };
  assert.deepEqual(limits("attempts-1-timeout-90", "attempts-3-timeout-20"), [1, 20_000]);
  assert.deepEqual(limits("attempts-5", "timeout-20"), [5, 20_000]);
});

test("a client's own session takes the place of its listener's, and TLS stays", () => {
  const params = merged("session-own", "hardsession-shared-scheme-https") as RequestParams;
  assert.deepEqual([params.session?.key, params.session?.hard, params.overTls], ["own", false, true]);
});

const CALLER = { port: 8600, address: "192.0.2.7", fields: ["X-Session", "cart 1", "Accept", "*/*"] };

test("a listener's sessions have keys that no client's own can have, by user but for a port's", () => {
  assert.equal(madeSessionKey("port", "alice", CALLER), "port-8600");
  assert.equal(madeSessionKey("client", null, CALLER), "client-192.0.2.7");
  assert.equal(madeSessionKey("client", "alice", CALLER), "alice client-192.0.2.7");
  assert.equal(madeSessionKey({ field: "x-session" }, "alice", CALLER), "alice x-session-:cart 1");
  assert.equal(madeSessionKey({ field: "x-other" }, null, CALLER), null);
  assert.equal(madeSessionKey({ field: "x-session" }, null, { ...CALLER, fields: null }), null);
});

test("a long key is kept as its digest", () => {
  const keys = ["a", "b"].map((end) => ownSessionKey("alice", "x".repeat(10_000) + end));
  assert.ok(keys.every((key) => key.length < 100 && key.startsWith("alice ")));
  assert.notEqual(keys[0], keys[1]);
});
