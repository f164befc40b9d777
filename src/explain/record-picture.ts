import { drawHops, type HopPicture, type PictureHop, type PictureLeg } from "../blame/hop-picture.ts";
import type { AttemptRecord, ExchangeRecord } from "../core/ledger.ts";

/** Draws the way of an exchange's attempt that tells most: that of its verdict, else the last. */
export function drawRecord(record: ExchangeRecord, widthMax: number): string {
  return drawHops(pictureOf(record), widthMax);
}

function pictureOf({ attempts, verdict, client, target, status }: ExchangeRecord): HopPicture {
  const told = attempts.findLast(({ fault }) => fault !== null && fault === verdict?.fault) ?? attempts.at(-1);
  const start: PictureHop[] = [
    { name: "client", note: client.address },
    { name: "gateway", note: "" },
  ];
  const answered: PictureLeg = { state: "ok", label: status === null ? "" : String(status) };
  if (told === undefined) return { hops: [...start, { name: target, note: "" }], legs: [answered, { state: "unseen", label: "" }] };
  return { hops: [...start, ...told.route.map((address, index) => hopOf(told, address, index))], legs: [answered, ...legsOf(told)] };
}

function hopOf({ exit, route }: AttemptRecord, address: string, index: number): PictureHop {
  const isTarget = index === route.length - 1;
  if (isTarget || exit === null) return { name: address, note: "" };
  return route.length === 2 ? { name: `exit ${exit}`, note: address } : { name: `hop ${index + 1} of ${exit}`, note: address };
}

/** A hop's own leg is where it broke; what lies before it worked, and nothing is known of what lies beyond. */
function legsOf({ route, fault, hop, ms, status }: AttemptRecord): PictureLeg[] {
  const total = Object.values(ms).reduce((sum, one) => sum + one, 0);
  const broken = fault === null ? Number.POSITIVE_INFINITY : hop === 0 ? route.length : hop;
  return route.map((_, index) => {
    const place = index + 1;
    if (place === broken) return { state: "broke", label: `${Math.round(total)} ms` };
    if (place > broken) return { state: "unseen", label: "" };
    return { state: "ok", label: place === route.length && status !== null ? `${status}, ${Math.round(total)} ms` : "" };
  });
}
