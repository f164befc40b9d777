import { randomBytes } from "node:crypto";
import type { Exit, Target } from "../core/route.ts";
import type { Calls, Turn } from "./calls.ts";
import { isSocks, resolvingThere } from "./contact.ts";
import type { Findings } from "./findings.ts";
import { BROWSER_FIELDS } from "./target-calls.ts";

/** Asks through a proxy for a name that cannot exist (RFC 6761 6.4): whatever answers there is a lie of its resolver, or its own. */
export async function lookForDnsLies(
  { calls, exit, findings }: { readonly calls: Calls; readonly exit: Exit; readonly findings: Findings },
  turn: Turn,
): Promise<void> {
  const host = `www.${randomBytes(NAME_BYTES).toString("hex")}.invalid`;
  const target: Target = { scheme: "http", host, port: HTTP_PORT };
  const resolving = resolvingThere(exit);
  const { clock, timeoutMs } = calls.context;
  const deadline = Math.min(turn.deadline, clock.now() + timeoutMs / PATIENCE_SHARE);
  const way = { exit: resolving, target, tunnel: isSocks(exit), verify: true };
  const compose = () => ({ method: "GET", url: new URL(`http://${host}/`), fields: BROWSER_FIELDS, body: null });
  const reply = await calls.call(way, compose, { ...turn, deadline });
  if (reply.kind === "failed") return;
  reply.answered.connection?.destroy();
  const { status } = reply.answered.head;
  if (status >= 400) return;
  findings.addLie({ fault: "honesty.dns_lies", details: `a name that cannot exist (${host}) answered ${status}` });
}

/** A search for a name may take long, and nothing else waits for it. */
const PATIENCE_SHARE = 2;
const NAME_BYTES = 6;
const HTTP_PORT = 80;
