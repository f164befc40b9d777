import { type Fault, type FaultId, fault } from "../core/fault.ts";
import { fieldValue, fieldValues, type RawFields } from "../core/message.ts";
import type { Rule, RuleAction, RuleWhen, Ruling } from "../core/rule.ts";
import { retryAfterMs } from "./claims/read-claim.ts";
import { type Glob, matchesWhole, matchesWithin, toGlob } from "./glob.ts";

/** Bytes of a body that rules look at, after decompression. */
export const RULED_BYTES_MAX: number = 4 * 1024;

/** What rules see of an answer's head. */
export interface RuledHead {
  readonly status: number;
  readonly fields: RawFields;
  /** Lower case. */
  readonly host: string;
  /** From the attempt's start. */
  readonly ms: number;
}

/** Rules made ready to be asked often. Answers that none can match cost one look into a table. */
export class Rules {
  readonly #rules: readonly ReadyRule[];
  /** By status: 1 where a rule may match an answer of it that is no fault. */
  readonly #statuses: Uint8Array = new Uint8Array(STATUSES_MAX);
  readonly #onFaults: readonly ReadyRule[];

  /** @param rules the first that matches decides. */
  constructor(rules: readonly Rule[]) {
    this.#rules = rules.map(toReady);
    this.#onFaults = this.#rules.filter((rule) => rule.fault !== null && !rule.needsAnswer);
    for (const { statuses, fault: ofFault } of this.#rules) {
      if (ofFault === null) for (let status = 0; status < STATUSES_MAX; status++) this.#statuses[status] ||= statuses[status] as number;
    }
  }

  /** Whether a rule may match an answer with this status that is no fault in itself. */
  mayConcern(status: number): boolean {
    return this.#statuses[status] === 1;
  }

  /** The rules whose conditions on the head all hold: what is left is for `ruleOn`. */
  shortlist(head: RuledHead): readonly ReadyRule[] {
    return this.#rules.filter((rule) => rule.statuses[head.status] === 1 && fitsHead(rule, head));
  }

  /** The rule for an attempt that ended without an answer. */
  ruleOnFault(value: Fault, host: string): Ruling | null {
    if (this.#onFaults.length === 0) return null;
    const found = this.#onFaults.find((rule) => isOneOf(rule.hosts, host) && matchesWhole(rule.fault as Glob, value.id));
    return found === undefined ? null : toRuling(found.rule, value.retryAfterMs);
  }
}

/** Whether one of them has to see the body. */
export function needsBody(shortlist: readonly ReadyRule[]): boolean {
  return shortlist.some(({ bodies }) => bodies.length > 0);
}

/**
 * The first rule that an answer matches, with the fault that it makes of it. Null: none.
 * @param shortlist those that its head matches.
 * @param body its start, decompressed; empty where it could not be read.
 * @param judged what the answer is already known to be, if a fault.
 */
export function ruleOn(
  shortlist: readonly ReadyRule[],
  head: RuledHead,
  body: Uint8Array,
  judged: Fault | null,
): { readonly ruling: Ruling; readonly fault: Fault | null } | null {
  if (shortlist.length === 0) return null;
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, RULED_BYTES_MAX)).toString("latin1").toLowerCase();
  for (const ready of shortlist) {
    const seen = ready.bodies.length === 0 ? null : ready.bodies.findIndex((glob) => matchesWithin(glob, text));
    if (seen === -1 || !fitsFault(ready, judged)) continue;
    const wait = retryAfterMs(head.fields);
    const words = tell(ready.rule, head, seen === null ? null : (ready.rule.when.body[seen] as string));
    return { ruling: toRuling(ready.rule, wait), fault: faultOf(ready.rule, words, { status: head.status, wait, judged }) };
  }
  return null;
}

/** Three digits. */
const STATUSES_MAX = 1000;

