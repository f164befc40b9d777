import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit, Target } from "../../src/core/route.ts";
import { planRequest } from "../../src/exchange/plan.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";

function exitOf(line: string): Exit {
  const { exits } = parseExitList(line, { scheme: "http", tags: {}, where: { file: "lab", line: 1 } });
  return exits[0] as Exit;
}

const site: Target = { scheme: "http", host: "site.lab", port: 80 };
const secureSite: Target = { scheme: "https", host: "site.lab", port: 443 };
const addresses = ["192.0.2.80"];

test("the key of an idle socket tells apart all that its bytes went through", () => {
  const exit = exitOf("http://alice:one@192.0.2.1:8080");
  const keys = [
    planRequest({ exit, target: site }, null, null),
    planRequest({ exit, target: site }, "cart1", null),
    planRequest({ exit, target: site }, "cart2", null),
    planRequest({ exit, target: site }, null, addresses), // a tunnel, since a policy looked at the address
    planRequest({ exit, target: secureSite }, null, null),
    planRequest({ exit, target: { ...secureSite, host: "other.lab" } }, null, null), // another name in TLS
    planRequest({ exit, target: { ...secureSite, port: 8443 } }, null, null),
    planRequest({ exit: exitOf("http://bob:one@192.0.2.1:8080"), target: site }, null, null),
    planRequest({ exit: exitOf("http://alice:two@192.0.2.1:8080"), target: site }, null, null), // after a reload
    planRequest({ exit: exitOf("http://alice:one@192.0.2.1:8080,http://192.0.2.2:8080"), target: site }, null, null),
    planRequest({ exit: null, target: site }, null, null),
    planRequest({ exit: null, target: secureSite }, null, null),
    planRequest({ exit: null, target: { ...site, host: "other.lab" } }, null, null),
  ].map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, keys.join("\n"));
});

test("no name of a session makes a clear-text socket pass for another session's tunnel", () => {
  const exit = exitOf("http://alice:one@192.0.2.1:8080");
  const tunnels = ["cart1", null].map((session) => planRequest({ exit, target: secureSite }, session, null).key);
  for (const name of ["cart1 https site.lab 443", '"cart1" https site.lab 443', 'cart1" https site.lab 443', " https site.lab 443"])
    assert.ok(!tunnels.includes(planRequest({ exit, target: site }, name, null).key), name);
});

test("an HTTP exit's socket serves every http target of the same session", () => {
  const exit = exitOf("192.0.2.1:8080");
  const key = (target: Target) => planRequest({ exit, target }, "cart1", null).key;
  assert.equal(key(site), key({ ...site, host: "other.lab" }));
});

test("another object of the same exit finds the idle sockets of the first", () => {
  const key = (target: Target) => planRequest({ exit: exitOf("http://alice:one@192.0.2.1:8080"), target }, null, null).key;
  assert.equal(key(site), key(site));
  assert.equal(key(secureSite), key(secureSite));
});
