import type { Setting } from "./setting.ts";

export type Scopes = readonly (readonly Setting[])[];

/** A place where Apache passes requests on, with all sections around it, the outermost first. */
export interface ApachePass {
  readonly setting: Setting;
  readonly scopes: Scopes;
  /** What the URL stands for; null: a pattern, or a member of a balancer. */
  readonly path: string | null;
  readonly url: string;
  readonly host: string;
  /** `key=value` behind the URL, keys in lower case. */
  readonly options: ReadonlyMap<string, string>;
}

/** All of them, members of balancers too. */
export function passesOf(block: readonly Setting[], scopes: Scopes): ApachePass[] {
  return block.flatMap((setting) => {
    if (setting.name === "macro") return []; // what it stands for is only known where it is used
    const own = readPass(setting, scopes);
    return [...(own === null ? [] : [own]), ...passesOf(setting.inner, [...scopes, setting.inner])];
  });
}

function readPass(setting: Setting, scopes: Scopes): ApachePass | null {
  const { name, args } = setting;
  if (name === "balancermember") return pass(setting, scopes, null, args);
  if (name === "rewriterule") return isProxied(args[2]) ? pass(setting, scopes, null, [args[1] ?? ""]) : null;
  if (name !== "proxypass" && name !== "proxypassmatch") return null;
  // Within <Location> the path stands in the section's head.
  const isPath = /^[/^]/.test(args[0] ?? "") || name === "proxypassmatch";
  const [path, rest] = isPath ? [args[0] ?? null, args.slice(1)] : [null, args];
  return rest[0] === "!" ? null : pass(setting, scopes, name === "proxypass" ? path : null, rest);
}

function isProxied(flags: string | undefined): boolean {
  if (flags === undefined || !/^\[.*\]$/.test(flags)) return false;
  const each = flags.slice(1, -1).split(",");
  return each.some((flag) => flag.trim() === "P" || flag.trim() === "proxy");
}

function pass(setting: Setting, scopes: Scopes, path: string | null, [url = "", ...options]: readonly string[]): ApachePass | null {
  const host = /^\w+:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:]+)/.exec(url)?.[1];
  if (host === undefined && !/^unix:/i.test(url)) return null;
  return { setting, scopes, path, url, host: host ?? "", options: pairsOf(options) };
}

function pairsOf(words: readonly string[]): Map<string, string> {
  return new Map(
    words.flatMap((word) => {
      const at = word.indexOf("=");
      return at < 1 ? [] : [[word.slice(0, at).toLowerCase(), word.slice(at + 1)] as const];
    }),
  );
}

/** What a pass has set, itself or by ProxySet in a section around it; null: nothing. */
export function setFor(options: ReadonlyMap<string, string>, scopes: Scopes, key: string): string | null {
  const around = scopes.flat().filter(({ name }) => name === "proxyset");
  return options.get(key) ?? around.map(({ args }) => pairsOf(args).get(key)).findLast((value) => value !== undefined) ?? null;
}

/** Balancers with what stands in them. */
export function balancersOf(settings: readonly Setting[]): { readonly balancer: string; readonly members: readonly ApachePass[] }[] {
  return settings.flatMap((setting) => {
    const [balancer = ""] = setting.args;
    if (setting.name !== "proxy" || !balancer.startsWith("balancer:")) return balancersOf(setting.inner);
    const members = passesOf(setting.inner, [settings, setting.inner]).filter(({ setting: { name } }) => name === "balancermember");
    return [{ balancer, members: members.filter(({ options }) => !/[hd]/i.test(options.get("status") ?? "")) }];
  });
}
