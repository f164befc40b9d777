import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { which } from "../tests/real/peers/programs.ts";
import { type ListedRun, measureListed } from "./measure/listed-command.ts";

const CURLS = 64;

/**
 * A plain loop of curl, which asks each as HTTP for one page; null: this machine has none.
 *
 * @param judge a server that is up; what curl gets from it does not matter.
 */
export async function runCurl(lines: readonly string[], judge: string, timeoutS: number): Promise<ListedRun | null> {
  if (which("curl") === null || which("xargs") === null) return null;
  const curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "-m", String(timeoutS), "-x", "http://{}", `http://${judge}/`];
  return await measureListed(["xargs", "-P", String(CURLS), "-I", "{}", ...curl], lines, (line) => line);
}

/** Debian's `proxycheck`, in C: it asks each as HTTP, SOCKS5 and SOCKS4 for a tunnel to a server that greets; null: this machine has none. */
export async function runProxycheck(lines: readonly string[], timeoutS: number): Promise<ListedRun | null> {
  if (which("proxycheck") === null || which("xargs") === null) return null;
  await using greeter = await startGreeter();
  const at = ["-d", `127.0.0.1:${greeter.port}`, "-c", `chat::${GREETING}`, "-t", String(timeoutS)];
  const many = ["-m", String(CONNECTIONS), "-M", String(CONNECTIONS)];
  const probes = lines.flatMap((line) => {
    const [host, port] = line.split(":");
    return PROTOCOLS.map((protocol) => `${host}:${protocol}:${port}`);
  });
  const working = new Set<string>();
  return await measureListed(["xargs", "-n", String(PROBES_PER_RUN), "proxycheck", ...at, ...many], probes, (line) => {
    const [, host, port] = /^(\S+) \w+:(\d+) open/.exec(line) ?? [];
    const isNew = port !== undefined && !working.has(`${host}:${port}`);
    working.add(`${host}:${port}`);
    return isNew ? "works" : "works as something else too";
  });
}

const GREETING = "goodgateway-bench";
const PROTOCOLS = ["hc", "s5", "s4"] as const;
/** As many as `check` begins with. */
const CONNECTIONS = 512;
/** What a command line has room for. */
const PROBES_PER_RUN = 3000;

async function startGreeter(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume().end(`${GREETING}\r\n`);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: CONNECTIONS });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
