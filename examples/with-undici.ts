// Requests through a gateway that runs, and who broke what: with-undici.ts PROXY URL...
import { ProxyAgent, request } from "undici";

const [proxy = "http://127.0.0.1:8502", ...urls] = process.argv.slice(2);

// Without proxyTunnel an http:// request goes to the gateway whole, so that it can judge and repeat it.
const dispatcher = new ProxyAgent({ uri: proxy, proxyTunnel: false });

for (const url of urls) {
  try {
    const { statusCode, headers, body } = await request(url, { dispatcher });
    console.log([url, statusCode, headers["proxy-status"]].join(" ").trimEnd());
    await body.dump();
  } catch (error) {
    // A refused CONNECT: undici tells its status alone; the gateway's log and /api/exchanges have the story.
    console.log(`${url} failed: ${error instanceof Error ? error.message : error}`);
  }
}
await dispatcher.close();
