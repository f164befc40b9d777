import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { matchesWhole, matchesWithin, toGlob } from "../../src/blame/glob.ts";
import { needsBody, type RuledHead, Rules, ruleOn } from "../../src/blame/rules.ts";
import { READY_RULES } from "../../src/config/ready-rules.ts";
import { type Fault, fault } from "../../src/core/fault.ts";
import type { RawFields } from "../../src/core/message.ts";
import type { Rule, RuleAction, RuleWhen } from "../../src/core/rule.ts";
import { BLOCK_PAGES } from "../../src/lab/block-pages.ts";

const ANY: RuleWhen = { status: [], header: {}, body: [], slowerThan: null, fault: null, host: [] };

function rule(when: Partial<RuleWhen>, actions: readonly RuleAction[] = ["blocked", "retry"], name = "mine"): Rule {
  return { name, when: { ...ANY, ...when }, actions };
}

interface Shown extends Partial<RuledHead> {
  readonly body?: string;
  readonly judged?: Fault;
}

/** What rules make of an answer, as an exchange asks them. */
function decide(rules: readonly Rule[], { body = "", judged, ...shown }: Shown) {
  const head: RuledHead = { status: 200, fields: [], host: "site.lab", ms: 0, ...shown };
  const ready = new Rules(rules);
  if (judged === undefined && !ready.mayConcern(head.status)) return null;
  return ruleOn(ready.shortlist(head), head, Buffer.from(body), judged ?? null);
}

function nameOf(rules: readonly Rule[], shown: Shown): string | null {
  return decide(rules, shown)?.ruling.rule ?? null;
}

function parse(bytes: Buffer): { status: number; fields: RawFields; body: string } {
  const [head = "", body = ""] = bytes.toString("latin1").split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const fields = lines.flatMap((text) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1).trim()]);
  return { status: Number(line.split(" ")[1]), fields, body };
}

test("each ready-made rule knows the answer that it is for, and each has one", () => {
  assert.deepEqual(Object.keys(BLOCK_PAGES).sort(), READY_RULES.map(({ name }) => name).sort());
  for (const [name, page] of Object.entries(BLOCK_PAGES)) {
    const own = READY_RULES.filter((ready) => ready.name === name);
    const decided = decide(own, parse(page));
    assert.equal(decided?.ruling.rule, name);
    assert.equal(decided.fault?.id, name.startsWith("rate-limited") ? "relay.rate_limited" : "relay.blocked");
    assert.ok(decide(READY_RULES, parse(page)) !== null, name);
  }
});

test("answers that sites give for reasons of their own are no blocks", () => {
  const cloudflare = ["Server", "cloudflare", "CF-RAY", "8f1e2d3c4b5a6978-FRA"];
  const login = '<form><script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script><div class="g-recaptcha"></div></form>';
  const pages: readonly Shown[] = [
    { status: 200, body: "<title>Just a moment...</title> captcha-delivery.com px-captcha" },
    { status: 404, fields: cloudflare, body: "error code: 1020" },
    { status: 403 },
    { status: 403, fields: cloudflare, body: "<h1>403 Forbidden</h1> ask the owner of this page for access" },
    { status: 403, fields: cloudflare, body: login },
    { status: 403, fields: ["Server", "AkamaiGHost"], body: '{"error":"not your account"}' },
    { status: 403, fields: ["X-DataDome", "protected"], body: '{"error":"not your account"}' },
    { status: 403, fields: ["X-Iinfo", "1-2-3", "X-CDN", "Imperva"], body: "<h1>Members only</h1>" },
    { status: 401, fields: ["WWW-Authenticate", "Basic"], body: "captcha" },
    { status: 302, fields: ["Location", "https://site.lab/login?next=/sorry/"] },
    { status: 503, body: "<h1>Service Unavailable</h1>" },
    { status: 405, fields: ["Allow", "GET"] },
    { status: 202, body: '{"job":17}' },
  ];
  for (const page of pages) assert.equal(nameOf(READY_RULES, page), null, JSON.stringify(page));
});

