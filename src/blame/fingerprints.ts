import { fieldValue, fieldValues, type RawFields } from "../core/message.ts";
import { MAKERS, MARKS, type MakerSide } from "./fingerprint-table.ts";
import type { Mark } from "./mark.ts";

/** A gateway that was on the way of an answer. */
export interface Fingerprint {
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  readonly side: MakerSide;
  /** Its marks prove that it generated the answer, and did not only pass it on. */
  readonly made: boolean;
  /** Sum of the weights of its marks. */
  readonly weight: number;
}

/**
 * The gateways that left marks on an answer, those that made it first, the surest first of these. No mark proves nothing: pages can be
 * replaced. A page's text beats a field (a `Server: cloudflare` 502 whose page ends in nginx's name was made by the origin's nginx).
 *
 * @param text the body's beginning as latin1.
 */
export function identify(status: number, fields: RawFields, text: string): Fingerprint[] {
  const found = new Map<string, { made: boolean; weight: number }>();
  for (const mark of MARKS) {
    if (!isLeft(mark, status, fields, text)) continue;
    const sum = found.get(mark.id) ?? { made: false, weight: 0 };
    sum.weight += mark.weight;
    sum.made ||= mark.made;
    found.set(mark.id, sum);
  }
  return [...found].map(toFingerprint).sort((a, b) => Number(b.made) - Number(a.made) || b.weight - a.weight);
}

function isLeft(mark: Mark, status: number, fields: RawFields, text: string): boolean {
  if (mark.statuses !== undefined && !mark.statuses.includes(status)) return false;
  if (mark.unless?.[1].test(fieldValues(fields, mark.unless[0]).join())) return false;
  if (mark.without !== undefined && fieldValue(fields, mark.without) !== null) return false;
  if (mark.field !== undefined) {
    const value = fieldValue(fields, mark.field[0]);
    if (value === null || !mark.field[1].test(value)) return false;
  }
  return mark.body === undefined || mark.body.test(text);
}

function toFingerprint([id, { made, weight }]: [string, { made: boolean; weight: number }]): Fingerprint {
  const { name, side } = MAKERS[id] as (typeof MAKERS)[string];
  return { id, name, side, made, weight };
}
