import type { FaultId } from "../core/fault.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { type Calls, type Failed, type Spent, type Turn, withoutConnection } from "./calls.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { askJudge, type JudgeQuery, type JudgeReply } from "./judge-calls.ts";
import { isClosed, revealedBy } from "./spoken.ts";
import type { TargetCheck } from "./target.ts";
import { askTarget, type TargetAnswer } from "./target-calls.ts";
import type { Outgoing, Way } from "./way.ts";

/** What can be asked through a proxy to see whether it is alive. */
export type Goal =
  | { readonly kind: "judge"; readonly judge: JudgeAddress }
  | { readonly kind: "target"; readonly check: TargetCheck }
  /** A tunnel to itself: nobody else sees anything of it. */
  | { readonly kind: "self" };

/** A proxy spoke the protocol of a scheme, and something came of it. */
export interface Met {
  readonly kind: "met";
  readonly scheme: ExitScheme;
  /** With that scheme. */
  readonly exit: Exit;
  /** The connection of its answer was given up: it has to wait for its turn, and many close what is idle for seconds. */
  readonly isLeft: boolean;
  readonly ms: Spent;
  /** Of a judge; null: none was asked. */
  readonly judged: { readonly judge: JudgeAddress; readonly reply: JudgeReply } | null;
  /** It takes CONNECT alone: what it made of a plain request. */
  readonly refusedPlain: Failed | null;
  /** Of the target; null: it was not asked. */
  readonly target: TargetAnswer | null;
}

/**
 * Meets a proxy by the scheme of its exit: asks for each goal in turn, as long as the proxy itself does not fail.
 *
 * @param isKnown the list says that it is this scheme, so that more than one way to ask is worth it.
 */
export function meet(calls: Calls, exit: Exit, goals: readonly Goal[], turn: Turn, isKnown: boolean): Promise<Met | Failed> {
  const [goal] = goals;
  // Mostly it is one, and then no frame of this has to wait beside those of thousands of silent proxies.
  return goal !== undefined && goals.length === 1
    ? meetFor(goal, calls, exit, turn, isKnown)
    : meetInTurn(calls, exit, goals, turn, isKnown);
}

async function meetInTurn(calls: Calls, exit: Exit, goals: readonly Goal[], turn: Turn, isKnown: boolean): Promise<Met | Failed> {
  let first: Failed | null = null;
  for (const goal of goals) {
    const met = await meetFor(goal, calls, exit, turn, isKnown);
    if (met.kind === "met") return met;
    if (isOurs(met)) return met;
    first ??= met;
    if (!isOfGoal(met)) break;
  }
  if (first === null) throw new TypeError("a proxy is met by at least one goal");
  return first;
}

/** Nothing more is asked over the connection of its answer. */
export function leave(outcome: Met | Failed): void {
  if (outcome.kind === "met") outcome.judged?.reply.replied.answered.connection?.destroy();
}

/** The same without that connection, and without what the judge saw, which has to be taken down before: thousands may have to wait. */
export function asLeft(met: Met): Met {
  const { judged } = met;
  if (judged === null) return met;
  const { judge, reply } = judged;
  const slim = { ...reply, judged: { ...reply.judged, payload: null }, replied: withoutConnection(reply.replied) };
  return { ...met, isLeft: true, judged: { judge, reply: slim } };
}

/** The exit as one of another scheme. */
export function withScheme(exit: Exit, scheme: ExitScheme): Exit {
  const last = exit.hops.at(-1) as ExitHop;
  return last.scheme === scheme ? exit : { ...exit, hops: [...exit.hops.slice(0, -1), { ...last, scheme }] };
}

/** The exit as one that resolves names itself. */
export function resolvingThere(exit: Exit): Exit {
  const scheme = schemeOf(exit);
  return withScheme(exit, scheme === "socks4" ? "socks4a" : scheme === "socks5" ? "socks5h" : scheme);
}

export function schemeOf(exit: Exit): ExitScheme {
  return (exit.hops.at(-1) as ExitHop).scheme;
}

export function isSocks(exit: Exit): boolean {
  return schemeOf(exit).startsWith("socks");
}

/** The proxy spoke its protocol, and would not or could not get there. */
export function isOfGoal({ attributed }: Failed): boolean {
  return attributed.role === "target" || REFUSALS.includes(attributed.fault.id);
}

const REFUSALS: readonly FaultId[] = [
  "handshake.connect_rejected",
  "handshake.policy_denied",
  "handshake.target_unreachable",
  "handshake.target_refused",
  "handshake.target_timeout",
  "handshake.target_unresolvable",
];

/** Not async, as are the others that only pass on: each frame that waits takes memory, and thousands of silent proxies have many of them. */
function meetFor(goal: Goal, calls: Calls, exit: Exit, turn: Turn, isKnown: boolean): Promise<Met | Failed> {
  switch (goal.kind) {
    case "judge":
      return meetByJudge(calls, exit, goal.judge, turn, isKnown);
    case "target":
      return meetByTarget(calls, exit, goal.check, turn);
    case "self":
      return meetBySelf(calls, exit, turn);
  }
}

