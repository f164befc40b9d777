// A gateway within a program of your own: start-gateway.ts EXIT-LIST URL

import { ProxyAgent, request } from "undici";
import { configFrom, type ExchangeRecord, startGateway } from "../src/index.ts"; // from "goodgateway" where the package is installed

const [list = "examples/exits.txt", url = "http://example.com/"] = process.argv.slice(2);

// The keys are those of goodgateway.yaml. Port 0 takes a free one.
const config = configFrom({ listen: 0, admin: "off", exits: [{ file: list }], timeouts: { total: "20s" } });

await using gateway = await startGateway(config, {
  log: (line) => console.error(line),
  report(event) {
    if (event.type === "exchange-ended") tell(event.record);
  },
});

const [address] = gateway.addresses;
const dispatcher = new ProxyAgent({ uri: `http://${address?.host}:${address?.port}`, proxyTunnel: false });
const { statusCode, body } = await request(url, { dispatcher });
console.log(`${statusCode}, ${(await body.text()).length} characters`);
await dispatcher.close();

function tell({ outcome, target, attempts, verdict }: ExchangeRecord): void {
  const way = attempts.map(({ exit, fault }) => `${exit ?? "direct"} ${fault ?? "answered"}`).join(", ");
  console.log(`${outcome}: ${target} (${way})`);
  if (verdict !== null) console.log(`${verdict.culprit} broke: ${verdict.evidence[0]}. ${verdict.fix.client}`);
}
