import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ProxyAgent, fetch as undiciFetch } from "undici";
import type { HostPort } from "../../../src/core/address.ts";
import { findPython, which } from "../../real/peers/programs.ts";
import { curl, proxyUrl } from "../../real/run-command.ts";

/** A client that shows its user something of a URL. */
export interface Client extends AsyncDisposable {
  readonly name: string;
  /** What its user sees, at most a few lines. */
  see(url: string): Promise<string>;
}

export function curlClient(proxy: HostPort): Client {
  return {
    name: "curl",
    see: async (url) => {
      const { stdout, stderr } = await curl(proxyUrl("http", proxy), ["-k", "-m", String(SEE_MS_MAX / 1000), url]);
      return `${stdout}${stdout === "" || stdout.endsWith("\n") ? "" : "\n"}${stderr}`.trimEnd();
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** What a user waits for. */
const SEE_MS_MAX = 10_000;

const PYTHON = `
import sys, requests, urllib3
urllib3.disable_warnings()
proxy = sys.argv[1]
for line in sys.stdin:
    try:
        answer = requests.get(line.strip(), proxies={"http": proxy, "https": proxy}, timeout=10, verify=False)
        print(f"<Response [{answer.status_code}]>  reason: {answer.reason}", flush=True)
    except Exception as error:
        print(f"{type(error).__module__}.{type(error).__name__}: {error}".replace("\\n", " "), flush=True)
`;

/** Python's requests. Throws where there is none. */
export function pythonClient(proxy: HostPort): Client {
  const python = findPython();
  if (python === null) throw new Error("python3 with requests is needed (apt-get install python3-requests python3-socks)");
  const child = spawn(python, ["-c", PYTHON, proxyUrl("http", proxy)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    name: "Python requests",
    see: async (url) => {
      child.stdin.write(`${url}\n`);
      return String((await lines.next()).value).replace(/0x[0-9a-f]{6,}/g, "0x...");
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

/** Node's fetch, through undici's ProxyAgent. */
export function nodeClient(proxy: HostPort): Client {
  return {
    name: "Node fetch",
    see: async (url) => {
      await using agent = closing(new ProxyAgent({ uri: proxyUrl("http", proxy), requestTls: { rejectUnauthorized: false } }));
      try {
        const answer = await undiciFetch(url, { dispatcher: agent.agent, signal: AbortSignal.timeout(SEE_MS_MAX) });
        const words = `${answer.status} ${answer.statusText}`.trimEnd();
        return await answer.text().then(
          () => words,
          (error: unknown) => `${words}, then ${chain(error)}`,
        );
      } catch (error) {
        return chain(error);
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function closing(agent: ProxyAgent): AsyncDisposable & { readonly agent: ProxyAgent } {
  return { agent, [Symbol.asyncDispose]: () => agent.destroy() };
}

function chain(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    parts.push(`${at.name}: ${at.message}${code === undefined || at.message.includes(code) ? "" : ` (${code})`}`);
  }
  return parts.join(" <- ");
}

/** Chromium, by its own remote control. Throws where there is none. */
export async function chromiumClient(proxy: HostPort): Promise<Client> {
  const program = which("chromium");
  if (program === null) throw new Error("chromium is needed (apt-get install chromium)");
  const folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--ignore-certificate-errors"];
  const own = [`--user-data-dir=${folder.path}`, `--proxy-server=${proxyUrl("http", proxy)}`, "--disable-background-networking"];
  const child = spawn(program, [...flags, ...own, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  const port = await debuggingPort(child.stderr);
  const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { type: string; webSocketDebuggerUrl: string }[];
  const control = await RemoteControl.open(pages.find(({ type }) => type === "page")?.webSocketDebuggerUrl ?? "");
  return {
    name: "Chromium",
    see: async (url) => {
      control.failure = null;
      const { errorText } = await control.ask<{ errorText?: string }>("Page.navigate", { url });
      if (errorText !== undefined) return errorText.replace("net::", "");
      const { result } = await control.ask<{ result: { value?: string } }>("Runtime.evaluate", { expression: LOADED, awaitPromise: true });
      const shown = result.value?.trim() ?? "";
      return control.failure === null ? shown : `${shown === "" ? "an empty page" : shown}; in its network log ${control.failure}`;
    },
    [Symbol.asyncDispose]: async () => {
      control.close();
      child.kill();
      await once(child, "exit");
      await folder.remove();
    },
  };
}

/** The text of a page that has come, or of as much of it as comes in two seconds. */
const LOADED = `new Promise((done) => {
  const isThere = () => document.readyState === "complete" && done();
  isThere();
  addEventListener("load", isThere);
  setTimeout(done, 2000);
}).then(() => document.body?.innerText ?? "")`;

async function debuggingPort(stderr: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stderr)) {
    const port = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error("chromium ended before it could be controlled");
}

class RemoteControl {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  /** How the loading of a page ended that had begun well; null: well. */
  failure: string | null = null;
  #count = 0;

  static async open(url: string): Promise<RemoteControl> {
    const socket = new WebSocket(url);
    await once(socket, "open");
    const control = new RemoteControl(socket);
    await control.ask("Network.enable", {});
    return control;
  }

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, method, params } = JSON.parse(String(data));
      if (method === "Network.loadingFailed" && params.type === "Document") this.failure = params.errorText.replace("net::", "");
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  ask<Result>(method: string, params: unknown): Promise<Result> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      this.#waiting.set(id, (result) => resolve(result as Result));
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/** The versions of all of them, for whoever compares. */
export async function versionsOf(): Promise<string> {
  const curlVersion = /curl ([\d.]+)/.exec(await stdoutOf("curl", ["--version"]))?.[1];
  const requests = (await stdoutOf(findPython() ?? "", ["-c", "import requests; print(requests.__version__)"])).trim();
  const chromium = /Chromium ([\d]+)/.exec(await stdoutOf("chromium", ["--version"]))?.[1];
  return `curl ${curlVersion}, Python requests ${requests}, fetch of Node ${process.versions.node} through undici's ProxyAgent, Chromium ${chromium}`;
}

function stdoutOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => execFile(program, args, (error, stdout) => (error === null ? resolve(stdout) : reject(error))));
}
