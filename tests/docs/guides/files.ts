import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Start } from "./cast.ts";

/** A folder with files that a guide's commands read, by their names. */
export function files(contents: Readonly<Record<string, string>>): Start {
  return async (props) => {
    const folder = await mkdtemp(join(tmpdir(), "goodgateway-guide-"));
    props.defer(() => rm(folder, { recursive: true }));
    const written = Object.entries(contents).map(async ([name, text]) => {
      await writeFile(join(folder, name), text);
      return [name, join(folder, name)] as const;
    });
    return Object.fromEntries(await Promise.all(written));
  };
}

/** nginx in front of an application, with more lines in its location. */
export function nginxConf(...lines: readonly string[]): string {
  const location = ["proxy_pass http://127.0.0.1:8080;", ...lines].map((line) => `      ${line}\n`);
  return `events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n${location.join("")}    }\n  }\n}\n`;
}

/** HAProxy that waits so long for its server. */
export function haproxyCfg(seconds: number): string {
  const defaults = ["mode http", "timeout client 90s", "timeout connect 5s", `timeout server ${seconds}s`];
  return `defaults\n  ${defaults.join("\n  ")}\nfrontend web\n  bind :8080\n  default_backend app\nbackend app\n  server app-1 127.0.0.1:9000 check\n`;
}

/** What a browser's network tab saved of an answer that came late. */
export function harOf(late: LateAnswer): string {
  const headers = Object.entries(late.fields).map(([name, value]) => ({ name, value }));
  const response = { status: late.status, headers, content: { text: late.page } };
  return JSON.stringify({ log: { entries: [{ time: late.ms, request: { method: "GET", url: "https://site.example/" }, response }] } });
}

interface LateAnswer {
  readonly ms: number;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly page: string;
}
