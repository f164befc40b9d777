import { attribute } from "../blame/attribute.ts";
import { fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Connection } from "../net/connection.ts";
import { ClientHelloReader } from "../wire/tls-record.ts";
import { noteFault } from "./attempt-record.ts";
import type { Exchange } from "./exchange.ts";
import { watchFlight } from "./flight-watch.ts";
import { giveProbeBack } from "./learn.ts";
import type { Opened, Tunnel } from "./run-tunnel.ts";
import { convict, release, type Suspect } from "./suspects.ts";
import { takeRepeat } from "./target-repeats.ts";
import type { Ending } from "./tries.ts";

/** As much as one ClientHello may be. */
const FLIGHT_BYTES_MAX = 16 * 1024;

/** A tunnel whose sides may be joined. */
export interface Joined {
  readonly kind: "joined";
  readonly answer: Tunnel;
  /** Since the last byte of either side. */
  readonly silentMs: number;
  /** It was not watched: whether it works is still to be seen and told. */
  readonly unproved: Opened | null;
}

export type Flown = Joined | { readonly kind: "fault"; readonly attributed: AttributedFault };

/**
 * First-flight replay: after our success reply, as long as no byte of the exit went to the client and everything that the client sent
 * is exactly one TLS ClientHello, an exit that closes, resets, stays silent or answers with what is no TLS is replaced by a fresh one,
 * and the flight is sent again. The client sees one valid handshake. `docs/first-flight-replay.md` has the rules as a table.
 *
 *     client -ClientHello-> gateway -> exit A: closes           (nothing of A went to the client)
 *                                   -> exit B: ServerHello      -> client, from here on as it is
 */
export async function replayFirstFlight(
  exchange: Exchange,
  client: Connection,
  first: Opened,
  reopen: () => Promise<Ending<Tunnel>>,
): Promise<Flown> {
  if (!mayReplay(exchange, first)) return { kind: "joined", answer: first.answer, silentMs: 0, unproved: first };
  const { clock, settings } = exchange.context;
  const flight = new ClientHelloReader(FLIGHT_BYTES_MAX);
  const suspects: Suspect[] = [];
  let opened = first;
  for (;;) {
    const { hop, route, record } = opened.answer;
    const hopNumber = record.route.length;
    const { tls: tlsMs, tunnelIdle: idleMs } = settings.timeouts;
    const onSilence = () => giveProbeBack(exchange);
    const end = await watchFlight({ client, hop, flight, hopNumber, tlsMs, idleMs, onSilence, now: () => clock.now() });
    if (end.kind === "commit") {
      if (end.alert !== null) exchange.note(`the far side answered the ClientHello with ${end.alert}`);
      if (!end.answered) release(suspects);
      opened.settle(end.quiet ? "unjudged" : "answered");
      if (end.answered) convict(suspects); // the answer speaks for the target, so it comes first
      return { kind: "joined", answer: opened.answer, silentMs: end.silentMs, unproved: null };
    }
    if (end.kind === "left") {
      hop.destroy();
      opened.settle("unjudged");
      return giveUp(suspects, {
        fault: fault("client.closed_waiting", "the client left before the far side answered"),
        role: "target",
        hop: 0,
      });
    }
    const attributed = attribute(end.failure, route);
    noteFault(record, attributed);
    suspects.push({ opened, attributed });
    opened.freeTurn(); // else the next one could wait for it
    // What the flight met counts as any attempt that may have reached the target; its deadline starts anew, since the client saw success.
    exchange.reached += 1;
    if (exchange.probe !== null || exchange.reached >= exchange.attemptsMax || !takeRepeat(exchange)) return giveUp(suspects, attributed);
    exchange.deadline = Math.max(exchange.deadline, clock.now() + exchange.totalMs);
    const next = await whileListening(exchange, client, reopen);
    if (next.kind === "fault") return giveUp(suspects, exchange.clientFault === null ? attributed : next.attributed);
    opened = next;
  }
}

/** Between two watches: a client that leaves stops the next dial; what it says beyond its flight waits. */
async function whileListening<T>(exchange: Exchange, client: Connection, reopen: () => Promise<T>): Promise<T> {
  client.own({ onData: (chunk) => client.unread(chunk), onEnd() {}, onClose: () => exchange.onLeft(), onDrain() {} });
  try {
    return await reopen();
  } finally {
    client.disown();
  }
}

/** A direct route has no fresh exit to go to; a hard session may not move to one. */
function mayReplay(exchange: Exchange, { answer }: Opened): boolean {
  return exchange.context.settings.firstFlightReplay && answer.route.exit !== null && exchange.request.params.session?.hard !== true;
}

function giveUp(suspects: readonly Suspect[], attributed: AttributedFault): Flown {
  const told = release(suspects);
  return { kind: "fault", attributed: told.get(attributed) ?? attributed };
}
