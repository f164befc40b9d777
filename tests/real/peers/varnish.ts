import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { which } from "./programs.ts";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

/** Varnish with one small pool of threads; `vcl` returns what follows `vcl 4.1;`. varnishlog and varnishncsa read it by `-n DIRECTORY/work`. */
export function startVarnish(vcl: (place: Place) => string, options: PeerOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "edge.vcl");
    await writeFile(file, `vcl 4.1;\n${vcl(place)}\n`);
    const parameters = ["vcc_err_unref=off", "thread_pools=1", "thread_pool_min=20", "thread_pool_max=60"].flatMap((one) => ["-p", one]);
    const memory = ["-n", join(place.directory, "work"), "-a", `127.0.0.1:${place.port}`, "-T", "none", "-s", "malloc,16m"];
    return ["-F", "-j", "none", "-f", file, ...memory, ...parameters];
  };
  return startPeer({ program: "varnishd", prepare, stopSignal: "SIGTERM" }, options);
}

/** Writes what Varnish logs in its memory into files, as varnishlog and varnishncsa print it, until it is disposed of. */
export function writeVarnishLogs({ directory }: Peer): VarnishLogs {
  const paths = { log: join(directory, "varnishlog.txt"), ncsa: join(directory, "varnishncsa.txt") };
  const children = [
    ["varnishlog", "-A", "-u", "-g", "request", "-w", paths.log],
    ["varnishncsa", "-w", paths.ncsa],
  ].map(([program = "", ...args]) =>
    spawn(which(program) ?? program, [...args, "-n", join(directory, "work")], { stdio: "ignore" }).on("error", () => {}),
  );
  const end = () => {
    for (const child of children) child.kill("SIGKILL");
  };
  process.on("exit", end);
  return {
    ...paths,
    [Symbol.dispose]() {
      process.off("exit", end);
      end();
    },
  };
}

interface VarnishLogs extends Disposable {
  /** Paths. */
  readonly log: string;
  readonly ncsa: string;
}
