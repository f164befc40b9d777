import { drawHops, type PictureLeg } from "../blame/hop-picture.ts";
import { formatHostPort } from "../core/address.ts";
import { wholeRoutes } from "./conclude.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** The way of the request that the verdict is about, and where it broke. Null: no route was tried. */
export function drawDiagnosis({ verdict, tests, broken }: Diagnosis): string | null {
  const told = broken ?? wholeRoutes(tests)[0];
  if (told === undefined) return null;
  const hops = told.spec.exit?.hops ?? [];
  const names = ["client", ...hops.map((_, index) => `hop ${index + 1}`), "target"];
  const total = Object.values(told.ms).reduce((most, one) => Math.max(most, one), 0);
  const broke = verdict.fault === null ? Number.POSITIVE_INFINITY : verdict.hop === 0 ? 1 : verdict.hop;
  const legs = names.slice(1).map((_, index): PictureLeg => {
    const place = index + 1;
    if (place > broke) return { state: "unseen", label: "" };
    const status = told.status === null ? "" : `${told.status}, `;
    return {
      state: place === broke ? "broke" : "ok",
      label: place === Math.min(broke, hops.length + 1) ? `${status}${Math.round(total)} ms` : "",
    };
  });
  const url = told.spec.request.split(" ")[1] ?? "";
  const notes = ["", ...hops.map(formatHostPort), URL.canParse(url) ? new URL(url).host : ""];
  return drawHops({ hops: names.map((name, index) => ({ name, note: notes[index] ?? "" })), legs });
}
