import { every, type FaultRows } from "./row.ts";

/** An answer that somebody further in made and the gateway relayed byte for byte: a 5xx, or one that a rule names. */
export type RelayFaultId =
  | "relay.origin_5xx"
  | "relay.edge_5xx"
  | "relay.exit_5xx"
  | "relay.blocked"
  | "relay.rate_limited"
  | "relay.ruled";

const base = { stage: "head", rfc: null, status: null, retry: every("wait") } as const;
/** Another exit may be welcome at once: nothing is broken that must recover. */
const refusal = { ...base, retry: every("idempotent") } as const;

export const RELAY_FAULTS: FaultRows<RelayFaultId> = {
  "relay.origin_5xx": {
    ...base,
    inDoubt: "always",
    culprit: every("origin"),
    confidence: 0.6,
    summary: "The target's application answered with a 5xx of its own.",
    fix: { client: "Wait and try again; another exit does not help.", operator: "Read the application's log." },
  },
  "relay.edge_5xx": {
    ...base,
    inDoubt: "never",
    culprit: every("edge"),
    confidence: 0.85,
    summary: "The reverse proxy or CDN in front of the target made this 5xx.",
    fix: {
      client: "Wait and try again; another exit does not help.",
      operator: "Read the edge's own log: it says why. `goodgateway explain LOG` tells what it says.",
    },
  },
  "relay.exit_5xx": {
    ...base,
    inDoubt: "never",
    culprit: every("exit"),
    confidence: 0.85,
    summary: "The exit made this 5xx itself.",
    fix: { client: "Try again through another exit.", operator: "Read the exit's log; the details quote its own words." },
  },
  "relay.blocked": {
    ...refusal,
    inDoubt: "never",
    culprit: every("edge"),
    confidence: 0.85,
    summary: "The target's side refuses this exit: the answer is a block page or a challenge, by a rule that the details name.",
    fix: {
      client: "Ask through other exits, of another kind or country, or more slowly.",
      operator: "Add exits that this target lets in; if the answer is no block, switch the rule off under rules.",
    },
  },
  "relay.rate_limited": {
    ...refusal,
    inDoubt: "never",
    culprit: every("edge"),
    confidence: 0.7,
    summary: "The target's side had too many requests of this exit, or of this account.",
    fix: { client: "Wait as long as Retry-After says; ask more slowly.", operator: "Spread this target's requests over more exits." },
  },
  "relay.ruled": {
    ...refusal,
    inDoubt: "never",
    culprit: every("origin"),
    confidence: 0.5,
    summary: "The answer is one that a rule of the config wants repeated through another exit.",
    fix: { client: "Read the answer: it is the target's own.", operator: "See the rule that the details name, under rules." },
  },
};
