import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const MAIN = resolve("src/cli/main.ts");

/** `goodgateway ARGS` as a process of its own, in an empty directory, with what it has printed so far. */
export class RunningCommand {
  readonly process: ChildProcess;
  readonly directory: string;
  stdout = "";
  stderr = "";
  #wake: (() => void)[] = [];

  constructor(args: readonly string[], options: { env?: Record<string, string>; directory?: string; nodeArgs?: readonly string[] } = {}) {
    this.directory = options.directory ?? mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
    const env = { PATH: process.env["PATH"] ?? "", ...options.env };
    this.process = spawn(process.execPath, [...(options.nodeArgs ?? []), MAIN, ...args], { cwd: this.directory, env, stdio: "pipe" });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#heard();
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#heard();
    });
    this.process.once("close", () => this.#heard());
  }

  /** The first match of what it printed on stderr, as soon as it is there. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matched(pattern, () => this.stderr);
  }

  /** The same of stdout. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matched(pattern, () => this.stdout);
  }

  async #matched(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) throw new Error(`it ended with ${exitCode ?? signalCode}: ${this.stderr}`);
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
  }

  async status(): Promise<number | NodeJS.Signals | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "close");
    return this.process.exitCode ?? this.process.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.status();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #heard(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