async function meetByTarget(calls: Calls, exit: Exit, check: TargetCheck, turn: Turn): Promise<Met | Failed> {
  const target = await askTarget(calls, exit, check, turn);
  if (target.kind === "failed") return target;
  return { kind: "met", scheme: schemeOf(exit), exit, isLeft: false, ms: target.spent, judged: null, refusedPlain: null, target };
}

function meetByJudge(calls: Calls, exit: Exit, judge: JudgeAddress, turn: Turn, isKnown: boolean): Promise<Met | Failed> {
  const plain = plainQuery(exit, judge);
  return askJudge(calls, exit, judge, plain, turn).then((reply) => {
    if (reply.kind === "judged") return metJudge(exit, judge, reply, null);
    const isLast = plain.tunnel || !(isKnown || reply.spoken === "http") || !mayConnect(reply);
    return isLast ? reply : meetByConnect(calls, exit, judge, reply, turn);
  });
}

/** Some take CONNECT and nothing else, and a refused CONNECT tells more than a refused request. */
async function meetByConnect(calls: Calls, exit: Exit, judge: JudgeAddress, reply: Failed, turn: Turn): Promise<Met | Failed> {
  const scheme = judge.certificate === null ? "http" : "https";
  const second = await askJudge(calls, exit, judge, { ...plainQuery(exit, judge), scheme, tunnel: true }, turn);
  if (second.kind === "judged")
    return (await meetAgain(calls, exit, judge, { closed: reply, second }, turn)) ?? metJudge(exit, judge, second, reply);
  if (isMalformed(reply)) return reply;
  return second.spoken === "http" || reply.spoken === null || isOurs(second) ? second : reply;
}

/** It passes requests on, and nobody could read what it makes of the answers: a refused CONNECT hides that. */
function isMalformed({ attributed, spoken }: Failed): boolean {
  return spoken === "http" && /^(?:head\.bad_|body\.)/.test(attributed.fault.id);
}

/** This machine had no socket for it: another way to ask was not tried. */
function isOurs({ attributed }: Failed): boolean {
  return attributed.fault.id.startsWith("gateway.");
}

/** That a plain request was closed on may have been by chance. Null: it was not. */
async function meetAgain(
  calls: Calls,
  exit: Exit,
  judge: JudgeAddress,
  { closed, second }: { readonly closed: Failed; readonly second: JudgeReply },
  turn: Turn,
): Promise<Met | null> {
  if (!isClosed(closed)) return null;
  const reply = await askJudge(calls, exit, judge, plainQuery(exit, judge), turn);
  if (reply.kind === "failed") return null;
  second.replied.answered.connection?.destroy();
  return metJudge(exit, judge, reply, null);
}

/** The least that shows a proxy to work. */
function plainQuery(exit: Exit, { url, isSigned }: JudgeAddress): JudgeQuery {
  const scheme = url.protocol === "https:" && !isSigned ? "https" : "http";
  return { kind: "page", method: "GET", scheme, tunnel: isSocks(exit) || scheme === "https", host: null, like: null, isLong: false };
}

function metJudge(exit: Exit, judge: JudgeAddress, reply: JudgeReply, refusedPlain: Failed | null): Met {
  return {
    kind: "met",
    scheme: schemeOf(exit),
    exit,
    isLeft: false,
    ms: reply.replied.ms,
    judged: { judge, reply },
    refusedPlain,
    target: null,
  };
}

/** Neither silent nor out of reach, and not for want of a login or of TLS. */
function mayConnect(failed: Failed): boolean {
  const { attributed, spoken } = failed;
  const { id } = attributed.fault;
  if (revealedBy(failed) === "https") return false;
  if (id.startsWith("handshake.auth_") || id === "handshake.quota_exceeded") return false;
  return spoken === "http" || id === "head.closed_empty" || id === "head.reset";
}

async function meetBySelf(calls: Calls, exit: Exit, turn: Turn): Promise<Met | Failed> {
  const { host, port } = exit.hops.at(-1) as ExitHop;
  const isAsked = schemeOf(exit) === "http";
  const way: Way = { exit, target: { scheme: isAsked ? "http" : "tcp", host, port }, tunnel: true, verify: false };
  const compose = (): Outgoing => ({ method: "GET", url: NOWHERE, fields: [], body: null });
  // To CONNECT some web servers say 200 as to all else: what comes then is their page, where a proxy answers what it is asked through itself.
  const outcome = isAsked ? await calls.call(way, compose, turn) : await calls.open(way, turn);
  if (outcome.kind === "open") outcome.connection.destroy();
  else if (outcome.kind === "replied") outcome.answered.connection?.destroy();
  else if (outcome.attributed.role === "exit" ? !showsProxy(outcome, exit) : outcome.attributed.fault.id === "head.not_http")
    return outcome;
  return { kind: "met", scheme: schemeOf(exit), exit, isLeft: false, ms: outcome.ms, judged: null, refusedPlain: null, target: null };
}

/** Some proxies go by the Host of whatever comes in: by their own name they would ask themselves without end. */
const NOWHERE = new URL("http://nobody.invalid/");

/** A refusal as no web server gives it. */
function showsProxy({ attributed }: Failed, exit: Exit): boolean {
  const { id, params } = attributed.fault;
  if (!REFUSALS.includes(id)) return false;
  const status = params["received-status"];
  return id !== "handshake.connect_rejected" || isSocks(exit) || (typeof status === "number" && status > 501);
}
