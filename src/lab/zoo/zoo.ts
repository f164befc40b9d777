import type { HonestyFaultId } from "../../core/faults/honesty.ts";
import { CONTENT_CHANGERS } from "./content-changers.ts";
import { FAKERS, NAME_INVENTORS, REDIRECTORS, STALE_CACHES } from "./fakers.ts";
import { HONEST_PROXIES } from "./honest-proxies.ts";
import { INTERCEPTORS } from "./interceptors.ts";
import { REQUEST_CHANGERS } from "./request-changers.ts";
import { TELLING_PROXIES } from "./telling-proxies.ts";
import { HOSTILE_PROXIES, USELESS_PROXIES } from "./useless-proxies.ts";
import type { Liars, ZooProxy } from "./zoo-proxy.ts";

/** How each lie is staged. One that no proxy of the zoo tells does not compile. */
export const LIARS: Readonly<Record<HonestyFaultId, Liars>> = {
  "honesty.content_changed": CONTENT_CHANGERS,
  "honesty.request_changed": REQUEST_CHANGERS,
  "honesty.fake_answer": FAKERS,
  "honesty.stale_answer": STALE_CACHES,
  "honesty.redirected": REDIRECTORS,
  "honesty.dns_lies": NAME_INVENTORS,
  "honesty.tls_intercepted": INTERCEPTORS,
};

/** Every proxy that the lab has for checkers, by what there is to find out. */
export const ZOO: Readonly<Record<"honest" | "telling" | "lying" | "useless" | "hostile", readonly ZooProxy[]>> = {
  honest: HONEST_PROXIES,
  telling: TELLING_PROXIES,
  lying: Object.values(LIARS).flat(),
  useless: USELESS_PROXIES,
  hostile: HOSTILE_PROXIES,
};
