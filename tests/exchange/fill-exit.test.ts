import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import type { Exit, Target } from "../../src/core/route.ts";
import { fillExit } from "../../src/exchange/fill-exit.ts";
import { planRequest } from "../../src/exchange/plan.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";

function exitOf(line: string): Exit {
  const [exit] = parseExitList(line, { scheme: "http", tags: {}, where: { file: "lab", line: 1 } }).exits;
  assert.ok(exit !== undefined);
  return exit;
}

const asking = (tags: Readonly<Record<string, readonly string[]>>, key: string | null = null, hard = false): RequestParams => ({
  ...NO_PARAMS,
  filter: { exit: null, tags },
  session: key === null ? null : { key, hard, durationMs: 600_000 },
});

const userOf = (exit: Exit, params: RequestParams) => fillExit(exit, params, params.session?.key ?? null).hops[0]?.username;

const template = exitOf("gate:1:bob[-cc-{country}][-sessid-{session}-sesstime-{duration}]:x id=v");

test("an exit without places is dialled as it is", () => {
  const plain = exitOf("gate:1:bob:x");
  assert.equal(fillExit(plain, asking({ country: ["de"] }, "a"), "a"), plain);
});

test("what a request asks for fills the user name, and what it does not ask for leaves nothing over", () => {
  assert.equal(userOf(template, NO_PARAMS), "bob");
  assert.equal(userOf(template, asking({ country: ["de", "fr"] })), "bob-cc-de");
  assert.match(userOf(template, asking({ country: ["de"] }, "cart1")) ?? "", /^bob-cc-de-sessid-[0-9a-f]{12}-sesstime-10$/);
});

test("a vendor that has them behind the password gets them there, a session as long as it was asked for", () => {
  const vendors = exitOf("gate:1:bob:s3cret vendor=iproyal id=ip");
  const loginOf = (params: RequestParams) => {
    const { username, password } = fillExit(vendors, params, params.session?.key ?? null).hops[0] ?? {};
    return `${username}:${password}`;
  };
  assert.equal(loginOf(NO_PARAMS), "bob:s3cret");
  assert.equal(loginOf(asking({ country: ["de"], city: ["New York"] })), "bob:s3cret_country-de_city-newyork");
  assert.match(loginOf(asking({}, "cart1")), /^bob:s3cret_session-[0-9a-f]{8}_lifetime-10m$/);
  const fill = (key: string) => fillExit(vendors, asking({}, key), key);
  assert.equal(fill("a"), fill("a"));
  assert.notEqual(fill("a"), fill("b"));
});

test("of the countries that an exit is bought for, one that is asked for counts, else the first", () => {
  const bought = exitOf("gate:1:bob[-cc-{country}]:x country=at,de");
  assert.equal(userOf(bought, asking({ country: ["fr", "de"] })), "bob-cc-de");
  assert.equal(userOf(bought, NO_PARAMS), "bob-cc-at");
});

test("the same request finds the same exit again, and no other request does", () => {
  const fill = (params: RequestParams) => fillExit(template, params, params.session?.key ?? null);
  assert.equal(fill(asking({ country: ["de"] }, "a")), fill(asking({ country: ["de"] }, "a")));
  const kinds = [asking({}), asking({ country: ["de"] }), asking({}, "a"), asking({}, "b"), asking({}, "a", true)].map(fill);
  assert.equal(new Set(kinds).size, kinds.length);
  assert.deepEqual(new Set(kinds.map(({ id }) => id)), new Set(["v"]));
  assert.equal(fillExit(template, asking({}, "a"), "a").rotating, true);
  assert.equal(fillExit(template, asking({}, "a", true), "a").rotating, false); // a second try would be through the same exit
});

test("idle sockets and credentials follow the filled user name", () => {
  const target: Target = { scheme: "http", host: "site.lab", port: 80 };
  const plan = (params: RequestParams) => {
    const name = params.session?.key ?? null;
    return planRequest({ exit: fillExit(template, params, name), target }, name, null);
  };
  const plans = [asking({}), asking({ country: ["de"] }), asking({ country: ["us"] }), asking({}, "a"), asking({}, "b")].map(plan);
  assert.equal(new Set(plans.map(({ key }) => key)).size, plans.length);
  assert.equal(new Set(plans.map(({ proxyAuthorization }) => proxyAuthorization)).size, plans.length);
  assert.equal(plan(asking({ country: ["de"] })).key, plans[1]?.key);
  assert.equal(plans[1]?.proxyAuthorization, `Basic ${Buffer.from("bob-cc-de:x").toString("base64")}`);
});
