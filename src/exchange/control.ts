import { culpritOf, stageOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { CircuitRules } from "../core/settings.ts";
import type { Connection } from "../net/connection.ts";
import { HopStream } from "../net/hop-stream.ts";
import type { Circuit, TargetFailure } from "../pool/circuit.ts";
import { circuitScopeOf } from "../pool/circuit-scope.ts";
import { writeRequestHead } from "../wire/http1/request-writer.ts";
import { checkRoute, checkTarget } from "./check-target.ts";
import type { Choice } from "./choose.ts";
import { Exchange } from "./exchange.ts";
import { fillExit } from "./fill-exit.ts";
import { openRoute } from "./open-route.ts";
import { planTunnel } from "./plan.ts";

/** What a control connection showed. `failed`: as the exits did; null: nothing of the target. */
interface Shown {
  readonly failed: boolean | null;
  readonly words: string;
}

const NOTHING: Shown = { failed: null, words: "" };

/**
 * In doubt whether a target is down or our exits are unwelcome there, asks it another way: over a direct connection, or an exit with a tag.
 * In the background, and with nothing of the client's but the path.
 *
 *     gateway -[exit with the tag ->]- target: connect, and for a request HEAD
 */
export async function runControl(doubtful: Exchange, circuit: Circuit, failure: TargetFailure): Promise<void> {
  const { circuits, settings, clock, onBug } = doubtful.context;
  let shown = NOTHING;
  try {
    shown = await ask(doubtful, circuit, failure.attributed);
  } catch (bug) {
    onBug(bug);
  } finally {
    circuits.controlled(circuit, failure, { ...shown, rules: settings.circuit, now: clock.now() });
  }
}

async function ask(doubtful: Exchange, circuit: Circuit, attributed: AttributedFault): Promise<Shown> {
  const { context, request } = doubtful;
  const exchange = new Exchange(context, { ...request, method: circuit.path === null ? "CONNECT" : "HEAD", params: NO_PARAMS });
  const checked = await checkTarget(exchange);
  const choice = "fault" in checked ? null : take(exchange, context.settings.circuit.control);
  if (choice === null || "fault" in checked) return NOTHING;
  const usable = await checkRoute(exchange, checked, choice.route);
  const record = exchange.openAttempt(choice.route);
  const deadline = exchange.startedAt + context.settings.timeouts.head;
  const isTls = request.target.scheme === "https" || stageOf(attributed.fault) === "tls";
  const plan = planTunnel(choice.route, "fault" in usable ? null : usable.addresses);
  const dial = plan.target === null ? plan : { ...plan, target: { ...plan.target, tls: isTls } };
  const opened = "fault" in usable ? null : await openRoute(exchange, dial, { route: choice.route, deadline, lane: null }, record);
  if (opened === null) return end(exchange, choice, null);
  if ("attributed" in opened) return end(exchange, choice, opened.attributed);
  const status = circuit.path === null ? null : await askHead(exchange, opened.connection, doubtful.path ?? circuit.path);
  opened.connection.destroy();
  return conclude(exchange, choice, record, { isAsked: circuit.path !== null, status });
}

/** A way that the exits of the doubt have no part in. */
function take(exchange: Exchange, control: CircuitRules["control"]): Choice | null {
  const { target } = exchange.request;
  if (control === "never") return null;
  if (control === "direct") return { route: { exit: null, target }, lease: null, slot: null };
  const params = { ...NO_PARAMS, filter: { exit: null, tags: { tag: [control.tag] } } };
  const lease = exchange.context.pool.take({ target, params }, new Set());
  return lease === null ? null : { route: { exit: fillExit(lease.exit, params, lease.session), target }, lease, slot: null };
}

/** It could not be asked, or did not get there: only what is the target's tells something. */
function end(exchange: Exchange, { route, lease }: Choice, attributed: AttributedFault | null): Shown {
  const { pool } = exchange.context;
  if (attributed === null) {
    if (lease !== null) pool.settle(lease, { kind: "unjudged" });
    return NOTHING;
  }
  const { fault, role } = attributed;
  const culprit = culpritOf(fault, role);
  const outcome = { kind: "failed", fault, role, culprit } as const;
  if (lease === null) pool.recordDirect(route.target, outcome);
  else pool.settle(lease, outcome);
  if (culprit === "exit" || culprit === "gateway") return NOTHING;
  const failed = circuitScopeOf(fault.id, culprit, null) !== null;
  return { failed, words: `${tellWay(route.exit?.id ?? null)} failed too: ${fault.id}, ${fault.details}` };
}

function conclude(
  exchange: Exchange,
  { route, lease }: Choice,
  { ms }: AttemptRecord,
  { isAsked, status }: { readonly isAsked: boolean; readonly status: number | null },
): Shown {
  const { pool } = exchange.context;
  const isDown = isAsked && (status === null || circuitScopeOf("relay.origin_5xx", "origin", status) !== null);
  const outcome = isDown ? ({ kind: "unjudged" } as const) : ({ kind: "answered", ms: (ms.connect ?? 0) + (ms.handshake ?? 0) } as const);
  if (lease === null) pool.recordDirect(route.target, outcome);
  else pool.settle(lease, outcome);
  const what = status === null ? "no answer" : `answered ${status}`;
  return { failed: isDown, words: isDown ? `${tellWay(route.exit?.id ?? null)} failed too: ${what}` : "" };
}

/** The status of the answer to a HEAD; null without one. */
function askHead(exchange: Exchange, connection: Connection, path: string): Promise<number | null> {
  const { settings, clock } = exchange.context;
  const { limits, tolerances, timeouts } = settings;
  const { resolve, promise } = Promise.withResolvers<number | null>();
  const options = { clock, tolerances, limits: limits.message, method: "HEAD", role: "target", hop: 1, reused: false } as const;
  const hop = new HopStream(
    connection,
    { ...options, startedAt: clock.now() },
    { onInterim() {}, onHead: ({ status }) => resolve(status), onFailure: () => resolve(null), onRoom() {} },
  );
  const timer = setTimeout(() => resolve(null), timeouts.head);
  const { scheme, host, port } = exchange.request.target;
  const isUsualPort = port === (scheme === "https" ? 443 : 80);
  const name = host.includes(":") ? `[${host}]` : host;
  hop.write(
    writeRequestHead({
      method: "HEAD",
      target: path,
      host: isUsualPort ? name : `${name}:${port}`,
      fields: [],
      framing: { kind: "none" },
      upgrade: null,
      proxyAuthorization: null,
      via: null,
      close: true,
      expectContinue: false,
    }),
  );
  hop.listen();
  hop.sent();
  return promise.finally(() => clearTimeout(timer));
}

function tellWay(exit: string | null): string {
  return exit === null ? "a direct connection" : `a connection through the exit ${exit}`;
}
