/** Who runs a product: in front of sites (`edge`), as a proxy for clients (`exit`), or in front of sites as a rule, but as a proxy too (`either`). */
export type MakerSide = "edge" | "exit" | "either";

/** One mark that a gateway leaves on an answer. */
export interface Mark {
  readonly id: string;
  /** How much it proves, 1 to 7; the marks of one product add up. */
  readonly weight: number;
  /** Proves that the product GENERATED the answer; else only that it was on the way. */
  readonly made: boolean;
  readonly field?: readonly [name: string, pattern: RegExp];
  readonly body?: RegExp;
  readonly statuses?: readonly number[];
  /** A field that must be absent. */
  readonly without?: string;
  /** A value that the field must not have. */
  readonly unless?: readonly [name: string, pattern: RegExp];
}

export const MAKERS: Readonly<Record<string, { readonly name: string; readonly side: MakerSide }>> = {
  nginx: { name: "nginx", side: "either" },
  openresty: { name: "OpenResty", side: "either" },
  angie: { name: "Angie", side: "either" },
  tengine: { name: "Tengine", side: "either" },
  apache: { name: "Apache", side: "either" },
  haproxy: { name: "HAProxy", side: "either" },
  squid: { name: "Squid", side: "exit" },
  envoy: { name: "Envoy", side: "either" },
  varnish: { name: "Varnish", side: "edge" },
  ats: { name: "Apache Traffic Server", side: "either" },
  traefik: { name: "Traefik", side: "edge" },
  caddy: { name: "Caddy", side: "either" },
  "iis-arr": { name: "IIS ARR", side: "edge" },
  "node-hpm": { name: "http-proxy-middleware", side: "edge" },
  kong: { name: "Kong", side: "edge" },
  tinyproxy: { name: "tinyproxy", side: "exit" },
  privoxy: { name: "Privoxy", side: "exit" },
  mitmproxy: { name: "mitmproxy", side: "exit" },
  smokescreen: { name: "Smokescreen", side: "exit" },
  forwarder: { name: "Forwarder", side: "exit" },
  brightdata: { name: "Bright Data", side: "exit" },
  oxylabs: { name: "Oxylabs", side: "exit" },
  thordata: { name: "Thordata", side: "exit" },
  zyte: { name: "Zyte", side: "exit" },
  cloudflare: { name: "Cloudflare", side: "edge" },
  cloudfront: { name: "CloudFront", side: "edge" },
  "aws-alb": { name: "AWS ALB", side: "edge" },
  fastly: { name: "Fastly", side: "edge" },
  akamai: { name: "Akamai", side: "edge" },
  "google-lb": { name: "Google's load balancer", side: "edge" },
  vercel: { name: "Vercel", side: "edge" },
  netlify: { name: "Netlify", side: "edge" },
  heroku: { name: "Heroku's router", side: "edge" },
  railway: { name: "Railway's edge", side: "edge" },
  render: { name: "Render's router", side: "edge" },
  fly: { name: "Fly's proxy", side: "edge" },
  ngrok: { name: "ngrok", side: "edge" },
  "aws-api-gateway": { name: "AWS API Gateway", side: "edge" },
  "aws-waf": { name: "AWS WAF", side: "edge" },
  datadome: { name: "DataDome", side: "edge" },
  imperva: { name: "Imperva", side: "edge" },
  kasada: { name: "Kasada", side: "edge" },
  sucuri: { name: "Sucuri", side: "edge" },
  "azure-fd": { name: "Azure Front Door", side: "edge" },
  "azure-appgw": { name: "Azure Application Gateway", side: "edge" },
};

const made = (id: string, weight: number, where: Omit<Mark, "id" | "weight" | "made">): Mark => ({ id, weight, made: true, ...where });
const onTheWay = (id: string, name: string, pattern: RegExp, weight = 1): Mark => ({ id, weight, made: false, field: [name, pattern] });
const GATEWAY_STATUSES = [502, 503, 504] as const;

