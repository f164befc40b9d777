import { randomBytes } from "node:crypto";
import type { Target } from "../core/route.ts";
import type { Turn } from "./calls.ts";
import { isSocks, resolvingThere } from "./contact.ts";
import { type Measuring, NOTHING_THERE, turnOf } from "./measuring.ts";
import type { Talk } from "./talk.ts";
import { BROWSER_FIELDS } from "./target-calls.ts";
import type { Outgoing, Way } from "./way.ts";

/** Asks through a proxy for a name that cannot exist (RFC 6761 6.4): whatever answers there is a lie of its resolver, or its own. */
export async function lookForDnsLies(measuring: Measuring, talk: Talk): Promise<void> {
  const { calls, exit, findings, first } = measuring;
  const host = `www.${randomBytes(NAME_BYTES).toString("hex")}.invalid`;
  const target: Target = { scheme: "http", host, port: HTTP_PORT };
  const { clock, timeoutMs } = calls.context;
  const turn: Turn = turnOf(measuring);
  const patient: Turn = { ...turn, deadline: Math.min(turn.deadline, clock.now() + timeoutMs / PATIENCE_SHARE) };
  const outgoing: Outgoing = { method: "GET", url: new URL(`http://${host}/`), fields: BROWSER_FIELDS, body: null };
  const way: Way = { exit: resolvingThere(exit), target, tunnel: isSocks(exit) || first.replied.way.tunnel, verify: true };
  const same = way.tunnel ? null : await talk.askLast(outgoing, patient);
  const reply = same ?? (await calls.call(way, () => outgoing, patient));
  if (reply.kind === "failed") return;
  reply.answered.connection?.destroy();
  const { status } = reply.answered.head;
  // An HTTP proxy says by an error that it found nobody; in a tunnel it has no word, and who misses a page there is a web server.
  if (status >= 400 && !(way.tunnel && NOTHING_THERE.includes(status))) return;
  findings.addLie({ fault: "honesty.dns_lies", details: `a name that cannot exist (${host}) answered ${status}` });
}

/** A search for a name may take long, and nothing else waits for it. */
const PATIENCE_SHARE = 2;
const NAME_BYTES = 6;
const HTTP_PORT = 80;
