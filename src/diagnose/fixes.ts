import type { Culprit } from "../core/fault.ts";
import { culpritOf, FAULTS } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Blame, Verdict } from "./diagnosis.ts";
import type { TestResult } from "./question.ts";

/** What is to be done: as the fault's row has it, unless the other tests have laid the fault to somebody else than its row does. */
export function fixOf({ attributed, spec }: TestResult, { culprit, hop }: Blame): Verdict["fix"] {
  const { fault, role } = attributed as AttributedFault;
  const own = FAULTS[fault.id].fix;
  const moved = culprit === culpritOf(fault, role) ? undefined : MOVED[culprit];
  const isTargets = culprit === "origin" || culprit === "edge";
  const wait = isTargets && DOWN.test(fault.id) ? SITE_IS_DOWN : "";
  const isChain = culprit === "exit" && (spec.exit?.hops.length ?? 0) > 1;
  return {
    client: `${wait}${isChain ? `Remove or replace hop ${hop}. ` : ""}${moved?.client ?? own.client}`,
    operator: moved?.operator ?? own.operator,
  };
}

const SITE_IS_DOWN = "The site is down: wait. Another exit does not help. ";

/** Nobody serves there. */
const DOWN = /^(?:connect\.|head\.(?:closed|reset|timeout)|handshake\.target_)/;

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
    client: "Use a route that works.",
    operator: "Look at this machine's firewall and way out, and whether its DNS gives it another address than others get.",
  },
  dns: {
    client: "Let the exit resolve the site's name (http://, socks5h://).",
    operator: "Compare this machine's resolver with another one; look into its cache and into /etc/hosts.",
  },
};
