import type { ListFormat } from "../core/list-format.ts";
import type { Pace, Pacing, PoolSettings, TierSettings } from "../core/pool-settings.ts";
import type { ExitScheme } from "../core/route.ts";
import type {
  AttemptLimits,
  CircuitRules,
  DirectMode,
  Hedging,
  Limits,
  MessageLimits,
  ProxyStatusMode,
  ResponseTolerances,
  TargetPolicy,
  Timeouts,
} from "../core/settings.ts";
import type { VendorId } from "../wire/login-template-vendors.ts";
import type { CheckItem } from "./check-schema.ts";
import type { RulesItem } from "./rules-schema.ts";

/** What a config file says, units read, nothing filled in. The keys are those of the file. */
export interface ConfigFile {
  readonly name?: string;
  readonly listen?: ListenItem | readonly ListenItem[];
  readonly admin?: string | { readonly address?: string; readonly token?: string };
  readonly direct?: DirectMode;
  readonly bypass?: readonly string[];
  readonly exits?: readonly (string | ExitListItem)[];
  readonly users?: Readonly<Record<string, string>>;
  readonly allow?: readonly string[];
  readonly attempts?: Partial<AttemptLimits>;
  readonly rules?: RulesItem;
  readonly pool?: Partial<Omit<PoolSettings, "tiers" | "checked">>;
  readonly check?: CheckItem;
  readonly tiers?: readonly string[] | Partial<TierSettings>;
  readonly prices?: Readonly<Record<string, number>>;
  readonly pacing?: PacingItem;
  readonly hedge?: Partial<Hedging>;
  readonly timeouts?: Partial<Timeouts>;
  readonly limits?: Partial<MessageLimits & Omit<Limits, "message">>;
  readonly tolerances?: Partial<ResponseTolerances>;
  readonly targets?: Partial<TargetPolicy>;
  readonly circuit?: Partial<CircuitRules>;
  readonly proxyStatus?: ProxyStatusMode;
  readonly via?: boolean;
  readonly firstFlightReplay?: boolean;
  /** Paths of PEM files. */
  readonly ca?: string | readonly string[];
  readonly log?: { readonly format?: "text" | "json"; readonly query?: "keep" | "drop" };
}

export interface PacingItem extends Partial<Pick<Pacing, "queue" | "wait">> {
  readonly perExit?: Partial<Pace>;
  readonly perTarget?: Partial<Pace>;
  readonly perExitAndTarget?: Partial<Pace>;
}

export type ListenItem = string | number | ListenObject;

export interface ListenObject {
  readonly address?: string | number;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly users?: Readonly<Record<string, string>>;
  readonly allow?: readonly string[];
  readonly allowPlaintextHttps?: boolean;
  readonly params?: Readonly<Record<string, ParamValue>>;
}

/** A value as in a user name, several of them, or the field that a session is named by. */
export type ParamValue = string | number | readonly (string | number)[] | { readonly header: string };

export interface ExitListItem {
  readonly file?: string;
  readonly url?: string;
  readonly scheme?: ExitScheme;
  readonly format?: ListFormat;
  readonly tags?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly refresh?: number;
  readonly replaceByEmpty?: boolean;
  readonly vendor?: VendorId;
  readonly user?: string;
  readonly password?: string;
  /** `host:port`. */
  readonly endpoint?: string;
  readonly sessions?: number;
  readonly countries?: readonly string[];
}
