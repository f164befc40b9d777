/** Fields in their order, case and value: name, value, name, value, … as latin1 text. Values have no surrounding whitespace. */
export type RawFields = readonly string[];

/** How a message's body ends (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

export interface RequestHead {
  readonly method: string;
  /** As it was sent: origin-form, absolute-form, authority-form or `*`. */
  readonly target: string;
  /** The 0 or 1 of HTTP/1.x. */
  readonly minor: 0 | 1;
  readonly fields: RawFields;
  readonly framing: Framing;
  /** The connection may carry another request after this one. */
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  /** The Upgrade field where Connection lists it, else null. */
  readonly upgrade: string | null;
  /** The Host field, else null (HTTP/1.0). */
  readonly host: string | null;
  /** Size of the head on the wire. */
  readonly bytes: number;
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly minor: 0 | 1;
  readonly fields: RawFields;
  readonly framing: Framing;
  readonly keepAlive: boolean;
  /** `Keep-Alive: timeout=N` in milliseconds, else null. */
  readonly keepAliveMs: number | null;
  readonly upgrade: string | null;
  /** Tolerances that were used, by their names in the settings. */
  readonly tolerated: readonly string[];
  readonly bytes: number;
}

/** The answer of a hop that did not open the tunnel: evidence, never forwarded. */
export interface RefusedConnect {
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
  /** At most 16 KiB. */
  readonly body: Uint8Array;
}

/** The first value of a field, by its lower-case name; null where it is absent. */
export function fieldValue(fields: RawFields, name: string): string | null {
  for (let i = 0; i < fields.length; i += 2) {
    const candidate = fields[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return fields[i + 1] as string;
  }
  return null;
}

/** All values of a field, in order. */
export function fieldValues(fields: RawFields, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const candidate = fields[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(fields[i + 1] as string);
  }
  return values;
}

/** The others in their order; `name` in lower case. */
export function withoutField(fields: RawFields, name: string): RawFields {
  return fields.filter((_, i) => (fields[i - (i % 2)] as string).toLowerCase() !== name);
}
