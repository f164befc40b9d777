import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { User } from "../../src/core/settings.ts";
import { checkPassword, parseUserParams } from "../../src/forward/credentials.ts";

const alice: User = { name: "alice", password: "s3cret" };
const team: User = { name: "alice-team", password: "other" };

function params(username: string, users: readonly User[] = []) {
  const parsed = parseUserParams(username, users);
  assert.ok("params" in parsed, JSON.stringify(parsed));
  return parsed.params;
}

function error(username: string, users: readonly User[] = []): string {
  const parsed = parseUserParams(username, users);
  assert.ok("error" in parsed, JSON.stringify(parsed));
  return parsed.error;
}

test("a name alone asks for nothing", () => {
  assert.deepEqual(parseUserParams("alice", [alice]), { user: alice, params: NO_PARAMS });
  assert.deepEqual(parseUserParams("anybody", []), { user: null, params: NO_PARAMS });
  assert.deepEqual(parseUserParams("", []), { user: null, params: NO_PARAMS });
});

test("reads every parameter, in any case", () => {
  assert.deepEqual(
    params(
      "x-Country-DE,FR-city-New_York-tier-residential-tag-a-pool-eu-SESSION-Abc-sessionduration-30-attempts-2-timeout-15-scheme-https",
    ),
    {
      filter: { exit: null, tags: { country: ["de", "fr"], city: ["new_york"], tier: ["residential"], tag: ["a"], pool: ["eu"] } },
      session: { key: "abc", hard: false, durationMs: 30 * 60_000 },
      maxAttempts: 2,
      timeoutMs: 15_000,
      overTls: true,
    },
  );
  assert.equal(params("x-exit-de_7").filter.exit, "de_7");
});

test("reads the keys that vendors use", () => {
  assert.deepEqual(params("x-cc-us").filter.tags, { country: ["us"] });
  assert.deepEqual(params("x-sessid-1-sesstime-5").session, { key: "1", hard: false, durationMs: 5 * 60_000 });
  assert.deepEqual(params("x-lifetime-5-hardsession-1").session, { key: "1", hard: true, durationMs: 5 * 60_000 });
  assert.equal(params("x-session-1").session?.durationMs, 10 * 60_000);
});

test("a configured name is matched first, the longest first", () => {
  assert.deepEqual(parseUserParams("alice-team-country-de", [alice, team]), {
    user: team,
    params: { ...NO_PARAMS, filter: { exit: null, tags: { country: ["de"] } } },
  });
  assert.deepEqual(parseUserParams("alice-team", [alice, team]), { user: team, params: NO_PARAMS });
  const parsed = parseUserParams("alice-tier-a", [alice, team]);
  assert.ok("user" in parsed && parsed.user === alice);
});

test("a name that is not configured is refused in the words of a wrong password", () => {
  for (const name of ["bob", "alic", "alicex", "ALICE", "-alice", ""])
    assert.equal(error(name, [alice]), "the user name or its password is wrong");
});

test("what is wrong with a parameter is said", () => {
  assert.match(error("alice-contry-de", [alice]), /^"contry" is no parameter; there are country, city, /);
  assert.match(error("x-toString-1"), /^"tostring" is no parameter/);
  assert.match(error("x-constructor-1"), /^"constructor" is no parameter/);
  assert.match(error("brd-customer-hl_1-zone-res"), /^"customer" is no parameter/);
  assert.equal(error("x-country"), 'parameter "country" has no value');
  assert.equal(error("x-country-,"), 'parameter "country" has no value');
  assert.equal(error("x-cc-de-country-fr"), 'parameter "country" is given twice; several values are joined by a comma');
  assert.equal(error("x-session-1-hardsession-2"), 'parameter "hardsession" cannot stand beside another session');
  assert.equal(error("x-sessionduration-5"), 'parameter "sessionduration" needs a session');
  assert.equal(error("x-attempts-0"), 'parameter "attempts" is a number of attempts from 1 to 1000');
  assert.equal(error("x-timeout-soon"), 'parameter "timeout" is a number of seconds from 1 to 86400');
  assert.equal(error("x-scheme-ftp"), 'parameter "scheme" is http or https');
});

test("a password in clear is compared exactly", () => {
  assert.equal(checkPassword(alice, "s3cret"), true);
  for (const wrong of ["", "S3cret", "s3cret ", "s3cre"]) assert.equal(checkPassword(alice, wrong), false);
});

test("a hashed password is compared by its hash, again and again", () => {
  const salt = Buffer.from("0123456789abcdef");
  const hashed: User = {
    name: "bob",
    password: `scrypt:${salt.toString("base64url")}:${scryptSync("geheim", salt, 32).toString("base64url")}`,
  };
  for (let i = 0; i < 20; i++) {
    assert.equal(checkPassword(hashed, "geheim"), true);
    assert.equal(checkPassword(hashed, hashed.password), false);
  }
});

test("any user name gives parameters or an error", () => {
  const words = fc.array(fc.oneof(fc.constantFrom("country", "session", "alice", "attempts", "", "5", "de,fr"), fc.string()));
  fc.assert(
    fc.property(words, (parts) => {
      const parsed = parseUserParams(parts.join("-"), [alice]);
      assert.ok("error" in parsed || parsed.user === alice);
    }),
    { numRuns: 200 },
  );
});
