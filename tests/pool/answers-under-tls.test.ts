import assert from "node:assert/strict";
import { test } from "node:test";
import type { Weighed } from "../../src/blame/evidence.ts";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Target } from "../../src/core/route.ts";
import type { LeaseOutcome } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, type Fixture, failed, poolOf } from "./fakes.ts";

/** As they are judged that come in clear text through an HTTP exit, and out of a tunnel under the site's own TLS. */
const CLEAR: LeaseOutcome = failed("relay.origin_5xx", "origin", "target", { confidence: 0.5 });
const SEALED: LeaseOutcome = failed("relay.origin_5xx", "origin", "target");
const CLOSED: LeaseOutcome = failed("tls.closed_in_handshake", "origin", "target", { confidence: 0.45 });

function site(number: number, scheme: Target["scheme"]): Target {
  return { scheme, host: `site-${number}.example`, port: scheme === "http" ? 80 : 443 };
}

function ask({ pool, clock }: Fixture, exit: string, target: Target, outcome: LeaseOutcome): Weighed | null {
  clock.ms += 1000;
  const lease = pool.take({ target, params: { ...NO_PARAMS, filter: { exit, tags: {} } } }, new Set());
  assert.ok(lease !== null);
  return pool.settle(lease, outcome);
}

for (const answersBefore of [0, 50]) {
  test(`sites that all answer 5xx under their own TLS are to blame, not the only exit (${answersBefore} answers before)`, () => {
    const fixture = poolOf([exitOf("a")]);
    for (let i = 0; i < answersBefore; i++) ask(fixture, "a", site(i % 3, "https"), ANSWERED);
    for (let i = 0; i < 60; i++) assert.equal(ask(fixture, "a", site(i % 3, "https"), SEALED)?.side, "target", `${i}`);
    assert.equal(fixture.stateOf("a"), "healthy");
  });
}

test("garbage under the sites' own TLS is theirs, in clear text their only exit's; silence is, under TLS too", () => {
  const blamed = (outcome: LeaseOutcome, scheme: Target["scheme"]) => {
    const fixture = poolOf([exitOf("a")]);
    for (let i = 0; i < 50; i++) ask(fixture, "a", site(i % 3, scheme), ANSWERED);
    return Array.from({ length: 20 }, (_, i) => ask(fixture, "a", site(i % 3, scheme), outcome)?.side).at(-1);
  };
  const garbage = failed("head.not_http", "origin", "target", { confidence: 0.6 });
  const silence = failed("head.timeout", "origin", "target", { confidence: 0.53 });
  assert.deepEqual([blamed(garbage, "https"), blamed(garbage, "http")], ["target", "exit"]);
  assert.deepEqual([blamed(silence, "https"), blamed(silence, "http")], ["exit", "exit"]);
});

test("the same answers in clear text are its only exit's, which may have made them, once sites that did well give them all", () => {
  const fixture = poolOf([exitOf("a")]);
  for (let i = 0; i < 50; i++) ask(fixture, "a", site(i % 3, "http"), ANSWERED);
  let last: Weighed | null = null;
  for (let i = 0; i < 20; i++) last = ask(fixture, "a", site(i % 3, "http"), CLEAR);
  assert.deepEqual([last?.side, last?.culprit], ["exit", "exit"]);
});

test("a 5xx under the site's own TLS shows that the exit works: a tunnel that another site closes is not held against it", () => {
  const seen = (outcome: LeaseOutcome | null) => {
    const fixture = poolOf([exitOf("a")]);
    for (let i = 0; outcome !== null && i < 6; i++) ask(fixture, "a", site(i, "https"), outcome);
    return ask(fixture, "a", site(9, "https"), CLOSED);
  };
  assert.equal(seen(null)?.side, "exit");
  assert.equal(seen(SEALED)?.side, seen(ANSWERED)?.side);
  assert.deepEqual(seen(SEALED)?.evidence, seen(ANSWERED)?.evidence);
});

test("a site that answers 5xx under its own TLS to one exit alone is kept from that exit, which nobody else is", () => {
  const fixture = poolOf(["a", "b", "c", "d"].map((id) => exitOf(id)));
  let last: Weighed | null = null;
  for (let round = 0; round < 30; round++) {
    for (const id of ["b", "c", "d"]) for (const number of [0, 1]) ask(fixture, id, site(number, "https"), ANSWERED);
    ask(fixture, "a", site(1, "https"), ANSWERED);
    last = ask(fixture, "a", site(0, "https"), SEALED);
  }
  assert.equal(last?.side, "pair");
  assert.equal(fixture.stateOf("a"), "healthy");
});
