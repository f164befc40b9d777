import { OUR_ACCOUNT } from "../blame/verdict.ts";
import { type Culprit, type Fault, isOfTargetSide } from "../core/fault.ts";
import { culpritOf, FAULTS } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { HopRole } from "../core/route.ts";
import type { Blame, Verdict } from "./diagnosis.ts";
import { inOwnWords } from "./in-own-words.ts";
import type { TestResult } from "./question.ts";

/**
 * What is to be done: as the fault's row has it, unless the other tests have laid the fault to somebody else than its row does. Rows speak
 * of clients of a gateway and of its operator; whoever runs a diagnosis is both.
 */
export function fixOf(broken: TestResult, blame: Blame): Verdict["fix"] {
  const { attributed, spec } = broken;
  const { culprit, hop } = blame;
  const { fault, role } = attributed as AttributedFault;
  const fix = movedFix(fault, role, culprit) ?? FAULTS[fault.id].fix;
  const say = (text: string) => withDetails(inOwnWords(text, broken, blame), fault);
  const [client, operator] = [say(fix.client), say(fix.operator)];
  if (culprit === "exit") return { client: withoutIt(client, spec.exit?.hops.length ?? 0, hop), operator };
  if (culprit === "gateway" && (client === NOTHING || spec.exit === null)) return { client: operator, operator };
  return { client: `${isOfTargetSide(culprit) && DOWN.test(fault.id) ? SITE_IS_DOWN : ""}${client}`, operator };
}

/** What is to be done as the evidence says is told at once. */
function withDetails(text: string, { details }: Fault): string {
  const words = details.replace(/\.? \(.*$/s, "").replace(/^The /, "the ");
  return text.replace(/ (?:as|that) the evidence (?:says|names)\.?$/, () => `: ${words}.`);
}

/** An exit that is broken is done without; more is said only where that has more to it. */
function withoutIt(client: string, hops: number, hop: number): string {
  const isGeneral = OF_ANY_HOP.test(client);
  if (hops > 1) return `Remove or replace hop ${hop}.${isGeneral ? "" : ` ${client}`}`;
  return isGeneral && !client.startsWith(ANOTHER_EXIT) ? `${ANOTHER_EXIT}.` : client;
}

const ANOTHER_EXIT = "Use another exit";

function movedFix(fault: Fault, role: HopRole, culprit: Culprit): Verdict["fix"] | undefined {
  if (fault.id === "relay.exit_5xx" && culprit === "gateway") return OUR_ACCOUNT;
  if (fault.id === "relay.exit_5xx" && culprit === "origin") return SITE_FAILED_EXIT;
  if (fault.id.startsWith("tls.cert_") && role === "target" && culprit === "exit") return INTERCEPTED;
  if (fault.id === "relay.blocked" && culprit === culpritOf(fault, role)) return { ...FAULTS[fault.id].fix, operator: LET_IN };
  if (culprit !== culpritOf(fault, role)) return MOVED[culprit];
  return culprit === "network" ? { client: ANOTHER_WAY, operator: FAULTS[fault.id].fix.operator } : undefined;
}

const LET_IN = "Let this address in at the site's edge, or ask less of clients there.";
const ANOTHER_WAY = "Go another way: through a proxy, or from another network.";

const NOTHING = "Nothing to do on the client.";
/** What helps only where there is no other hop to take. */
const OF_ANY_HOP = /^(?:Try again|Nothing to do|Check |Wait |Ask again|Clear |Try later|Use CONNECT|Use the scheme|Use another exit)/;
const SITE_IS_DOWN = "The site is down: wait. Another exit does not help. ";

/** Nobody serves there. */
const DOWN = /^(?:connect\.|head\.(?:closed|reset|timeout)|handshake\.target_)/;

/** The exit says that it is the site which does not answer, and others agree or nobody was asked. */
const SITE_FAILED_EXIT: Verdict["fix"] = {
  client: "The site is down, or does not let this exit in: wait. If it works without a proxy, use another exit.",
  operator: "Look whether the site runs and takes connections; the exit's own words are in its answer.",
};

/** Who shows a certificate in the site's place ends TLS itself. */
const INTERCEPTED: Verdict["fix"] = {
  client: "Use another exit: whoever holds that certificate reads all that goes over https://.",
  operator: "Switch the interception of TLS off; where it is wanted, have clients trust its authority (NODE_EXTRA_CA_CERTS).",
};

const MOVED: Partial<Readonly<Record<Culprit, Verdict["fix"]>>> = {
  exit: {
    client: "Use another exit: the site answers without this one.",
    operator: "Look at the exit's own DNS, firewall and way out; if they are well, the site does not let this exit in.",
  },
  edge: {
    client: "Use another exit, or ask more slowly: the site answers others.",
    operator: "Let this exit's address in at the site's edge.",
  },
  network: {
    client: ANOTHER_WAY,
    operator: "Look at this machine's firewall and way out, and whether its DNS gives it another address than others get.",
  },
  dns: {
    client: "Let the exit resolve the site's name (http://, socks5h://).",
    operator: "Compare this machine's resolver with another one; look into its cache and into /etc/hosts.",
  },
};
