// The public API, name by name. What is not here may change without notice.
export { type Gateway, type GatewayOptions, startGateway } from "./app.ts";
export { ConfigError } from "./config/config-error.ts";
export { configFrom } from "./config/config-from.ts";
export { defaultConfig } from "./config/defaults.ts";
export { type LoadOptions, loadConfig } from "./config/load.ts";
export { type ConfigFlags, NO_FLAGS } from "./config/resolve.ts";
export type { HostPort } from "./core/address.ts";
export type { GatewayEvent } from "./core/event.ts";
export type { Culprit, FaultId, FaultRow, Stage } from "./core/fault.ts";
export { FAULTS } from "./core/fault-table.ts";
export type { AttemptRecord, ExchangeRecord, Outcome, Verdict } from "./core/ledger.ts";
export type { Exit, ExitHop } from "./core/route.ts";
export type { Config } from "./core/settings.ts";
