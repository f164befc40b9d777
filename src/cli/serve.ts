import type { Gateway } from "../app.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../core/settings.ts";
import { type GatewayFlags, loadGatewayConfig } from "./gateway-flags.ts";
import { openGateway } from "./open-gateway.ts";
import { tellStart } from "./startup.ts";
import { untilEnded } from "./until-ended.ts";
import { UsageError } from "./usage-error.ts";

/** Runs the gateway until SIGTERM or SIGINT, which let exchanges in flight finish; a second one does not. SIGHUP reads the config again. */
export async function serve(flags: GatewayFlags): Promise<number> {
  const load = () => loadGatewayConfig(flags, (flag) => `goodgateway serve ${flag}`);
  const config = load();
  const ended = untilEnded();
  const opened = Promise.withResolvers<Reloader>();
  const reload = () => void opened.promise.then((reloader) => reloader.reload()); // one that comes during the start waits for its end
  process.on("SIGHUP", reload);
  await using gateway = await openGateway(config, { log: (line) => console.error(line), ended });
  for (const line of tellStart(config, gateway)) console.error(line);

  const reloader = new Reloader(gateway, config, load);
  opened.resolve(reloader);
  await ended;
  process.off("SIGHUP", reload);
  await gateway.drain(reloader.inForce.exchange.timeouts.drain);
  return 0;
}

/** Reads the config again, one time after the other. */
class Reloader {
  inForce: Config;
  readonly #gateway: Gateway;
  readonly #load: () => Config;
  #last: Promise<void> = Promise.resolve();

  constructor(gateway: Gateway, first: Config, load: () => Config) {
    this.#gateway = gateway;
    this.inForce = first;
    this.#load = load;
  }

  reload(): void {
    this.#last = this.#last.then(() => this.#reloadOnce());
  }

  async #reloadOnce(): Promise<void> {
    const { report } = this.#gateway;
    try {
      const config = this.#load();
      if (!sameAddresses(this.inForce, config))
        report({ type: "warning", message: "listen keeps its addresses and certificates until a restart" });
      await this.#gateway.reload(config);
      this.inForce = config;
      report({ type: "config-changed", summary: "the config was read again" });
    } catch (error) {
      report({ type: "config-refused", reason: tellReason(error) });
    }
  }
}

function tellReason(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join("; ");
  if (error instanceof UsageError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function sameAddresses(before: Config, after: Config): boolean {
  const places = ({ listeners }: Config) => JSON.stringify(listeners.map(({ host, port, tls }) => [host, port, tls]));
  return places(before) === places(after);
}