export const MARKS: readonly Mark[] = [
  // Servers and load balancers that people run themselves.
  made("nginx", 5, {
    body: /<center><h1>\d{3} [^<]+<\/h1><\/center>\r?\n(?:<center>[^<]*<\/center>\r?\n)?<hr><center>nginx(?:\/[\d.]+)?(?: \([^)]*\))?<\/center>/,
  }),
  made("nginx", 3, { body: /<p><em>Faithfully yours, nginx\.<\/em><\/p>/ }),
  made("openresty", 5, { body: /<hr><center>openresty(?:\/[\d.]+)?<\/center>/ }),
  made("angie", 5, { body: /<hr><center>(?:Angie|angie)[^<]*<\/center>/ }),
  made("tengine", 5, { body: /<hr\/?><center>[Tt]engine[^<]*<\/center>|Powered by Tengine/ }),
  onTheWay("nginx", "server", /^nginx/i),
  made("apache", 5, {
    body: /<h1>(?:Proxy Error|Service Unavailable|Gateway Timeout|Bad Gateway)<\/h1>[\s\S]*<address>Apache[^<]*Server at /,
  }),
  made("apache", 5, { body: /The proxy server (?:received an invalid\s+response from an upstream server|could not handle the request)/ }),
  made("apache", 4, {
    body: /Reason: <strong>(?:Error reading from remote server|DNS lookup failure for:|Error during SSL Handshake with remote server|Corrupt status line|Timeout on 100-Continue)/,
  }),
  made("apache", 4, {
    body: /<h1>Internal Server Error<\/h1>\s*<p>The server encountered an internal error or\s+misconfiguration and was unable to/,
  }),
  made("apache", 3, { body: /The gateway did not receive a timely response\s+from the upstream server or application\./ }),
  made("haproxy", 5, {
    body: /^<html><body><h1>502 Bad Gateway<\/h1>\nThe server returned an invalid or incomplete response\.\n<\/body><\/html>\n?$/,
  }),
  made("haproxy", 5, {
    body: /^<html><body><h1>503 Service Unavailable<\/h1>\nNo server is available to handle this request\.\n<\/body><\/html>\n?$/,
  }),
  // OpenShift's router is one.
  made("haproxy", 4, {
    body: /<h1>Application is not available<\/h1>\s*<p>The application is currently not serving requests at this endpoint/,
  }),
  made("haproxy", 5, { body: /^<html><body><h1>504 Gateway Time-out<\/h1>\nThe server didn't respond in time\.\n<\/body><\/html>\n?$/ }),
  made("squid", 6, { field: ["x-squid-error", /^(ERR_[A-Z_]+)(?: -?\d+)?$/] }),
  made("squid", 5, { body: /<body id="?(ERR_[A-Z_]+)"?>|<!-- (ERR_[A-Z_]+) -->/ }),
  made("squid", 3, { body: /<title>ERROR: The requested URL could not be retrieved<\/title>/ }),
  onTheWay("squid", "via", /\(squid(?:\/[\w.]+)?\)/),
  made("envoy", 5, { body: /^upstream connect error or disconnect\/reset before headers\. (?:retried and the latest )?reset reason: / }),
  made("envoy", 5, {
    body: /^(?:no healthy upstream|upstream request timeout|upstream connect error or disconnect\/reset before headers)$/,
  }),
  made("envoy", 3, { field: ["server", /^(?:istio-)?envoy$/], without: "x-envoy-upstream-service-time", statuses: GATEWAY_STATUSES }),
  onTheWay("envoy", "x-envoy-upstream-service-time", /^\d+$/),
  made("varnish", 5, { body: /<h3>Guru Meditation:<\/h3>\s*<p>XID: \d+<\/p>[\s\S]*<p>Varnish cache server<\/p>/ }),
  onTheWay("varnish", "x-varnish", /^\d+(?: \d+)?$/),
  made("ats", 4, {
    body: /<TITLE>(?:Could Not Connect|Server Connection Closed|Unknown Host|Inactivity Timeout|Web Server Error|Cycle Prohibited)<\/TITLE>/i,
  }),
  onTheWay("ats", "server", /^ATS(?:\/|$)/, 2),
  made("traefik", 3, { body: /^(?:Bad Gateway|Gateway Timeout|Client Closed Request|Internal Server Error)$/, without: "server" }),
  made("traefik", 4, { body: /^no available server\n?$/ }),
  // What it passes on has its name in Via, behind which that of an exit may stand.
  made("caddy", 4, { field: ["server", /^Caddy$/], body: /^$/, unless: ["via", /\bCaddy\b/], statuses: GATEWAY_STATUSES }),
  onTheWay("caddy", "via", /\bCaddy\b/),
  made("iis-arr", 5, {
    body: /502 - Web server received an invalid response while acting as a gateway or proxy server\.|HTTP Error 502\.[345]/,
  }),
  onTheWay("iis-arr", "x-powered-by", /ARR\/\d/),
  made("node-hpm", 4, { body: /^Error occurred while trying to proxy: / }),
  made("kong", 3, {
    body: /^(?:\{\s*"message":\s*")?(?:An invalid response was received from the upstream server|The upstream server is (?:timing out|currently unavailable)|failure to get a peer from the ring-balancer|name resolution failed)/,
  }),
  // What it passes on keeps the field of its backend.
  made("kong", 4, { field: ["server", /^kong\//] }),
  onTheWay("kong", "via", /\bkong\//),
  // Forward proxies.
  made("tinyproxy", 5, { field: ["server", /^tinyproxy(?:\/[\d.]+)?$/i] }),
  made("tinyproxy", 4, { body: /<em>Generated by (?:<a href="[^"]*">)?tinyproxy/i }),
  made("privoxy", 5, { body: /<title>[^<]*\(Privoxy@[^)]*\)<\/title>/ }),
  made("privoxy", 5, { body: /^Bad response\. The server or forwarder response doesn't look like HTTP\./ }),
  made("privoxy", 3, { body: /^(?:Invalid (?:header|request) received from client|Bad request\. Privoxy was unable to)/ }),
  made("mitmproxy", 5, { field: ["server", /^mitmproxy\b/] }),
  made("smokescreen", 6, { field: ["x-smokescreen-error", /./] }),
  made("forwarder", 6, { field: ["x-forwarder-error", /./] }),
  // Vendors of exits.
  made("brightdata", 6, { field: ["x-brd-err-code", /^((?:client|policy|peer|target)_\d{4,5}|\w+)/] }),
  made("brightdata", 6, { field: ["x-brd-error", /./] }),
  made("brightdata", 5, { field: ["x-luminati-error", /./] }),
  made("brightdata", 6, { field: ["proxy-status", /\bbrd\.[^;]*;.*error=/] }),
  made("oxylabs", 5, { field: ["x-error-description", /./] }),
  made("thordata", 6, { field: ["x-thor-error-code", /./] }),
  made("zyte", 6, { field: ["x-crawlera-error", /^([a-z_]+)/] }),
  made("zyte", 5, { field: ["zyte-error-type", /./] }),
  // Content delivery networks and clouds.
  made("cloudflare", 7, { field: ["cf-error-type", /^(\d{3,5}|52x)/] }),
  made("cloudflare", 5, { statuses: [520, 521, 522, 523, 524, 525, 526, 527, 530], field: ["server", /^cloudflare$/] }),
  made("cloudflare", 4, { body: /id="cf-error-details"|class="cf-error-details|<title>[^<|]+\| 5\d\d: / }),
  made("cloudflare", 4, { body: /^error code: (1\d{3}|5\d\d)\s*$/ }),
  made("cloudflare", 4, { body: /<hr><center>cloudflare<\/center>/ }),
  made("cloudflare", 6, { field: ["cf-mitigated", /^challenge$/] }),
  made("cloudflare", 4, { body: /window\._cf_chl_opt|<title>Just a moment\.\.\.<\/title>/, field: ["server", /^cloudflare$/] }),
  onTheWay("cloudflare", "cf-ray", /^[0-9a-f]{16}(?:-[A-Z]{3})?$/),
  made("cloudfront", 5, { body: /Generated by cloudfront \(CloudFront\)/ }),
  made("cloudfront", 4, { field: ["server", /^CloudFront$/] }),
  onTheWay("cloudfront", "x-cache", /^(?:Error|LambdaGeneratedResponse|FunctionGeneratedResponse) from cloudfront$/i, 2),
  made("aws-waf", 6, { field: ["x-amzn-waf-action", /^(?:challenge|captcha)$/] }),
  made("vercel", 6, { field: ["x-vercel-mitigated", /^(?:challenge|deny)$/] }),
  made("datadome", 5, { statuses: [403], field: ["x-datadome", /^protected$/], body: /captcha-delivery\.com|datadome/i }),
  made("imperva", 4, { body: /Incapsula incident ID|_Incapsula_Resource/ }),
  onTheWay("imperva", "x-iinfo", /^\d/),
  made("kasada", 5, { statuses: [403, 429], field: ["x-kpsdk-ct", /./] }),
  made("sucuri", 5, { body: /<title>Sucuri WebSite Firewall - Access Denied<\/title>/ }),
  onTheWay("sucuri", "x-sucuri-id", /./),
  made("aws-alb", 5, { field: ["server", /^awselb\/2\.0$/] }),
  made("aws-alb", 2, {
    body: /^<html>\r?\n<head><title>(5\d\d) [^<]+<\/title><\/head>\r?\n<body>\r?\n<center><h1>\1 [^<]+<\/h1><\/center>\r?\n<\/body>\r?\n<\/html>\s*$/,
  }),
  made("fastly", 5, { body: /<h3>Guru Mediation:<\/h3>\s*<p>Details: cache-\w+/ }),
  made("fastly", 4, { body: /<h3>Error 54113<\/h3>|Fastly error: unknown domain/ }),
  onTheWay("fastly", "x-served-by", /\bcache-[a-z]{3,4}[\w-]*-[A-Z]{3}\b/),
  made("akamai", 4, { field: ["server", /^AkamaiGHost$/], statuses: [400, 403, 500, 502, 503, 504] }),
  made("akamai", 4, {
    body: /Reference(?:&#32;|\s)(?:&#35;|#)\d+(?:&#46;|\.)[0-9a-f]+(?:&#46;|\.)\d+(?:&#46;|\.)[0-9a-f]+|errors\.edgesuite\.net/,
  }),
  made("google-lb", 5, {
    body: /<h1>Error: Server Error<\/h1>\s*<h2>The server encountered a temporary error and could not complete your request\./,
  }),
  onTheWay("google-lb", "via", /\b1\.1 google\b/),
  made("vercel", 6, { field: ["x-vercel-error", /^([A-Z0-9_]+)$/] }),
  onTheWay("vercel", "x-vercel-id", /::/),
  // Platforms and tunnels.
  made("netlify", 4, { field: ["server", /^Netlify$/], body: /^error decoding lambda response|Task timed out after|Netlify Internal/ }),
  onTheWay("netlify", "x-nf-request-id", /./),
  made("heroku", 6, { body: /herokucdn\.com\/error-pages\// }),
  made("heroku", 4, { field: ["server", /^Heroku$/], statuses: GATEWAY_STATUSES }),
  onTheWay("heroku", "via", /\b(?:vegur|heroku-router)\b/),
  made("railway", 6, { field: ["x-railway-fallback", /^true$/] }),
  onTheWay("railway", "x-railway-edge", /./),
  made("render", 6, { field: ["x-render-routing", /error|no-server|suspend|hibernat/] }),
  onTheWay("render", "x-render-origin-server", /./),
  made("fly", 3, { field: ["server", /^Fly\//], body: /^$/, statuses: GATEWAY_STATUSES }),
  onTheWay("fly", "fly-request-id", /./),
  made("ngrok", 7, { field: ["ngrok-error-code", /^ERR_NGROK_\d+/] }),
  made("aws-api-gateway", 6, {
    field: ["x-amz-apigw-id", /./],
    body: /^\{"message":\s?"(?:Internal server error|Endpoint request timed out|Service Unavailable)"\}/,
  }),
  made("aws-api-gateway", 6, {
    field: ["apigw-requestid", /./],
    body: /^\{"message":\s?"(?:Internal Server Error|Service Unavailable)"\}/,
  }),
  made("azure-fd", 4, { body: /Our services aren't available right now/ }),
  onTheWay("azure-fd", "x-azure-ref", /./),
  made("azure-appgw", 5, { body: /<center>Microsoft-Azure-Application-Gateway\/v2<\/center>/ }),
];
