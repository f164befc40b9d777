import assert from "node:assert/strict";
import { test } from "node:test";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterBytes, afterHead, fin, rst, silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { type Behaviour, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { chain, context, verdictOf } from "./diagnosing.ts";

/** Long enough for the hops that work, on a machine that is busy. */
const patient = { ...context, timeoutMs: 2000 };

/** Each length of a chain, and each place in it. */
const PLACES = [
  [2, 1],
  [2, 2],
  [3, 1],
  [3, 2],
  [3, 3],
] as const;

/** Who is named for such a hop, wherever it stands among hops that work. */
async function blamedAtEachPlace(bad: Behaviour): Promise<unknown[]> {
  await using site = await startSite();
  await using broken = await startLabServer(bad);
  await using first = await startHttpExit();
  await using second = await startHttpExit();
  const hopsOf = (length: number, place: number): LabServer[] => [first, second].slice(0, length - 1).toSpliced(place - 1, 0, broken);
  return await Promise.all(
    PLACES.map(async ([length, place]) => {
      const { culprit, hop, summary, fix, evidence } = await verdictOf(site, [chain(...hopsOf(length, place))], {}, patient);
      assert.match(summary, new RegExp(`hop ${place} of the chain, 127\\.0\\.0\\.1:${broken.port}`));
      assert.match(fix.client, new RegExp(`Remove or replace hop ${place}\\.`));
      assert.ok(evidence.some((line) => line.startsWith("direct: works")));
      return [culprit, length, hop];
    }),
  );
}

const EACH = PLACES.map(([length, place]) => ["exit", length, place]);

for (const [what, bad] of Object.entries<Behaviour>({
  "never says a word": silence,
  "says garbage": afterHead(BAD_ANSWERS.garbage),
  "closes on what it is asked": afterHead(fin),
  "resets what it is asked": afterBytes(rst),
})) {
  test(`a hop that ${what} is named, at each place of a chain`, async () => {
    assert.deepEqual(await blamedAtEachPlace(bad), EACH);
  });
}

for (const refusal of ["bare502", "bare503", "squidNoParent"] as const) {
  test(`a hop that refuses with ${refusal} is named, at each place of a chain`, async () => {
    assert.deepEqual(await blamedAtEachPlace(refuses(refusal)), EACH);
  });
}
