import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findFreePort } from "./free-port.ts";
import { which } from "./programs.ts";

/** A real program that serves on loopback, until it is disposed of. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Its own temporary directory, removed with it. */
  readonly directory: string;
  /** The end of what it printed, for the message of a failed test. */
  log(): string;
}

/** Where a peer is to serve, and may keep its files. */
export interface Place {
  readonly port: number;
  readonly directory: string;
}

export interface Recipe {
  /** A name in PATH, or a path. */
  readonly program: string;
  /** Writes the program's files and returns its arguments. It must stay in the foreground. */
  readonly prepare: (place: Place) => Promise<readonly string[]>;
  /** More of its environment: where it would else write into a home folder. */
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
  /** How to end it and all that it started, at once. Default SIGKILL. */
  readonly stopSignal?: NodeJS.Signals;
  /** Removes what it left outside of its directory. */
  readonly cleanUp?: (place: Place) => Promise<void>;
}

export interface PeerOptions {
  /** Pins the program to this core (Linux). */
  readonly cpu?: number;
}

/** Generous: a loaded machine takes seconds to start Squid. */
const READY_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const LOG_CHARACTERS = 64 * 1024;
/** Another process may take the port between our look and the program's bind. */
const PORT_TRIES = 3;

/** Starts a program on a free port and waits until it accepts connections. */
export async function startPeer(recipe: Recipe, options: PeerOptions = {}): Promise<Peer> {
  let failure: unknown;
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    try {
      return await startOnce(recipe, options);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function startOnce(recipe: Recipe, options: PeerOptions): Promise<Peer> {
  const directory = await mkdtemp(join(tmpdir(), `goodgateway-${basename(recipe.program)}-`));
  await chmod(directory, 0o777); // started as root, Squid and nginx go on as another user
  const port = await findFreePort();
  const args = await recipe.prepare({ port, directory });
  const peer = spawnPeer(recipe, args, { ...options, environment: recipe.environment?.({ port, directory }) ?? {} });
  const stop = async () => {
    await endProcess(peer.process, recipe.stopSignal ?? "SIGKILL");
    await recipe.cleanUp?.({ port, directory });
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(peer, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, directory, pid: peer.process.pid as number, log: peer.log, [Symbol.asyncDispose]: stop };
}

interface Running {
  readonly program: string;
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Why it is not running any more; null while it is. */
  readonly ended: () => string | null;
}

interface SpawnOptions extends PeerOptions {
  readonly environment: Readonly<Record<string, string>>;
}

function spawnPeer({ program }: Recipe, args: readonly string[], { cpu, environment }: SpawnOptions): Running {
  const path = which(program);
  if (path === null) throw new Error(`${program} is not installed`);
  const command = cpu === undefined ? [path, ...args] : ["taskset", "-c", String(cpu), path, ...args];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let output = "";
  let ended: string | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-LOG_CHARACTERS)));
  }
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended = `exit status ${code ?? signal}`));
  endWithUs(child);
  return { program, process: child, log: () => output, ended: () => ended };
}

async function waitUntilReady(peer: Running, port: number): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (performance.now() < deadline) {
    const reached = await accepts(port);
    if (peer.ended() !== null) throw new Error(`${peer.program}: ${peer.ended()}\n${peer.log()}`);
    if (reached) return;
    await pause(10); // between two tries to connect: the program gives no other sign
  }
  throw new Error(`${peer.program}: not ready on port ${port} after ${READY_DEADLINE_MS} ms\n${peer.log()}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  const giveUp = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  child.kill(signal);
  await closed;
  clearTimeout(giveUp);
}

const running = new Set<ChildProcess>();

/** A test process that ends early takes its peers along. */
function endWithUs(child: ChildProcess): void {
  if (running.size === 0) {
    process.on("exit", endAll);
    process.on("SIGTERM", endAllAndDie);
    process.on("SIGINT", endAllAndDie);
  }
  running.add(child);
  child.once("close", () => {
    running.delete(child);
    if (running.size > 0) return;
    process.off("exit", endAll);
    process.off("SIGTERM", endAllAndDie);
    process.off("SIGINT", endAllAndDie);
  });
}

function endAll(): void {
  for (const child of running) child.kill("SIGTERM"); // not SIGKILL: nginx's master has to end its workers
}

function endAllAndDie(signal: NodeJS.Signals): void {
  endAll();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
