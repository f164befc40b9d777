import { mannerOf } from "../blame/manners.ts";
import { roundMs } from "../core/clock.ts";
import { fault } from "../core/fault.ts";
import { confidenceOf, culpritOf, stageOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { ExitScheme } from "../core/route.ts";
import { judgeAnonymity, type OwnPlace } from "./anonymity.ts";
import type { Failed, Spent } from "./calls.ts";
import { fixOf } from "./check-fixes.ts";
import type { CheckedFault, CheckResult, Finding } from "./check-result.ts";
import type { JudgeReply } from "./judge-calls.ts";
import type { Lie } from "./lie.ts";

export type Ability = keyof CheckResult["can"];

/** Kept of a proxy that lies or rotates without end. */
const LIES_MAX = 12;
const ADDRESSES_MAX = 16;
const SENTENCES_MAX = 24;

/** What a check has found out about a proxy so far. */
export class Findings {
  readonly can: Record<Ability, Finding>;
  readonly lies: Lie[] = [];
  readonly unverified: string[] = [];
  readonly exitAddresses: string[] = [];
  /** What else it was tried by, while it was measured. */
  readonly schemes: { readonly scheme: ExitScheme; readonly failed: Failed | null }[] = [];
  bytesPerSecond: number | null = null;
  /** Fresh connections whose times were taken, and those of them that were for a plain request. */
  samples = 0;
  plainSamples = 0;
  readonly #place: OwnPlace;
  readonly #times: Record<keyof Spent, number[]> = { dns: [], connect: [], tls: [], handshake: [], firstByte: [], total: [] };
  readonly #evidence: string[] = [];
  #level: CheckResult["anonymity"]["level"] = "unknown";
  readonly #levelEvidence: string[] = [];
  #genuine = 0;
  #unsigned = 0;
  #addresses = 0;

  constructor(place: OwnPlace) {
    this.#place = place;
    this.can = { http: OPEN, https: OPEN, connect: OPEN, connectOther: OPEN, ipv6: OPEN, remoteDns: OPEN, keepAlive: OPEN };
  }

  /** A judge's answer: what it proves, and what of us it tells. `isPlain`: it is of a plain request on a fresh connection. */
  addReply(reply: JudgeReply, isPlain: boolean): void {
    this.addTimes(reply.replied.ms, isPlain);
    this.addProof(reply);
  }

  /** As addReply, of an answer whose times are of no interest. */
  addProof({ sent, judged, lies }: JudgeReply): void {
    for (const lie of lies) this.addLie(lie);
    const { payload } = judged;
    if (payload === null) return;
    if (judged.isSigned) this.#genuine++;
    else this.#unsigned++;
    if (judged.addedFields.length > 0) this.addEvidence(`${judged.addedFields.join(", ")} came with the answer, which is harmless`);
    this.#addAddress(payload.address);
    const { level, evidence } = judgeAnonymity(sent, payload, this.#place);
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.#level)) this.#riseTo(level, evidence);
    else for (const sentence of evidence) addOnce(this.#levelEvidence, sentence, SENTENCES_MAX);
  }

  /** Of a tunnel, those until it stands count: what comes out of it has another way behind it. */
  addTimes(ms: Spent, isPlain: boolean): void {
    for (const stage of STAGES) {
      const value = ms[stage];
      if (value !== undefined && (isPlain || (stage !== "firstByte" && stage !== "total"))) this.#times[stage].push(value);
    }
    if (ms.connect !== undefined) this.samples++;
    if (isPlain) this.plainSamples++;
  }

  addLie(lie: Lie): void {
    if (this.lies.length < LIES_MAX && !this.lies.some(({ fault: id, details }) => id === lie.fault && details === lie.details))
      this.lies.push(lie);
  }

  /** For its honesty. */
  addEvidence(sentence: string): void {
    addOnce(this.#evidence, sentence, SENTENCES_MAX);
  }

  cannotVerify(sentence: string): void {
    addOnce(this.unverified, sentence, SENTENCES_MAX);
  }

  get ms(): CheckResult["ms"] {
    const medians = STAGES.flatMap((stage) => (this.#times[stage].length === 0 ? [] : [[stage, medianOf(this.#times[stage])]]));
    return medians.length === 0 ? null : Object.fromEntries(medians);
  }

  get anonymity(): CheckResult["anonymity"] {
    return { level: this.#level, evidence: this.#levelEvidence };
  }

  get honesty(): CheckResult["honesty"] {
    const { lies } = this;
    if (lies.length > 0) return { verdict: "dishonest", lies, evidence: [...lies.map(({ details }) => details), ...this.#evidence] };
    if (this.#genuine === 0) return { verdict: "unknown", lies, evidence: this.#evidence };
    const proof = `${this.#genuine} ${this.#genuine === 1 ? "answer" : "answers"} came as the judge signed ${this.#genuine === 1 ? "it" : "them"}`;
    return { verdict: "honest", lies, evidence: [proof, ...this.#evidence] };
  }

  /** Null: it was seen but once. */
  get rotates(): boolean | null {
    if (this.#addresses < 2) return null;
    const byFamily = (isSix: boolean) => this.exitAddresses.filter((address) => address.includes(":") === isSix).length;
    return byFamily(true) > 1 || byFamily(false) > 1;
  }

  /** A judge answered that does not sign. */
  get isUnsigned(): boolean {
    return this.#unsigned > 0 && this.#genuine === 0;
  }

  /** What shows the level stands first, so that nothing that was found before takes its place. */
  #riseTo(level: CheckResult["anonymity"]["level"], evidence: readonly string[]): void {
    this.#level = level;
    const before = this.#levelEvidence.splice(0);
    for (const sentence of [...evidence, ...before]) addOnce(this.#levelEvidence, sentence, SENTENCES_MAX);
  }

  #addAddress(address: string): void {
    if (address === "") return;
    this.#addresses++;
    addOnce(this.exitAddresses, address, ADDRESSES_MAX);
  }
}

/** A failure as results tell it. */
export function checkedFault({ fault: value, role, hop }: AttributedFault): CheckedFault {
  return {
    id: value.id,
    culprit: culpritOf(value, role),
    confidence: confidenceOf(value),
    stage: stageOf(value),
    hop,
    details: value.details,
    fix: fixOf(value.id),
  };
}

/** A lie as the fault that it is. */
export function faultOfLie({ fault: id, details }: Lie, hop: number): AttributedFault {
  return { fault: fault(id, details), role: "exit", hop };
}

/** What weighs most, and first of its kind. */
export function worstOf(lies: readonly Lie[]): Lie | null {
  for (const id of WORST) {
    const found = lies.find(({ fault: own }) => own === id);
    if (found !== undefined) return found;
  }
  return null;
}

/** Who sees secrets, who makes things up, who changes them. */
const WORST: readonly Lie["fault"][] = [
  "honesty.tls_intercepted",
  "honesty.fake_answer",
  "honesty.content_changed",
  "honesty.request_changed",
  "honesty.redirected",
  "honesty.stale_answer",
  "honesty.dns_lies",
];

/** What ends by a time limit for want of time leaves the ability unknown, and so does who was asked too often. */
export function cannot(failed: Failed): Finding {
  if (isOutOfTime(failed)) return NO_TIME;
  const { attributed } = failed;
  return { ok: attributed.fault.id === "handshake.rate_limited" ? null : false, details: tell(attributed) };
}

export function isOutOfTime({ attributed, wasHurried }: Failed): boolean {
  return wasHurried && mannerOf(attributed.fault.id) === "silence";
}

export const NO_TIME: Finding = { ok: null, details: "the rest took so long that no time was left" };

export function tell({ fault: value }: AttributedFault): string {
  return `${value.details} (${value.id})`;
}

export const OPEN: Finding = { ok: null, details: "not looked at" };

const LEVELS: readonly CheckResult["anonymity"]["level"][] = ["unknown", "elite", "anonymous", "transparent"];
const STAGES: readonly (keyof Spent)[] = ["dns", "connect", "tls", "handshake", "firstByte", "total"];

function addOnce(sentences: string[], sentence: string, max: number): void {
  if (sentences.length < max && !sentences.includes(sentence)) sentences.push(sentence);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : roundMs((upper + (sorted[middle - 1] as number)) / 2);
}
