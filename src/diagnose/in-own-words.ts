import { isOfTargetSide } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Blame } from "./diagnosis.ts";
import type { TestResult } from "./question.ts";

/**
 * A sentence of the fault table, as whoever runs a diagnosis means it. The table speaks to clients and operators of a gateway: of hops and
 * peers, of what the gateway has or may do, and of the details that it tells beside; no gateway of ours is on the way here.
 */
export function inOwnWords(sentence: string, { spec, attributed }: TestResult, { culprit, hop }: Blame): string {
  const { role } = attributed as AttributedFault;
  const exit = (spec.exit?.hops.length ?? 0) > 1 ? `proxy at hop ${hop}` : "exit";
  // What came out of an exit's tunnel and is laid to the exit is nobody's by name; what an exit passed on is the site's.
  const farEnd = culprit === "exit" ? "far end" : "site";
  const whose = role === "target" || isOfTargetSide(culprit) ? farEnd : exit;
  const own = sentence.replace(OWN_SETTING, "").replace(/\b([Tt]he|this) (?:hop|peer)\b(?! that)/g, `$1 ${whose}`);
  const told = WORDS.reduce((text, [theirs, ours]) => text.replace(theirs, ours), own);
  return spec.exit === null ? told.replaceAll("this exit", "this machine") : told;
}

/** No limit of ours can be raised. */
const OWN_SETTING = /,? or raise (?:limits|timeouts)\.\w+(?: for slow ones)?(?=\.$)/;

const WORDS: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/than the gateway's limit\b/g, "than what is taken here"],
  [/\blet the gateway connect\b/g, "let this program connect"],
  [/\bthe gateway\b/g, "this machine"],
  [/\bThe gateway\b/g, "This machine"],
  [/the details (name|quote|say)\b/g, "the evidence $1s"],
  [/the details\b/g, "the evidence"],
];
