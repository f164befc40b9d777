/** A time limit that gateways come with, and what it is called. */
interface KnownTimer {
  readonly seconds: number;
  /** Whose, as people call it; ids of the fingerprints that have it. */
  readonly ids: readonly string[];
  readonly words: string;
}

/** Defaults, the commonest first where several have the same. */
const TIMERS: readonly KnownTimer[] = [
  { seconds: 3, ids: ["haproxy"], words: "HAProxy's three connection attempts a second apart" },
  {
    seconds: 5,
    ids: ["nginx", "haproxy", "envoy", "goodgateway"],
    words: "a connection limit of 5 s, as many configs and this gateway have",
  },
  { seconds: 10, ids: ["aws-alb"], words: "AWS ALB's 10 s for a connection with its target" },
  { seconds: 15, ids: ["envoy"], words: "Envoy's route timeout" },
  { seconds: 20, ids: ["azure-appgw"], words: "Azure Application Gateway's request timeout" },
  { seconds: 29, ids: ["aws-apigw"], words: "AWS API Gateway's integration timeout" },
  {
    seconds: 30,
    ids: ["cloudfront", "google-lb", "haproxy", "heroku"],
    words: "CloudFront's origin response timeout, Google's backend timeout or Heroku's router",
  },
  { seconds: 50, ids: ["haproxy"], words: "HAProxy's timeout server of Debian's config (50000)" },
  {
    seconds: 60,
    ids: ["nginx", "openresty", "aws-alb", "squid", "varnish", "apache", "kong"],
    words:
      "nginx's proxy_read_timeout, AWS ALB's idle timeout, Squid's connect_timeout, Varnish's first_byte_timeout or Apache's ProxyTimeout",
  },
  { seconds: 100, ids: ["cloudflare"], words: "Cloudflare's 100 s for an answer of the origin (524)" },
  { seconds: 120, ids: ["akamai", "azure-fd"], words: "a read timeout of two minutes, as Akamai has" },
  { seconds: 230, ids: ["azure-appservice"], words: "Azure App Service's 230 s for a request" },
  { seconds: 240, ids: ["azure-fd"], words: "Azure Front Door's longest origin timeout" },
  { seconds: 300, ids: ["apache", "squid"], words: "Apache's Timeout of 2.2, or PHP's and others' five minutes" },
  { seconds: 350, ids: ["aws-nlb"], words: "AWS NLB's idle timeout, after which it resets" },
  { seconds: 600, ids: ["google-lb"], words: "Google's load balancer's keep-alive of ten minutes" },
  { seconds: 900, ids: ["squid"], words: "Squid's read_timeout of 15 minutes" },
];

/** So much later than its limit a time is still that limit's: the answer must come back. Milliseconds, and a share. */
const LATER_MS = 250;
const LATER_SHARE = 0.01;
/** Timers are coarse. Milliseconds. */
const EARLIER_MS = 30;

/**
 * Which known limit a time matches, in words; null: none. What matches proves nothing alone: it says where to look first.
 *
 * @param maker the id of who made the answer, where that is known: a limit of its own is preferred.
 */
export function matchTimer(ms: number, maker: string | null): string | null {
  const matching = TIMERS.filter(({ seconds }) => {
    const limitMs = seconds * SECOND_MS;
    return ms >= limitMs - EARLIER_MS && ms <= limitMs + Math.max(LATER_MS, limitMs * LATER_SHARE);
  });
  const own = maker === null ? undefined : matching.find(({ ids }) => ids.includes(maker));
  const found = own ?? matching[0];
  return found === undefined ? null : `it came after ${(ms / SECOND_MS).toFixed(1)} s: ${found.words}`;
}

const SECOND_MS = 1000;
