import type { Gateway } from "../app.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../core/settings.ts";
import { type GatewayFlags, loadGatewayConfig } from "./gateway-flags.ts";
import { openGateway } from "./open-gateway.ts";
import { tellStart } from "./startup.ts";
import { untilEnded } from "./until-ended.ts";

/** Runs the gateway until SIGTERM or SIGINT, which let exchanges in flight finish; a second one does not. SIGHUP reads the config again. */
export async function serve(flags: GatewayFlags): Promise<number> {
  const load = () => loadGatewayConfig(flags, (flag) => `goodgateway serve ${flag}`);
  const config = load();
  const ended = untilEnded();
  await using gateway = await openGateway(config, { log: (line) => console.error(line) });
  for (const line of tellStart(config, gateway)) console.error(line);

  const reload = reloader(gateway, config, load);
  process.on("SIGHUP", reload);
  await ended;
  process.off("SIGHUP", reload);
  await gateway.drain(config.exchange.timeouts.drain);
  return 0;
}

function reloader(gateway: Gateway, first: Config, load: () => Config): () => void {
  let inForce = first;
  return () => {
    void (async () => {
      try {
        const config = load();
        if (!sameAddresses(inForce, config))
          tell(config, "warning", "message", "listen and admin keep their addresses and certificates until a restart");
        await gateway.reload(config);
        inForce = config;
        tell(config, "config-changed", "summary", "the config was read again");
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const reason = error instanceof ConfigError || error.name === "UsageError" ? error.message : (error.stack ?? error.message);
        tell(inForce, "config-refused", "reason", reason);
      }
    })();
  };
}

function sameAddresses(before: Config, after: Config): boolean {
  const places = ({ listeners, admin }: Config) =>
    JSON.stringify([listeners.map(({ host, port, tls }) => [host, port, tls]), admin && [admin.host, admin.port, admin.token]]);
  return places(before) === places(after);
}

function tell(config: Config, event: "config-changed" | "config-refused" | "warning", key: string, text: string): void {
  const at = new Date().toISOString();
  if (config.log.format === "json") console.error(JSON.stringify({ at, event, [key]: text }));
  else console.error(`${at.slice(0, 19)}Z ${WORDS[event]}: ${text}`);
}

const WORDS = {
  "config-changed": "config changed",
  "config-refused": "config refused, the old one stays in force",
  warning: "warning",
} as const;
