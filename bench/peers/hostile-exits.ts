import { formatHostPort } from "../../src/core/address.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { BAD_SOCKS, BAD_TUNNELS } from "../../src/lab/bad-exits.ts";
import { afterBytes, afterHead } from "../../src/lab/behaviours.ts";
import { type Behaviour, findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { REFUSALS, type Refusal, refuses } from "../../src/lab/refusals.ts";

/** Exits of every way to misbehave that the lab knows, and none that works. */
export interface HostileExits extends AsyncDisposable {
  /** An exit list. Every third line says that it stands for many exits, so that it is tried again at once. */
  readonly lines: readonly string[];
}

/** Starts them all, on loopback. */
export async function startHostileExits(): Promise<HostileExits> {
  const running = new AsyncDisposableStack();
  const lines: string[] = [];
  const add = (scheme: string, address: string) => lines.push(`${scheme}://${address} rotating=${lines.length % 3 === 0}`);
  for (const [scheme, behave] of allBehaviours()) add(scheme, formatHostPort(running.use(await startLabServer(behave))));
  for (const scheme of ["http", "https", "socks5h", "socks4a"]) add(scheme, formatHostPort(await findClosedPort()));
  return { lines, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function* allBehaviours(): Generator<[scheme: string, Behaviour]> {
  for (const answer of Object.values(BAD_ANSWERS)) {
    yield ["http", afterHead(answer)];
    yield ["http", answer]; // it does not wait to be asked
    yield ["https", answer];
    yield ["socks5h", afterBytes(answer)];
  }
  for (const tunnel of Object.values(BAD_TUNNELS)) yield ["http", tunnel];
  for (const refusal of Object.keys(REFUSALS) as Refusal[]) yield ["http", refuses(refusal)];
  for (const socks of Object.values(BAD_SOCKS)) {
    yield ["socks5h", socks];
    yield ["socks4a", socks];
  }
}
