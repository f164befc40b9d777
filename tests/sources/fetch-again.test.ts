import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchAgainMs } from "../../src/sources/fetch-again.ts";

const well = { refreshMs: 300_000, failures: 0, retryAfterMs: 0 };

test("a list is fetched again after its time, or up to a tenth earlier", () => {
  assert.equal(
    fetchAgainMs(well, () => 0),
    300_000,
  );
  assert.equal(
    fetchAgainMs(well, () => 1),
    270_000,
  );
});

test("each failure in a row doubles the wait, spread over its second half, up to the usual time", () => {
  const after = (failures: number, random: number) => fetchAgainMs({ ...well, failures }, () => random);
  assert.deepEqual(
    [1, 2, 3, 6, 7, 8, 2000].map((failures) => after(failures, 0)),
    [5000, 10_000, 20_000, 160_000, 300_000, 300_000, 300_000],
  );
  assert.equal(after(2, 1), 5000);
  assert.equal(
    fetchAgainMs({ refreshMs: 20, failures: 1, retryAfterMs: 0 }, () => 0),
    20,
  );
});

test("a server that asks for time gets it, but no more than an hour, or the usual time where that is longer", () => {
  const asked = (retryAfterMs: number, refreshMs = 300_000) => fetchAgainMs({ refreshMs, failures: 1, retryAfterMs }, () => 0);
  assert.equal(asked(60_000), 60_000);
  assert.equal(asked(1000), 5000);
  assert.equal(asked(86_400_000), 3_600_000);
  assert.equal(asked(86_400_000, 7_200_000), 7_200_000);
});
