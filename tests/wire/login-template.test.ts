import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fillLogin, type LoginTemplate, type LoginValues, parseLoginTemplate } from "../../src/wire/login-template.ts";
import { VENDOR_IDS, type VendorId, vendorLogin } from "../../src/wire/login-template-vendors.ts";

const NOTHING: LoginValues = { session: null, country: null, city: null, minutes: null };
const ALL: LoginValues = { session: "cart1", country: "de", city: "new york", minutes: 30 };

function templateOf(text: string): LoginTemplate {
  const template = parseLoginTemplate(text);
  assert.ok(template !== null && "groups" in template, `${text}: ${JSON.stringify(template)}`);
  return template;
}

const fill = (text: string, values: Partial<LoginValues>) => fillLogin(templateOf(text), { ...NOTHING, ...values });

test("a user name without a place to fill is no template", () => {
  for (const name of ["bob", "bob[1]", "bob{x}", "{sessions}", "a|b", ""]) assert.equal(parseLoginTemplate(name), null, name);
});

test("what stands in brackets is left out where nothing fills it", () => {
  const text = "customer-bob[-cc-{country}][-city-{city}][-sesstime-{duration}]";
  assert.equal(fill(text, {}), "customer-bob");
  assert.equal(fill(text, { country: "de" }), "customer-bob-cc-de");
  assert.equal(fill(text, ALL), "customer-bob-cc-de-city-new_york-sesstime-30");
  assert.deepEqual([...templateOf(text).places], ["country", "city", "duration"]);
});

test("a place outside brackets takes along what leads to it, so that no dash is left over", () => {
  assert.equal(fill("bob-country-{country}-city-{city}-x", {}), "bob-x");
  assert.equal(fill("bob-country-{country}-city-{city}-x", { city: "berlin" }), "bob-city-berlin-x");
  assert.equal(fill("bob-res-{country}", {}), "bob-res");
  assert.equal(fill("{country}{city}", ALL), "denew_york");
});

test("the first branch that can be filled counts", () => {
  assert.equal(fill("bob[-{country}|-any]", {}), "bob-any");
  assert.equal(fill("bob[-{city}|-{country}|-any]", { country: "de" }), "bob-de");
});

test("a place says how it is written", () => {
  assert.equal(fill("bob[-{country.upper}]", ALL), "bob-DE");
  assert.equal(fill("bob[-{city.joined}]", ALL), "bob-newyork");
  assert.equal(fill("bob[-{city.dotted}]", ALL), "bob-new.york");
  assert.match(fill("bob[-{session.10-12}]", ALL), /^bob-1[0-2]$/);
  assert.match(fill("bob[-{session.8}]", ALL), /^bob-[0-9a-f]{8}$/);
  assert.deepEqual(
    [1, 60, 500].map((minutes) => fill("bob[-{duration.3-120}]", { minutes })),
    ["bob-3", "bob-60", "bob-120"],
  );
});

test("a session's key goes out as a digest, the same one each time, and another for another key", () => {
  const one = fill("bob-{session}", { session: "cart1" });
  assert.match(one, /^bob-[0-9a-f]{12}$/);
  assert.equal(fill("bob-{session}", { session: "cart1" }), one);
  assert.notEqual(fill("bob-{session}", { session: "cart2" }), one);
  assert.notEqual(fill("bob-{session}", { session: 1 }), fill("bob-{session}", { session: "1" }));
});

test("fixed sessions that are numbers follow each other", () => {
  assert.deepEqual(
    [0, 1, 2].map((session) => fill("bob-{session.1-9999}", { session })),
    ["bob-1", "bob-2", "bob-3"],
  );
});

test("minutes are whole, at least one, and at most a day", () => {
  assert.deepEqual(
    [0.2, 7.5, 99_999].map((minutes) => fill("bob-{duration}", { minutes })),
    ["bob-1", "bob-8", "bob-1440"],
  );
});

test("a template that cannot be meant is refused where that shows", () => {
  const refused = (text: string) => parseLoginTemplate(text);
  assert.deepEqual(refused("bob[-{country}"), { problem: "the template does not close a bracket", at: 3 });
  assert.deepEqual(refused("bob-{country}]"), { problem: "the template closes a bracket that it has not opened", at: 13 });
  assert.deepEqual(refused("bob[-[{country}]]"), { problem: "brackets of a template do not nest", at: 5 });
  assert.deepEqual(refused("bob-{country}-{zip}"), {
    problem: "the template has a place that is none of {session}, {country}, {city}, {duration}",
    at: 14,
  });
  for (const text of ["{country.1-3}", "{session.upper}", "{session.3-1}", "{session.3}", "{session.33}", "{duration.x}", "{duration.8}"])
    assert.ok("problem" in (refused(text) ?? {}), text);
});

test("each vendor's parameters are in the user name or password as it wants them", () => {
  const written = (values: LoginValues) =>
    VENDOR_IDS.map((vendor) => {
      const { username, password } = vendorLogin(vendor, { username: "bob", password: "x" }) ?? {};
      const [template] = [username, password].filter((text) => text?.includes("{"));
      return fill(template ?? "", values)
        .replace(/[0-9a-f]{12}/, "SESSION")
        .replace(/(?<=session-)[0-9a-f]{8}(?=_)/, "SHORT")
        .replace(/(?<=-)\d{4,9}/, "NUMBER");
    });
  assert.deepEqual(written(NOTHING), ["bob", "customer-bob", "user-bob", "bob-rotate", "bob-res-any", "x", "x", "bob"]);
  assert.deepEqual(written({ ...ALL, session: "cart12" }), [
    "bob-country-de-city-newyork-session-SESSION",
    "customer-bob-cc-de-city-new_york-sessid-SESSION-sesstime-30",
    "user-bob-country-de-city-new_york-session-SESSION-sessionduration-30",
    "bob-de-city_new_york-NUMBER",
    "bob-res-de-sid-NUMBER",
    "x_country-de_city-newyork_session-SHORT_lifetime-30m",
    "x_country-DE_city-new.york_session-SHORT_lifetime-30",
    "bob-country-de-city-new_york-session-SESSION-sessionduration-30",
  ]);
});

test("a vendor's prefix is not written twice, and a template stays as it is", () => {
  const template = (vendor: VendorId, username: string) => vendorLogin(vendor, { username, password: null })?.username ?? "";
  assert.equal(fill(template("oxylabs", "customer-bob"), {}), "customer-bob");
  assert.equal(fill(template("netnut", "bob-dc"), {}), "bob-dc-any");
  assert.equal(template("decodo", "x-{country}"), "x-{country}");
  assert.equal(vendorLogin("iproyal", { username: "bob", password: null }), null);
});

test("arbitrary text never throws, and fills or names a problem", () => {
  const texts = fc.array(fc.constantFrom("[", "]", "|", "{", "}", "{session}", "{country.upper}", "{city}", "-", "country", "a", ":"));
  fc.assert(
    fc.property(texts, (parts) => {
      const template = parseLoginTemplate(parts.join(""));
      if (template === null || "problem" in template) return;
      assert.equal(typeof fillLogin(template, ALL), "string");
    }),
  );
});

test("what a client asks for fills a place and adds no parameter", () => {
  const template = templateOf("bob[-country-{country}][-city-{city}][-session-{session}]");
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (country, city, session) => {
      const filled = fillLogin(template, { session, country, city, minutes: null });
      assert.match(filled, /^bob(-country-[a-z0-9_]+)?(-city-[a-z0-9_]+)?-session-[0-9a-f]{12}$/);
    }),
  );
});