/** A rule with its patterns made ready. */
export interface ReadyRule {
  readonly rule: Rule;
  /** By status: 1 where it matches. */
  readonly statuses: Uint8Array;
  readonly headers: readonly { readonly name: string; readonly glob: Glob; readonly turned: boolean }[];
  readonly bodies: readonly Glob[];
  readonly hosts: readonly Glob[];
  readonly fault: Glob | null;
  /** It looks at what only an answer has. */
  readonly needsAnswer: boolean;
}

function toReady(rule: Rule): ReadyRule {
  const { when } = rule;
  const headers = Object.entries(when.header).map(([name, pattern]) => {
    const turned = pattern.startsWith("!");
    return { name: name.toLowerCase(), glob: toGlob(turned ? pattern.slice(1) : pattern), turned };
  });
  return {
    rule,
    statuses: toStatuses(when),
    headers,
    bodies: when.body.map(toGlob),
    hosts: when.host.map(toGlob),
    fault: when.fault === null ? null : toGlob(when.fault),
    needsAnswer: when.status.length > 0 || headers.length > 0 || when.body.length > 0 || when.slowerThan !== null,
  };
}

function toStatuses({ status }: RuleWhen): Uint8Array {
  const statuses = new Uint8Array(STATUSES_MAX);
  if (status.length === 0) return statuses.fill(1);
  for (const one of status) {
    if (typeof one === "number") statuses[one] = 1;
    else statuses.fill(1, Number(one[0]) * CLASS_STATUSES, (Number(one[0]) + 1) * CLASS_STATUSES);
  }
  return statuses;
}

/** Statuses of one class. */
const CLASS_STATUSES = 0x64;

function fitsHead({ rule, headers, hosts }: ReadyRule, { fields, host, ms }: RuledHead): boolean {
  const { slowerThan } = rule.when;
  if (slowerThan !== null && ms < slowerThan) return false;
  return isOneOf(hosts, host) && headers.every(({ name, glob, turned }) => hasField(fields, name, glob) !== turned);
}

function hasField(fields: RawFields, name: string, glob: Glob): boolean {
  if (fieldValue(fields, name) === null) return false;
  return fieldValues(fields, name).some((value) => matchesWhole(glob, value.toLowerCase()));
}

function fitsFault({ fault: glob }: ReadyRule, judged: Fault | null): boolean {
  return glob === null || (judged !== null && matchesWhole(glob, judged.id));
}

function isOneOf(globs: readonly Glob[], text: string): boolean {
  return globs.length === 0 || globs.some((glob) => matchesWhole(glob, text));
}

function toRuling({ name, actions }: Rule, waitMs: number | null): Ruling {
  const has = (action: RuleAction): boolean => actions.includes(action);
  return {
    rule: name,
    retry: has("retry"),
    benchForTarget: has("bench-for-target") || has("blocked") || has("rate-limited"),
    bench: has("bench"),
    tierUp: has("tier-up"),
    forMs: waitMs ?? 0,
  };
}

interface Seen {
  readonly status: number;
  readonly wait: number | null;
  readonly judged: Fault | null;
}

/** A rule that neither marks nor repeats leaves an answer what it was. */
function faultOf({ actions }: Rule, words: string, { status, wait, judged }: Seen): Fault | null {
  const marked: FaultId | null = actions.includes("blocked")
    ? "relay.blocked"
    : actions.includes("rate-limited")
      ? "relay.rate_limited"
      : null;
  if (marked === null && (judged !== null || !actions.includes("retry"))) return judged;
  return fault(marked ?? "relay.ruled", words, { params: { "received-status": status }, retryAfterMs: wait });
}

/** What was seen, in the rule's own patterns: nothing of a page is quoted. */
function tell({ name, when }: Rule, { status, ms }: RuledHead, body: string | null): string {
  const signs = [
    ...Object.entries(when.header).map(([field, pattern]) => `${field}: ${pattern}`),
    ...(body === null ? [] : [`"${body}" in its body`]),
    ...(when.slowerThan === null ? [] : [`after ${Math.round(ms)} ms`]),
  ];
  return `the answer is a ${status}${signs.length === 0 ? "" : ` with ${signs.join(", ")}`} (rule ${name})`;
}
