import { readDashed, readEpoch, readSyslogTime } from "./log-times.ts";
import type { Unwrapped } from "./wrapped-line.ts";

/** What may stand in front of a line. */
interface Wrapping {
  readonly pattern: RegExp;
  /** The wrapping's own time; left out: it has none. */
  readonly at?: (start: string, year: number) => number | null;
}

const isoTime = (start: string): number | null => readDashed(start, Math.max(0, start.indexOf("20")));

/** Begin with a letter, as syslog's classic times do. */
const LETTERED: readonly Wrapping[] = [
  // `Nov 27 14:02:07 host nginx[12]: `, without the host, and with a fraction as journalctl -o short-precise has it.
  {
    pattern: /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? (?:\S+ )?[\w./@-]+(?:\[\d+\])?: /,
    at: (start, year) => readSyslogTime(start, 0, year),
  },
  // `Fri 2026-11-27 14:02:07 UTC host nginx[12]: `, journalctl -o short-full.
  { pattern: /^[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ \S+ [\w./@-]+(?:\[\d+\])?: /, at: isoTime },
];

/** Begin with a digit. */
const NUMBERED: readonly Wrapping[] = [
  // `2026-11-27T14:02:07Z app[148e42] fra [info]` of Fly, `2026-11-27T14:02:07.123456+00:00 app[web.1]: ` of Heroku.
  { pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \w+\[[\w.]+\](?:: | [a-z]{3} \[\w+\] ?)/, at: isoTime },
  // `2026-11-27T14:02:07.123456+00:00 host nginx[12]: `, and `1 2026-11-27T… host nginx 12 - [x@1 a="b"] ` of RFC 5424.
  {
    pattern:
      /^(?:1 )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ (?:[\w./@-]+(?:\[\d+\])?: |[\w./@-]+ \S+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) (?:\u00ef\u00bb\u00bf)?)/,
    at: isoTime,
  },
  // `2026-11-27T14:02:07.123Z stderr F `, of containerd and CRI-O.
  { pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* (?:stdout|stderr) [FP] /, at: isoTime },
  // `2026-11-27T14:02:07.123000+00:00 ecs/web/0f1e2d3c4b5a `, of aws logs tail.
  { pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* [A-Za-z][\w.#@-]*\/\S+ /, at: isoTime },
  // `2026-11-27T14:02:07.123456789Z `, as docker, kubectl and build servers put it there.
  { pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d) /, at: isoTime },
  // `2026-11-27_14:02:07.12345 `, of runit and s6.
  { pattern: /^\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.\d+ /, at: isoTime },
  { pattern: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} '[^']*' std(?:out|err) output:/, at: isoTime },
  // `1795788127.123456 host nginx[12]: `, journalctl -o short-unix.
  { pattern: /^\d{10}\.\d{3,9} \S+ [\w./@-]+(?:\[\d+\])?: /, at: (start) => readEpoch(Number.parseFloat(start)) },
  // `14:02:07 web.1   | ` of foreman and honcho, `0|nginx  | ` of pm2.
  { pattern: /^(?:\d\d:\d\d:\d\d [\w.-]+ +|\d+\|[\w.-]+ +)\| / },
  // A clock alone, as consoles of clouds show it.
  { pattern: /^\d\d:\d\d:\d\d(?:[.,]\d+)? / },
  // `123:` and `123` with a tab, of grep -n and cat -n.
  { pattern: /^\d{1,9}[:\t]/ },
];

/** `[12345.678901] host nginx[12]: ` of journalctl -o short-monotonic, `[pod/web-7c95/app] ` of kubectl, `[web-7c95] ` of kubetail. */
const BRACKETED: readonly Wrapping[] = [
  { pattern: /^\[ *\d+\.\d{6}\] \S+ [\w./@-]+(?:\[\d+\])?: / },
  { pattern: /^\[[a-z0-9][\w./-]*(?: [\w.-]+)?\] / },
];

const OTHERS: readonly Wrapping[] = [
  // `web-1  | ` of docker compose, `web.1.si3c4s8@node-1    | ` of swarm.
  { pattern: /^[\w.@-]+ *\| / },
  // `web-7c95 app ` of stern, `default/web-7c95[app]: ` of kail.
  { pattern: /^[a-z0-9][a-z0-9.-]*-[a-z0-9]{4,10} (?:› )?[a-z0-9][\w-]* / },
  { pattern: /^[\w.-]+\/[\w.-]+\[[\w.-]+\]: / },
  // `/var/log/nginx/error.log:123:` of grep, with `-` around a match.
  { pattern: /^(?:[\w.@~+-]*\/)*[\w.@+-]+\.(?:log|txt|err|\d+)(?:[:-]\d{1,9})?[:-]/ },
  // `nginx: `, `haproxy[12]: `: syslog's tag without its time, or once more.
  { pattern: /^[a-z][\w.-]{0,40}(?:\[\d+\])?: / },
];

/** Takes off what stands in front of a line; null: nothing that we know. @param year of times that have none. */
export function takeOff(line: string, year: number): Unwrapped | null {
  const first = line.charCodeAt(0);
  // `<134>`, before all of syslog, or alone.
  if (first === LESS) return takeOne(line, SYSLOG_NUMBER, year);
  const isLetter = first >= UPPER_FIRST && first <= UPPER_LAST;
  const kind = first >= DIGIT_FIRST && first <= DIGIT_LAST ? NUMBERED : first === BRACKET ? BRACKETED : isLetter ? LETTERED : OTHERS;
  return takeOne(line, kind, year) ?? (kind === OTHERS || kind === BRACKETED ? null : takeOne(line, OTHERS, year));
}

const SYSLOG_NUMBER: readonly Wrapping[] = [{ pattern: /^<\d{1,3}>/ }];
const LESS = 0x3c;
const BRACKET = 0x5b;
const DIGIT_FIRST = 0x30;
const DIGIT_LAST = 0x39;
const UPPER_FIRST = 0x41;
const UPPER_LAST = 0x5a;

function takeOne(line: string, wrappings: readonly Wrapping[], year: number): Unwrapped | null {
  for (const { pattern, at } of wrappings) {
    const start = pattern.exec(line)?.[0];
    if (start !== undefined) return { line: line.slice(start.length), at: at?.(start, year) ?? null };
  }
  return null;
}

/** How lines begin that can be told apart from whatever stands in front of them: of nginx, HAProxy, Envoy, Apache, Squid, Traefik, access logs. */
export const KNOWN_START: RegExp =
  /\b\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]+\] |\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+ \[|(?: \S+){2} \[)\d\d\/[A-Z][a-z]{2}\/\d{4}:|\[\d{4}-\d\d-\d\dT[\d:.]+Z\] "|\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d[.\d]* \d{4}\] \[|\b\d{10}\.\d{3} +\d+ \S+ (?:TCP|NONE|UDP)_|\btime="\d{4}-\d\d-\d\dT|\b\d{4}-\d\d-\d\dT[\d:.]+Z (?:DBG|INF|WRN|ERR|FTL) /;
