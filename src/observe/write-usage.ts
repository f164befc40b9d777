import type { Exposition } from "./exposition.ts";

/** What was spent over the exits of one tier of one provider. */
export interface KindUsage {
  readonly tier: string;
  readonly provider: string;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly cost: number;
}

/** The families that tell it. */
export function writeUsage(to: Exposition, kinds: readonly KindUsage[]): void {
  const [requests, bytes, cost] = [
    "goodgateway_usage_requests_total",
    "goodgateway_usage_bytes_total",
    "goodgateway_usage_cost_total",
  ] as const;
  to.family(requests, "counter", "Attempts over exits, by the exit's tier and provider.");
  for (const { tier, provider, requests: value } of kinds) to.sample(requests, { tier, provider }, value);
  to.family(bytes, "counter", "Bytes of attempts over exits, by the exit's tier and provider.");
  for (const { tier, provider, bytesIn, bytesOut } of kinds) {
    to.sample(bytes, { tier, provider, direction: "received" }, bytesIn).sample(bytes, { tier, provider, direction: "sent" }, bytesOut);
  }
  to.family(cost, "counter", "What these bytes cost, by the prices of the config.");
  for (const { tier, provider, cost: value } of kinds) to.sample(cost, { tier, provider }, value);
}
