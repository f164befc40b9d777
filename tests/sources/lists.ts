import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { ExitRows } from "../../src/core/exit-rows.ts";
import type { Exit } from "../../src/core/route.ts";
import type { ExitSource } from "../../src/core/settings.ts";
import { ApiExits } from "../../src/sources/api-exits.ts";
import { ExitSources, type LoadedExits, type SourcesOptions } from "../../src/sources/exit-sources.ts";
import { formatLineError } from "../../src/wire/exit-list.ts";

/** Goes with the tests. */
export const directory: string = mkdtempSync(join(tmpdir(), "goodgateway-sources-"));
after(() => rmSync(directory, { recursive: true }));
let files = 0;

/** A list in a file of its own. */
export function listFile(text: string): ExitSource & { kind: "file" } {
  const path = join(mkdtempSync(join(directory, "list-")), `exits-${++files}.txt`);
  writeFileSync(path, text);
  return { kind: "file", path, scheme: "http", format: "auto", tags: {}, replaceByEmpty: false };
}

/** Sources with nothing around them. */
export function openSources(sources: readonly ExitSource[], more: Partial<SourcesOptions> = {}): ExitSources {
  return new ExitSources(sources, { env: {}, random: () => 0, api: new ApiExits(), before: null, ...more });
}

/** Every change is kept until somebody asks for it. */
export class Changes {
  readonly #told: { hosts: string[]; errors: readonly string[] }[] = [];
  #waiting: (() => void) | null = null;

  follow(sources: ExitSources): void {
    sources.watch(async () => {
      this.#told.push(shown(await sources.current()));
      this.#waiting?.();
    });
  }

  async next(): Promise<{ hosts: string[]; errors: readonly string[] }> {
    while (this.#told.length === 0) await new Promise<void>((resolve) => (this.#waiting = resolve));
    return this.#told.shift() as { hosts: string[]; errors: readonly string[] };
  }
}

/** The hosts of the exits, and the errors as they are told. */
export function shown({ exits, errors }: LoadedExits): { hosts: string[]; errors: readonly string[] } {
  return { hosts: hosts(exits), errors: errors.map(formatLineError) };
}

export function hosts(exits: ExitRows): string[] {
  return allOf(exits).map((exit) => exit.hops[0]?.host ?? "");
}

export function allOf(exits: ExitRows): Exit[] {
  return Array.from({ length: exits.size }, (_, row) => exits.at(row));
}

/** Runs what goes in steps to its end. */
export function runSteps<T>(steps: Generator<void, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** A server that answers every request for a list. */
export async function listServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list.txt`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