test("answers that none can match are not looked at", () => {
  const ready = new Rules(READY_RULES);
  for (const status of [200, 204, 206, 301, 304, 400, 401, 404, 410, 500, 502]) assert.equal(ready.mayConcern(status), false, `${status}`);
  for (const status of [202, 302, 403, 405, 428, 429, 503]) assert.equal(ready.mayConcern(status), true, `${status}`);
  assert.equal(new Rules([]).mayConcern(403), false);
  assert.equal(new Rules([rule({ slowerThan: 1000 })]).mayConcern(200), true);
  assert.equal(new Rules([rule({ fault: "connect.*" })]).mayConcern(200), false);
  assert.equal(new Rules(READY_RULES).mayConcern(1234), false);
});

test("a body is wanted only where the head leaves a rule that looks at it", () => {
  const ready = new Rules(READY_RULES);
  const head = { status: 429, fields: ["Retry-After", "3"], host: "site.lab", ms: 0 };
  assert.equal(needsBody(new Rules([rule({ status: [429] })]).shortlist(head)), false);
  assert.equal(needsBody(new Rules([rule({ status: [429], header: { server: "x" }, body: ["y"] })]).shortlist(head)), false);
  assert.equal(needsBody(ready.shortlist({ ...head, status: 202 })), false);
  assert.equal(needsBody(ready.shortlist({ ...head, status: 403 })), true);
});

test("all conditions of a rule must hold", () => {
  const wall = rule({ status: [403, "5xx"], header: { server: "edge/*", "x-a": "1" }, body: ["robots", "bots"], host: ["*.lab"] });
  const seen = { status: 403, fields: ["Server", "Edge/2", "X-A", "1"], body: "no bots here", host: "site.lab" };
  assert.equal(nameOf([wall], seen), "mine");
  assert.equal(nameOf([wall], { ...seen, status: 599 }), "mine");
  assert.equal(nameOf([wall], { ...seen, status: 404 }), null);
  assert.equal(nameOf([wall], { ...seen, fields: ["Server", "Edge/2"] }), null);
  assert.equal(nameOf([wall], { ...seen, fields: ["Server", "Edge/2", "X-A", "11"] }), null);
  assert.equal(nameOf([wall], { ...seen, body: "all welcome" }), null);
  assert.equal(nameOf([wall], { ...seen, host: "lab.example" }), null);
});

test("a pattern is turned round by an exclamation mark, and one of several fields of a name is enough", () => {
  const absent = rule({ status: [429], header: { "retry-after": "!*" } });
  assert.equal(nameOf([absent], { status: 429 }), "mine");
  assert.equal(nameOf([absent], { status: 429, fields: ["Retry-After", "3"] }), null);
  const other = rule({ status: [403], header: { server: "!nginx*" } });
  assert.equal(nameOf([other], { status: 403, fields: ["Server", "nginx/1.2"] }), null);
  assert.equal(nameOf([other], { status: 403, fields: ["Server", "edge"] }), "mine");
  const cookie = rule({ status: [403], header: { "set-cookie": "blocked=*" } });
  assert.equal(nameOf([cookie], { status: 403, fields: ["Set-Cookie", "a=1", "Set-Cookie", "Blocked=1"] }), "mine");
});

test("only the first 4 KiB of a body are looked at", () => {
  const late = rule({ status: [403], body: ["robot"] });
  assert.equal(nameOf([late], { status: 403, body: `${"x".repeat(4091)}robot` }), "mine");
  assert.equal(nameOf([late], { status: 403, body: `${"x".repeat(4092)}robot` }), null);
});

test("letters beyond ASCII match as they stand in a page of UTF-8", () => {
  const wall = rule({ status: [403], body: ["zugriff für roboter"] });
  assert.equal(nameOf([wall], { status: 403, body: "<h1>Kein Zugriff für Roboter</h1>" }), "mine");
});

