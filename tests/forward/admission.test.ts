import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { test } from "node:test";
import { DEFAULT_LISTENER } from "../../src/config/defaults.ts";
import { Admission } from "../../src/forward/admission.ts";

const salt = Buffer.from("salt");
const hashed = `scrypt:${salt.toString("base64url")}:${scryptSync("right", salt, 32).toString("base64url")}`;

function admission(now: { ms: number }): Admission {
  const users = [
    { name: "alice", password: hashed },
    { name: "bob", password: "also" },
  ];
  return new Admission({ ...DEFAULT_LISTENER, users }, { now: () => now.ms, wall: () => 0 });
}

test("stops comparing with hashed passwords for a minute after ten wrong ones from an address", () => {
  const now = { ms: 0 };
  const door = admission(now);
  for (let guess = 0; guess < 10; guess++) door.admit("192.0.2.1", "alice", `guess ${guess}`);
  const held = door.admit("192.0.2.1", "alice", "right");
  assert.ok("id" in held && held.id === "client.proxy_auth_invalid");
  assert.equal(held.retryAfterMs, 60_000);
  assert.ok("user" in door.admit("192.0.2.2", "alice", "right"), "another address is not held");
  now.ms = 60_001;
  assert.ok("user" in door.admit("192.0.2.1", "alice", "right"), "the minute is over");
});

test("credentials that were right once are known while their address is held", () => {
  const door = admission({ ms: 0 });
  const header = `Basic ${Buffer.from("alice:right").toString("base64")}`;
  assert.ok("user" in door.admitHeader("192.0.2.1", header, []));
  for (let guess = 0; guess < 20; guess++) door.admit("192.0.2.1", "alice", `guess ${guess}`);
  assert.ok("user" in door.admitHeader("192.0.2.1", header, []));
});

test("sessions of two users with the same key are two sessions", () => {
  const door = admission({ ms: 0 });
  const alice = door.admit("192.0.2.1", "alice-session-cart", "right");
  const bob = door.admit("192.0.2.1", "bob-session-cart", "also");
  assert.ok("user" in alice && "user" in bob);
  assert.notEqual(alice.params.session?.key, bob.params.session?.key);
});
