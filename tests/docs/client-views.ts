import { readFileSync } from "node:fs";

export const CLIENT_VIEWS: URL = new URL("client-views/client-views.json", import.meta.url);

/** What clients show of a fault, by client: of an `http` URL through the gateway, and of an `https` one. */
export interface View {
  readonly http?: Readonly<Record<string, string>>;
  readonly https?: Readonly<Record<string, string>>;
}

export interface ClientViews {
  readonly versions: string;
  readonly views: Readonly<Record<string, View>>;
}

export function readClientViews(): ClientViews {
  return JSON.parse(readFileSync(CLIENT_VIEWS, "utf8")) as ClientViews;
}
