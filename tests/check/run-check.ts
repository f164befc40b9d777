import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckResult } from "../../src/check/check-result.ts";
import type { ZooExpected, ZooProxy, ZooServer } from "../../src/lab/zoo/zoo-proxy.ts";
import { RunningCommand } from "../cli/command.ts";

/** What `goodgateway check LIST --json` says, in the order of the lines. */
export async function runCheck(lines: readonly string[], args: readonly string[] = []): Promise<CheckResult[]> {
  await using setUp = new RunningCommand(["--version"]);
  const list = join(setUp.directory, "list.txt");
  await writeFile(list, `${lines.join("\n")}\n`);
  await using command = new RunningCommand(["check", list, "--json", ...args], { directory: setUp.directory });
  const status = await command.status();
  assert.ok(status === 0 || status === 1, `status ${status}: ${command.stderr}`);
  assert.doesNotMatch(command.stderr, /\bbug\b|\n {4}at /i);
  const results = command.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CheckResult);
  return results.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** Starts proxies of the zoo, checks them all at once, and gives what was said of each, by title. */
export async function checkZoo(proxies: readonly ZooProxy[], args: readonly string[] = []): Promise<ReadonlyMap<string, CheckResult>> {
  const servers: ZooServer[] = [];
  try {
    for (const proxy of proxies) servers.push(await proxy.start());
    const results = await runCheck(
      proxies.map(({ line }, i) => line(servers[i] as ZooServer)),
      args,
    );
    assert.equal(results.length, proxies.length);
    return new Map(proxies.map(({ title }, i) => [title, results[i] as CheckResult]));
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
  }
}

/** In what a result is other than expected: sentences. */
export function differences(result: CheckResult, expected: ZooExpected): string[] {
  const { state, protocols, anonymity, honesty, fault, can, rotates } = result;
  const wrong: string[] = [];
  const hold = (name: string, seen: unknown, wanted: unknown) => {
    if (JSON.stringify(seen) !== JSON.stringify(wanted)) wrong.push(`${name} ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
  };
  if (expected.state !== "useless") hold("state", state, expected.state);
  else if (state !== "dead" && state !== "lies") wrong.push(`state ${state} instead of one of no use`);
  if (expected.protocols) hold("protocols", protocols.toSorted(), expected.protocols.toSorted());
  if (expected.anonymity) hold("anonymity", anonymity.level, expected.anonymity);
  if (expected.rotates !== undefined) hold("rotates", rotates, expected.rotates);
  const lies = [...new Set(honesty.lies.map((lie) => lie.fault))];
  for (const lie of expected.lies ?? []) if (!lies.includes(lie)) wrong.push(`no ${lie}`);
  if (expected.only) for (const lie of lies) if (!expected.lies?.includes(lie)) wrong.push(`called a liar by ${lie}`);
  const faults = [fault?.id, ...lies];
  if (expected.fault && !expected.fault.some((id) => faults.includes(id)))
    wrong.push(`fault ${fault?.id ?? "none"} instead of ${expected.fault.join(" or ")}`);
  for (const [name, ok] of Object.entries(expected.can ?? {})) hold(`can.${name}`, can[name as keyof typeof can].ok, ok);
  if (expected.tells && !expected.tells.test(JSON.stringify(result))) wrong.push(`nothing says ${expected.tells}`);
  if (wrong.length > 0 && honesty.lies.length > 0) wrong.push(`(${honesty.lies.map(({ details }) => details).join("; ")})`);
  if (wrong.length > 0 && fault !== null) wrong.push(`(${fault.id}: ${fault.details})`);
  return wrong;
}
