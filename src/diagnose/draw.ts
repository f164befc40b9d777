import { drawHops, type HopPicture, type PictureLeg } from "../blame/hop-picture.ts";
import { formatHostPort } from "../core/address.ts";
import { wholeRoutes } from "./conclude.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { TestResult } from "./question.ts";

/** The way of the request that the verdict is about, and where it broke. Null: no route was tried. */
export function drawDiagnosis(diagnosis: Diagnosis, widthMax: number = Number.POSITIVE_INFINITY): string | null {
  const picture = pictureOf(diagnosis);
  return picture === null ? null : drawHops(picture, widthMax);
}

/** The same, to be drawn in another manner. */
export function pictureOf({ verdict, tests, broken }: Diagnosis): HopPicture | null {
  const told = broken ?? wholeRoutes(tests)[0];
  if (told === undefined) return null;
  const hops = told.spec.exit?.hops ?? [];
  const last = hops.length + 1;
  const broke = verdict.fault === null ? Number.POSITIVE_INFINITY : Math.max(1, verdict.hop);
  const end = Math.min(broke, last);
  const legs = Array.from({ length: last }, (_, index): PictureLeg => {
    const place = index + 1;
    if (place > broke) return { state: "unseen", label: "" };
    return { state: place === broke ? "broke" : "ok", label: labelOf(told, place, end) };
  });
  const isEdges = verdict.culprit === "edge" && end === last;
  const names = ["client", ...hops.map((_, index) => `hop ${index + 1}`), isEdges ? "edge" : "target", ...(isEdges ? ["origin"] : [])];
  const notes = ["", ...hops.map(formatHostPort), told.spec.url.host];
  return {
    hops: names.map((name, index) => ({ name, note: notes[index] ?? "" })),
    legs: isEdges ? [...legs, { state: "unseen", label: "" }] : legs,
  };
}

/** To the nearest hop what it took to reach it; where the way ends, what came back, and when. */
function labelOf({ status, ms }: TestResult, place: number, end: number): string {
  const opening = (ms.dns ?? 0) + (ms.connect ?? 0);
  if (place < end) return place === 1 ? `${Math.round(opening)} ms` : "";
  const total = ms.total ?? opening + (ms.handshake ?? 0) + (ms.tls ?? 0);
  return `${status === null ? "" : `${status}, `}${Math.round(end === 1 ? total : Math.max(0, total - opening))} ms`;
}
