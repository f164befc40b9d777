import assert from "node:assert/strict";
import { test } from "node:test";
import { type ExitLineOptions, exitId } from "../../src/wire/exit-line.ts";
import { formatLineError, parseExitList } from "../../src/wire/exit-list.ts";

const options: ExitLineOptions = { scheme: "http", tags: {}, where: { file: "exits.txt", line: 1 } };
const lines = (...text: string[]) => parseExitList(text.join("\n"), options);

test("a bad line is named and the others load", () => {
  const { exits, errors } = parseExitList("\ufeff# mine\r\na:80\r\n\r\nb:0\r\nc:80 x\r\nd:80\r\n", options);
  assert.deepEqual(
    exits.map((exit) => exit.hops[0]?.host),
    ["a", "d"],
  );
  assert.deepEqual(errors.map(formatLineError), [
    "exits.txt:4:3: the port is no number from 1 to 65535",
    "exits.txt:5:6: expected key=value after the exit, as in country=de",
  ]);
});

test("the same route twice is one exit, whose tags accumulate and whose later password counts", () => {
  const { exits, errors } = lines(
    "a:80:bob:old country=de tag=x weight=3",
    "http://bob:new@A:80 tag=y rotating=true id=a",
    "a:80:bob:new tag=x",
  );
  assert.deepEqual(errors, []);
  assert.equal(exits.length, 1);
  assert.equal(exits[0]?.hops[0]?.password, "new");
  assert.deepEqual(exits[0]?.tags, { country: "de", tag: "x,y" });
  assert.equal(exits[0]?.weight, 3);
  assert.equal(exits[0]?.rotating, true);
  assert.equal(exits[0]?.id, "a");
});

test("a tag may be called like what every object has", () => {
  const { exits, errors } = lines("a:80", "a:80 constructor=x tostring=1", "a:80 constructor=y");
  assert.deepEqual(errors, []);
  assert.deepEqual(exits[0]?.tags, { constructor: "x,y", tostring: "1" });
});

test("the same host and port with different users are different exits", () => {
  const { exits } = lines("a:80:bob:x", "a:80:carl:x", "a:80", "socks5://a:80");
  assert.equal(new Set(exits.map((exit) => exit.id)).size, 4);
});

test("exits of vendors that have the session behind the password are told apart by it, and by nothing of the secret", () => {
  const { exits, errors } = lines(
    "192.0.2.1:80:bob:s3cret_country-de_session-a1b2c3d4_lifetime-10m",
    "http://bob:s3cret_country-de_session-ffffffff_lifetime-10m@192.0.2.1:80",
    "http://bob:s3cret_country-us%2Cde@gate:80",
    "gate:80:bob:s3cret",
    "http://bob:other_country-de_session-a1b2c3d4_lifetime-10m@192.0.2.1:80",
    "gate:80:bob:an_other-secret",
    "gate:80:bob:_session-a1b2c3d4",
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(
    exits.map(({ hops }) => hops[0]?.password),
    [
      "other_country-de_session-a1b2c3d4_lifetime-10m",
      "s3cret_country-de_session-ffffffff_lifetime-10m",
      "s3cret_country-us,de",
      "_session-a1b2c3d4",
    ],
  );
  assert.equal(new Set(exits.map((exit) => exit.id)).size, 4);
});

test("a parameter that is not known takes nothing from those before it, and no piece of a secret is one", () => {
  const { exits, errors } = lines(
    "gate:80:bob:s3cret_session-a1b2c3d4_newword-1",
    "gate:80:bob:s3cret_session-ffffffff_newword-1",
    "http://bob:s3cret_session-ffffffff_newword-2@gate:80",
    "gate:80:carl:one_two-three_country-de",
    "gate:80:carl:another_four-five_country-de",
    "gate:80:dora:state-of_the-art",
    "gate:80:dora:some_state-of_Art",
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(
    exits.map(({ hops }) => hops[0]?.password),
    [
      "s3cret_session-a1b2c3d4_newword-1",
      "s3cret_session-ffffffff_newword-1",
      "s3cret_session-ffffffff_newword-2",
      "another_four-five_country-de",
      "some_state-of_Art",
    ],
  );
});

test("templates with a country of their own behind the password are told apart by it, as what is filled into them is", () => {
  const { exits, errors } = lines(
    "http://bob:s3cret_country-de_session-{session}@gate:80",
    "http://bob:s3cret_country-us[_session-{session.8}]@gate:80",
    "http://bob:s3cret_country-fr@gate:80 vendor=iproyal",
    "http://bob:s3cret_session-{session}@gate:80",
    "http://bob:other_country-de_session-{session}@gate:80",
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(
    exits.map(({ hops }) => hops[0]?.password?.slice(0, 17)),
    ["other_country-de_", "s3cret_country-us", "s3cret_country-fr", "s3cret_session-{s"],
  );
  assert.equal(new Set(exits.map((exit) => exit.id)).size, 4);
});

test("an id belongs to one route", () => {
  const { exits, errors } = lines("a:80 id=one", "b:80 id=one", "c:80", "c:80 id=one");
  assert.deepEqual(
    exits.map((exit) => exit.id),
    ["one", exitId(exits[1] as (typeof exits)[number])],
  );
  assert.deepEqual(errors.map(formatLineError), [
    "exits.txt:2:1: id one is taken by exits.txt:1",
    "exits.txt:4:1: id one is taken by exits.txt:1",
  ]);
});

test("a derived id that an earlier line took gets more digits", () => {
  const [plain] = lines("b:80").exits;
  const { exits, errors } = lines(`a:80 id=${plain?.id}`, "b:80");
  assert.deepEqual(errors, []);
  assert.match(exits[1]?.id ?? "", /^[0-9a-f]{16}$/);
});

test("a line with sessions stands for so many exits in each of its countries, the same ones at each load", () => {
  const text = "gate:1:bob:x vendor=brightdata sessions=2 country=de,us id=bd tier=residential";
  const { exits, errors } = lines(text);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    exits.map(({ id, tags }) => [id, tags["country"], tags["city"], tags["sessions"]]),
    [
      ["bd-de-1", "de", undefined, undefined],
      ["bd-de-2", "de", undefined, undefined],
      ["bd-us-1", "us", undefined, undefined],
      ["bd-us-2", "us", undefined, undefined],
    ],
  );
  assert.ok(exits.every(({ rotating }) => !rotating));
  assert.match(exits[0]?.hops[0]?.username ?? "", /^bob-country-de-session-[0-9a-f]{12}$/);
  assert.equal(new Set(exits.map(({ hops }) => hops[0]?.username)).size, 4);
  assert.deepEqual(lines(text).exits, exits);
});

test("sessions behind the password are exits of their own, and what tells them apart must show there", () => {
  const { exits, errors } = lines(
    "gate:1:bob:s3cret vendor=iproyal sessions=3 country=de id=ip",
    "gate:2:bob:x[-sid-{session}] sessions=2",
  );
  assert.deepEqual(
    exits.map(({ id, hops }) => [id, hops[0]?.username, hops[0]?.password?.replace(/[0-9a-f]{8}/, "SESSION")]),
    [1, 2, 3].map((number) => [`ip-${number}`, "bob", "s3cret_country-de_session-SESSION"]),
  );
  assert.equal(new Set(exits.map(({ hops }) => hops[0]?.password)).size, 3);
  assert.deepEqual(errors.map(formatLineError), [
    "exits.txt:2:30: sessions needs {session} in the user name, _session-{session} behind the password, or vendor=",
  ]);
});
