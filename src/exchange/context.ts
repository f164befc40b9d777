import type { Clock, Random } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import type { ExchangeSettings } from "../core/settings.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import type { Deadlines } from "../net/deadlines.ts";
import type { IdleSockets } from "../net/idle-sockets.ts";
import type { Resolver } from "../net/resolve.ts";
import type { Circuits } from "../pool/circuits.ts";
import type { Pool } from "../pool/pool.ts";
import type { HedgeBook } from "./hedge-book.ts";
import type { Revisions } from "./revisions.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** What all exchanges of a gateway share. `settings` is replaced as a whole by a reload. */
export interface ExchangeContext {
  settings: ExchangeSettings;
  readonly pool: Pool;
  /** Where exchanges wait for their turn at what is at a limit. */
  readonly room: WaitingRoom;
  readonly hedges: HedgeBook;
  readonly circuits: Circuits;
  readonly revisions: Revisions;
  readonly idle: IdleSockets;
  readonly resolver: Resolver;
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly random: Random;
  readonly report: Report;
  /** Hears of a bug in what nobody waits for. */
  readonly onBug: (bug: unknown) => void;
  readonly nextId: () => string;
  /** Dialling one of these would be a loop. */
  readonly isOwnListener: (address: string, port: number) => boolean;
}
