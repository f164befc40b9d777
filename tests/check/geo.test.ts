import assert from "node:assert/strict";
import { test } from "node:test";
import { BadGeoFile, openGeo } from "../../src/check/geo.ts";
import { geoDatabase } from "./geo-database.ts";

const COUNTRY = { name: "country.mmdb", bytes: geoDatabase({ country: { iso_code: "DE" } }) };
const ASN = { name: "asn.mmdb", bytes: geoDatabase({ autonomous_system_number: 64500, autonomous_system_organization: "Example Net" }) };

test("Country and network come of several databases, in the forms of several makers.", () => {
  assert.deepEqual(openGeo([COUNTRY, ASN]).find("10.0.0.1"), { country: "DE", network: "AS64500 Example Net" });
  const other = openGeo([{ name: "x.mmdb", bytes: geoDatabase({ country_code: "de", asn: "AS64500", as_name: "Example Net" }) }]);
  assert.deepEqual(other.find("10.0.0.1"), { country: "DE", network: "AS64500 Example Net" });
});

test("What no database knows is null.", () => {
  const geo = openGeo([COUNTRY, ASN]);
  for (const address of ["192.0.2.1", "2001:db8::1", "not an address", ""])
    assert.deepEqual(geo.find(address), { country: null, network: null });
  assert.deepEqual(openGeo([]).find("10.0.0.1"), { country: null, network: null });
});

test("A file that is no database is refused by its name.", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("hello"), Buffer.alloc(100_000, 1), COUNTRY.bytes.subarray(0, 20)])
    assert.throws(
      () => openGeo([{ name: "broken.mmdb", bytes }]),
      (error) => error instanceof BadGeoFile && /^broken\.mmdb is no/.test(error.message),
    );
});

test("A database that is broken inside knows nothing, and throws nothing.", () => {
  for (let at = 0; at < COUNTRY.bytes.indexOf("MaxMind") - 3; at++) {
    const bytes = Buffer.from(COUNTRY.bytes);
    bytes[at] = 0xff;
    const { country } = openGeo([{ name: "broken.mmdb", bytes }]).find("10.0.0.1");
    assert.ok(country === null || /^[A-Z]{2}$/.test(country));
  }
});