test("an answer is slow from the time that a rule names", () => {
  const slow = rule({ slowerThan: 8000 }, ["bench-for-target"]);
  assert.equal(decide([slow], { ms: 7999 }), null);
  const decided = decide([slow], { ms: 8000 });
  assert.equal(decided?.ruling.benchForTarget, true);
  assert.equal(decided.fault, null, "the answer is what it was");
});

test("the first rule that matches decides", () => {
  const first = rule({ status: [403] }, ["retry"], "first");
  const second = rule({ status: [403] }, ["bench"], "second");
  assert.equal(nameOf([first, second], { status: 403 }), "first");
  assert.equal(nameOf([second, first], { status: 403 }), "second");
});

test("a rule that wants an answer repeated names it, one that only draws a consequence does not", () => {
  const at = (actions: readonly RuleAction[]) => decide([rule({ status: [404] }, actions)], { status: 404, fields: ["Retry-After", "9"] });
  assert.equal(at(["retry"])?.fault?.id, "relay.ruled");
  assert.equal(at(["bench"])?.fault, null);
  assert.equal(at(["blocked"])?.fault?.id, "relay.blocked");
  const limited = at(["rate-limited", "tier-up"]);
  assert.equal(limited?.fault?.id, "relay.rate_limited");
  assert.equal(limited.fault.retryAfterMs, 9000);
  assert.deepEqual(limited.ruling, {
    rule: "mine",
    retry: false,
    benchForTarget: true,
    bench: false,
    tierUp: true,
    forMs: 9000,
  });
});

test("a rule may look at the fault of an answer, or of an attempt without one", () => {
  const judged = fault("relay.origin_5xx", "500");
  const onBoth = rule({ fault: "relay.*" }, ["tier-up"]);
  assert.equal(nameOf([onBoth], { status: 500, judged }), "mine");
  assert.equal(decide([onBoth], { status: 500, judged })?.fault, judged);
  assert.equal(nameOf([rule({ fault: "connect.*" })], { status: 500, judged }), null);

  const ready = new Rules([rule({ fault: "tls.*", host: ["*.lab"] }, ["bench-for-target"]), rule({ fault: "*", status: [500] })]);
  const lost = fault("tls.closed_in_handshake", "closed");
  assert.equal(ready.ruleOnFault(lost, "site.lab")?.benchForTarget, true);
  assert.equal(ready.ruleOnFault(lost, "site.example"), null);
  assert.equal(ready.ruleOnFault(fault("connect.refused", "no"), "site.lab"), null, "a rule with a status wants an answer");
});

test("details quote the rule and not the page", () => {
  const decided = decide(READY_RULES, { status: 403, fields: ["Server", "cloudflare"], body: "error code: 1020 of your secret" });
  assert.match(decided?.fault?.details ?? "", /403 .*"error code: 1020" in its body \(rule cloudflare-blocked\)/);
  assert.doesNotMatch(decided?.fault?.details ?? "", /secret/);
});

test("globs match whole texts or parts of them", () => {
  for (const [pattern, text, whole, within] of [
    ["abc", "abc", true, true],
    ["abc", "xabcx", false, true],
    ["a*c", "abbbc", true, true],
    ["a*c", "abbbcd", false, true],
    ["*", "", true, true],
    ["*a*", "bab", true, true],
    ["a*a", "a", false, false],
    ["ab*ba", "aba", false, false],
    ["a*b*c", "a-c-b", false, false],
    ["*.lab", "site.lab", true, true],
    ["*.lab", "lab", false, false],
  ] as const) {
    assert.equal(matchesWhole(toGlob(pattern), text), whole, `${pattern} ${text}`);
    assert.equal(matchesWithin(toGlob(pattern), text), within, `${pattern} within ${text}`);
  }
});

test("no pattern is slow on any page", () => {
  const glob = toGlob(`${"*a".repeat(120)}*b`);
  const text = "a".repeat(4096);
  const startedAt = performance.now();
  for (let i = 0; i < 100; i++) assert.equal(matchesWithin(glob, text), false);
  assert.ok(performance.now() - startedAt < 5000);
});
