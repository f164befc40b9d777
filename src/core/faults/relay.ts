import { every, type FaultRows } from "./row.ts";

/** A 5xx answer that somebody further in made and the gateway relayed byte for byte. */
export type RelayFaultId = "relay.origin_5xx" | "relay.edge_5xx" | "relay.exit_5xx";

const base = { stage: "head", rfc: null, status: null, retry: every("wait") } as const;

export const RELAY_FAULTS: FaultRows<RelayFaultId> = {
  "relay.origin_5xx": {
    ...base,
    culprit: every("origin"),
    confidence: 0.6,
    summary: "The target's application answered with a 5xx of its own.",
    fix: { client: "Wait and try again; another exit does not help.", operator: "Read the application's log." },
  },
  "relay.edge_5xx": {
    ...base,
    culprit: every("edge"),
    confidence: 0.85,
    summary: "The reverse proxy or CDN in front of the target made this 5xx.",
    fix: {
      client: "Wait and try again; another exit does not help.",
      operator: "Read the edge's log; the details say what it had against its backend.",
    },
  },
  "relay.exit_5xx": {
    ...base,
    culprit: every("exit"),
    confidence: 0.85,
    summary: "The exit made this 5xx itself.",
    fix: { client: "Try again through another exit.", operator: "Read the exit's log; the details quote its own words." },
  },
};
