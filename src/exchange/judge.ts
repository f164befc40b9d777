import { judgeAnswer, placeAnswerFault } from "../blame/relayed.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { ResponseHead } from "../core/message.ts";
import type { HopRole, Route } from "../core/route.ts";
import type { Answer } from "./answer.ts";

/** Bytes of an answer's body that are read before it is judged. */
const EVIDENCE_BYTES = 16 * 1024;

/** Only answers that somebody on the way may have made need a look: errors, and from an exit also a success with nothing in it. */
export function needsJudging({ status, framing }: ResponseHead, role: HopRole): boolean {
  if (status >= 500) return true;
  if (role !== "exit") return false;
  return status >= 400 || (status === 200 && framing.kind === "length" && framing.length === 0);
}

/** Who made an answer, by its head and the start of its body; null: the site, and there is nothing to say. */
export async function judgeHeld(
  answer: Answer,
  way: { readonly role: HopRole; readonly authenticated: boolean; readonly route: Route },
  evidenceMs: number,
): Promise<AttributedFault | null> {
  await answer.collect(EVIDENCE_BYTES, evidenceMs);
  const { role, authenticated, route } = way;
  const judged = judgeAnswer(answer.head, answer.evidence, { exit: role === "exit", authenticated, target: route.target });
  return judged === null ? null : placeAnswerFault(judged, route);
}

/** RFC 9110 7.8: a server switches to a protocol that the client has listed, or not at all. Null: it has done so. */
export function judgeUpgrade({ status, upgrade }: ResponseHead, asked: string | null): Fault | null {
  if (status !== 101) return null;
  const listed = protocolsOf(asked);
  const chosen = protocolsOf(upgrade);
  if (chosen.length > 0 && chosen.every((protocol) => listed.includes(protocol))) return null;
  const details = `the answer switches to ${upgrade ?? "nothing that it names"}; asked for was ${asked ?? "no other protocol"}`;
  return fault("head.upgrade_failed", details);
}

function protocolsOf(upgrade: string | null): readonly string[] {
  const protocols = upgrade === null ? [] : upgrade.toLowerCase().split(",");
  return protocols.map((protocol) => protocol.trim());
}
