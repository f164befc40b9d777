import type { Weighed } from "../../src/blame/evidence.ts";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { formatHostPort } from "../../src/core/address.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Target } from "../../src/core/route.ts";
import type { Circuit } from "../../src/pool/circuit.ts";
import { circuitScopeOf } from "../../src/pool/circuit-scope.ts";
import { Circuits } from "../../src/pool/circuits.ts";
import { isTargets } from "../../src/pool/consequences.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { Pool } from "../../src/pool/pool.ts";
import type { Attempt, Policy, PolicyContext } from "./policies.ts";
import { Score } from "./score.ts";
import type { Symptom } from "./symptoms.ts";
import type { Tried } from "./world.ts";

/** The pool and the circuits that ship, with their defaults, in the order in which an exchange asks them. */
export class LearningPool implements Policy {
  readonly score: Score = new Score();
  readonly #context: PolicyContext;
  readonly #pool: Pool;
  readonly #circuits: Circuits;
  /** By the number of the attempt. */
  readonly #open = new Map<number, { readonly lease: Lease; readonly startedAt: number }>();
  /** By the number of the request that finds out whether its target is back. */
  readonly #probes = new Map<number, Circuit>();
  #benches = 0;
  #joined = 0;

  constructor(context: PolicyContext) {
    const { clock, random } = context;
    const report = (event: GatewayEvent) => {
      if (event.type === "hop-changed" && (event.to === "benched" || event.to === "dead")) this.#benches++;
    };
    this.#context = context;
    this.#pool = new Pool({ settings: DEFAULTS.pool, clock, random, report });
    this.#circuits = new Circuits({ random, report });
  }

  take({ number, request, target, tried }: Attempt): number | null {
    const now = this.#context.clock.now();
    const asked = this.#target(target);
    this.#load(now);
    if (!this.#probes.has(request)) {
      const gate = this.#circuits.gate(formatHostPort(asked), PATH, now);
      if (gate.kind === "open") return null;
      if (gate.kind === "probe") this.#probes.set(request, gate.circuit);
    }
    const lease = this.#pool.take({ target: asked, params: NO_PARAMS }, new Set(Array.from(tried, (exit) => `e${exit}`)));
    if (lease === null) return null;
    this.#open.set(number, { lease, startedAt: now });
    return Number(lease.exit.id.slice(1));
  }

  settle({ number, request, target }: Attempt, exit: number, tried: Tried): void {
    const { lease, startedAt } = this.#open.get(number) as { lease: Lease; startedAt: number };
    this.#open.delete(number);
    const asked = this.#target(target);
    const where = { target: formatHostPort(asked), path: PATH };
    if (tried.ok) {
      this.#pool.settle(lease, { kind: "answered", ms: tried.ms });
      this.#circuits.worked(where, startedAt, DEFAULTS.circuit, this.#context.clock.now());
      this.#probes.delete(request);
      return;
    }
    const before = this.#benches;
    const weighed = this.#pool.settle(lease, { kind: "failed", ...tried.failure }) as Weighed;
    this.score.count(tried.truth, weighed, this.#benches > before);
    if (isTargets(tried.failure, weighed)) this.#countForCircuit(where, tried, { exit, request, asked });
  }

  ended(request: number): void {
    const probe = this.#probes.get(request);
    if (probe !== undefined) this.#circuits.giveProbeBack(probe, this.#context.clock.now());
    this.#probes.delete(request);
  }

  /** As the exit list changes. */
  #load(now: number): void {
    const { world } = this.#context;
    const joined = world.exits.filter((_, exit) => world.hasJoined(exit, now));
    if (joined.length === this.#joined) return;
    this.#joined = joined.length;
    this.#pool.load(joined);
  }

  #countForCircuit(where: { target: string; path: string }, { failure }: Symptom, by: Asked): void {
    const { fault, role, culprit } = failure;
    const status = fault.id.startsWith("relay.") ? 503 : null;
    const scope = circuitScopeOf(fault.id, culprit, status);
    if (scope === null) return;
    const counted = {
      attributed: { fault, role, hop: 2 },
      status,
      exit: `e${by.exit}`,
      kin: this.#context.world.kinOf(by.exit),
      exchange: `${by.request}`,
      isProbe: this.#probes.delete(by.request),
    };
    const now = this.#context.clock.now();
    const ways = this.#pool.waysTo(by.asked);
    this.#circuits.failed({ ...where, scope }, counted, { ways, rules: DEFAULTS.circuit, now });
  }

  #target(number: number): Target {
    return this.#context.world.targets[number] as Target;
  }
}

interface Asked {
  readonly exit: number;
  readonly request: number;
  readonly asked: Target;
}

const PATH = "/";
