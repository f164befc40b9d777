import { matchTimer } from "../../blame/known-timers.ts";
import type { IncidentIndex } from "./incident-index.ts";
import type { Incident } from "./incidents.ts";
import type { AnyFaultId } from "./log-event.ts";

/** What else the logs tell. */
export interface Surroundings {
  readonly index: IncidentIndex;
  /** Requests that were answered without a failure; 0 where no log has such lines. */
  readonly answered: number;
}

/** What the pattern of an incident speaks for, beyond what its lines say. */
export function suspicionsOf(one: Incident, around: Surroundings): string[] {
  return [keepAliveRace(one, around), ladder(one)].filter((words) => words !== null);
}

const CLOSED: ReadonlySet<AnyFaultId> = new Set<AnyFaultId>(["head.closed", "head.closed_empty", "head.reset", "head.keepalive_race"]);
const RACE_MIN = 3;
const POSTS_SHARE_MIN = 0.5;
/** Of the times between its first and its last failure more are free of any. */
const BUSY_SHARE_MAX = 0.5;
/** In a race nearly all requests are answered. */
const FAILED_SHARE_MAX = 0.1;

/**
 * An idle connection that the backend closes just as a request goes out: single failures now and then, of whatever is asked for, at a backend
 * that otherwise answers. A crash is a burst, and new connections fail with it; what fails each time, or always for the same request, is the
 * application's.
 */
function keepAliveRace(one: Incident, { index, answered }: Surroundings): string | null {
  if (!CLOSED.has(one.fault) || one.count < RACE_MIN) return null;
  const { counts } = one.bars.read();
  const isSteady = counts.filter((count) => count > 0).length > counts.length * BUSY_SHARE_MAX;
  const isSame = one.targets.complete && one.targets.size === 1 && one.clients.complete && one.clients.size <= 1;
  const isOften = answered > 0 && one.count > (answered + one.count) * FAILED_SHARE_MAX;
  const fails = index.at(one.backend).some((other) => other.fault.startsWith("connect.") && isDuring(one, other));
  if (isSteady || isSame || isOften || fails) return null;
  const methods = one.methods.read();
  const posts = methods.filter(({ text }) => !IDEMPOTENT.has(text)).reduce((sum, { count }) => sum + count, 0);
  const why =
    posts >= one.count * POSTS_SHARE_MIN
      ? `they come one by one, and ${posts} of ${one.count} are of methods that a gateway does not repeat, as it does silently with GET`
      : "they come one by one, and new connections to it do not fail";
  return `this may be a keep-alive race: ${why}. If the backend closes idle connections sooner than the gateway lets go of them, make its keep-alive time longer than the gateway's`;
}

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

function isDuring(one: Incident, other: Incident): boolean {
  if (one.first === null || other.first === null) return true;
  return other.first <= (one.last ?? 0) && (other.last ?? 0) >= one.first;
}

const WAITING: ReadonlySet<AnyFaultId> = new Set<AnyFaultId>([
  "client.closed_waiting",
  "head.timeout",
  "answer.504",
  "answer.502",
  "body.idle_timeout",
  "tunnel.idle_timeout",
  "gateway.queue_timeout",
  "connect.timeout",
  "connect.failed",
]);
const SAME_TIME_MIN = 3;
const SAME_TIME_SHARE = 0.5;
const SECONDS_MIN = 1;
/** A limit is hit within so much of it. */
const NEAR_SECONDS_MAX = 0.25;

/** Requests that all end after the same time were ended by a limit: whose, and whether it is in the right order with the others. */
function ladder(one: Incident): string | null {
  if (!WAITING.has(one.fault)) return null;
  const times = one.times.read().map(({ text, count }) => ({ seconds: Number(text), count }));
  const [mode] = times;
  if (mode === undefined || mode.seconds < SECONDS_MIN) return null;
  const near = times
    .filter(({ seconds }) => Math.abs(seconds - mode.seconds) <= NEAR_SECONDS_MAX)
    .reduce((sum, { count }) => sum + count, 0);
  if (near < SAME_TIME_MIN || near < one.count * SAME_TIME_SHARE) return null;
  const seconds = Math.round(mode.seconds * 2) / 2;
  if (one.fault === "client.closed_waiting")
    return `${near} of ${one.count} clients left after ${seconds} s each: somebody in front has a limit of ${seconds} s, shorter than this gateway's. Limits must grow outwards: application < gateway < edge < client`;
  const timer = matchTimer(mode.seconds * 1000, one.program === "alb" ? "aws-alb" : one.program);
  return `${near} of ${one.count} ended after ${seconds} s: a time limit, not a crash${timer === null ? "" : ` (${timer.replace(/^it came after [^:]*: /, "")})`}. Raise it only with every limit in front of it: application < gateway < edge < client`;
}
