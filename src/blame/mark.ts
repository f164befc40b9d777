/** One mark that a gateway leaves on an answer. */
export interface Mark {
  readonly id: string;
  /** How much it proves, 1 to 7; the marks of one product add up. */
  readonly weight: number;
  /** Proves that the product GENERATED the answer; else only that it was on the way. */
  readonly made: boolean;
  readonly field?: readonly [name: string, pattern: RegExp];
  readonly body?: RegExp;
  readonly statuses?: readonly number[];
  /** A field that must be absent. */
  readonly without?: string;
  /** A value that the field must not have. */
  readonly unless?: readonly [name: string, pattern: RegExp];
}

export function made(id: string, weight: number, where: Omit<Mark, "id" | "weight" | "made">): Mark {
  return { id, weight, made: true, ...where };
}

export function onTheWay(id: string, name: string, pattern: RegExp, weight: number = 1): Mark {
  return { id, weight, made: false, field: [name, pattern] };
}

export const GATEWAY_STATUSES: readonly number[] = [502, 503, 504];
