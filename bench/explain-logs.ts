/** Makes a line of a log: one in FAILING fails, at one of so many backends. */
export type LineMaker = (index: number, at: Date, backends: number) => string;

const FAILING = 5;

function fails(index: number): boolean {
  return index % FAILING === 0;
}

function host(index: number, backends: number): string {
  const number = Math.floor(index / FAILING) % backends;
  return `10.0.${number >> 8}.${number & 255}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function slashed(at: Date): string {
  return `${at.toISOString().slice(8, 10)}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${at.toISOString().slice(11, 19)}`;
}

const AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/** By the format's name, as `--format` and the page have it. */
export const LOG_LINES: Readonly<Record<string, LineMaker>> = {
  "nginx error log, each line a failure": (index, at, backends) =>
    `${at.toISOString().slice(0, 10).replaceAll("-", "/")} ${at.toISOString().slice(11, 19)} [error] 12#12: *${index} connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.${index % 200}, server: s, request: "GET /${index % 99} HTTP/1.1", upstream: "http://${host(index, backends)}:8080/", host: "site.example"`,
  "Apache error log, each line a failure": (index, at, backends) =>
    `[${at.toUTCString().slice(0, 3)} ${MONTHS[at.getUTCMonth()]} ${at.toISOString().slice(8, 10)} ${at.toISOString().slice(11, 23)}730 ${at.getUTCFullYear()}] [proxy:error] [pid 21574:tid ${index}] (111)Connection refused: AH00957: http: attempt to connect to ${host(index, backends)}:8080 (${host(index, backends)}:8080) failed`,
  "access log, combined": (index, at) =>
    `192.0.2.${index % 200} - - [${slashed(at)} +0000] "GET /page/${index % 999}?q=${index} HTTP/1.1" ${fails(index) ? 502 : 200} 1570 "https://site.example/" "${AGENT}"`,
  HAProxy: (index, at, backends) =>
    `192.0.2.${index % 200}:5000 [${slashed(at)}.123] web app/${host(index, backends)} 0/0/${fails(index) ? "-1/-1/3001 503" : "1/12/13 200"} 217 - - ${fails(index) ? "SC" : "--"}-- 1/1/0/0/3 0/0 "GET /page/${index % 999} HTTP/1.1"`,
  Squid: (index, at, backends) =>
    `${(at.getTime() / 1000).toFixed(3)}    112 192.0.2.${index % 200} TCP_MISS/${fails(index) ? 503 : 200} 4012 GET http://${host(index, backends)}/page/${index % 999} - HIER_DIRECT/${host(index, backends)} text/html`,
  "Envoy (Istio), text": (index, at, backends) =>
    `[${at.toISOString()}] "GET /page/${index % 999} HTTP/1.1" ${fails(index) ? "503 UF upstream_reset_before_response_started{remote_connection_failure,delayed_connect_error:_111}" : "200 - via_upstream"} - "-" 0 152 3 - "-" "${AGENT}" "b79e6275-8b8f-99a5-8dc2-${index}" "site.example" "${host(index, backends)}:8080" outbound|8080||app.default.svc.cluster.local - ${host(index, backends)}:8080 192.0.2.${index % 200}:35780 - default`,
  "Envoy (Istio), JSON": (index, at, backends) =>
    JSON.stringify({
      start_time: at.toISOString(),
      method: "GET",
      path: `/page/${index % 999}`,
      protocol: "HTTP/1.1",
      response_code: fails(index) ? 503 : 200,
      response_flags: fails(index) ? "UF" : "-",
      response_code_details: fails(index) ? "upstream_reset_before_response_started{connection_failure}" : "via_upstream",
      upstream_transport_failure_reason: fails(index) ? "delayed_connect_error:_111" : null,
      bytes_received: 0,
      bytes_sent: 152,
      duration: 3,
      upstream_service_time: null,
      x_forwarded_for: `192.0.2.${index % 200}`,
      user_agent: AGENT,
      request_id: `b79e6275-8b8f-99a5-8dc2-${index}`,
      authority: "site.example",
      upstream_host: `${host(index, backends)}:8080`,
      upstream_cluster: "outbound|8080||app.default.svc.cluster.local",
    }),
  "Traefik, common format": (index, at, backends) =>
    `192.0.2.${index % 200} - - [${slashed(at)} +0000] "GET /page/${index % 999} HTTP/2.0" ${fails(index) ? "502 11" : "200 1570"} "-" "${AGENT}" ${index} "web@docker" "http://${host(index, backends)}:8080" 12ms`,
  "Traefik, JSON": (index, at, backends) =>
    JSON.stringify({
      ClientAddr: `192.0.2.${index % 200}:38902`,
      ClientHost: `192.0.2.${index % 200}`,
      DownstreamContentSize: fails(index) ? 11 : 1570,
      DownstreamStatus: fails(index) ? 502 : 200,
      Duration: 2004838,
      OriginContentSize: fails(index) ? 11 : 1570,
      OriginStatus: fails(index) ? 502 : 200,
      RequestHost: "site.example",
      RequestMethod: "GET",
      RequestPath: `/page/${index % 999}`,
      RequestProtocol: "HTTP/1.1",
      RouterName: "web@docker",
      ServiceAddr: `${host(index, backends)}:8080`,
      ServiceName: "web@docker",
      StartUTC: at.toISOString(),
      entryPointName: "web",
      level: "info",
      msg: "",
      "request_User-Agent": AGENT,
      time: at.toISOString(),
    }),
  "Caddy, JSON": (index, at, backends) =>
    JSON.stringify({
      level: fails(index) ? "error" : "info",
      ts: at.getTime() / 1000,
      logger: fails(index) ? "http.log.error.log0" : "http.log.access.log0",
      msg: fails(index) ? `dial tcp ${host(index, backends)}:8080: connect: connection refused` : "handled request",
      request: {
        remote_ip: `192.0.2.${index % 200}`,
        remote_port: "51012",
        proto: "HTTP/1.1",
        method: "GET",
        host: "site.example",
        uri: `/page/${index % 999}`,
        headers: { "User-Agent": [AGENT] },
      },
      duration: 0.0003,
      status: fails(index) ? 502 : 200,
      resp_headers: { Server: ["Caddy"] },
    }),
  "AWS ALB": (index, at, backends) =>
    `https ${at.toISOString().slice(0, 23)}456Z app/site/50dc6c495c0c9188 192.0.2.${index % 200}:2817 ${host(index, backends)}:80 ${fails(index) ? "-1 -1 -1 502 -" : "0.001 0.012 0.000 200 200"} 34 366 "GET https://site.example:443/page/${index % 999} HTTP/1.1" "${AGENT}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/app/73e2d6bc24d8a067 "Root=1-58337262-${index}" "site.example" "arn:aws:acm:us-east-2:1:certificate/1" 1 ${at.toISOString().slice(0, 23)}000Z "forward" "-" "-" "${host(index, backends)}:80" "-" "-" "-" TID_${index}`,
  CloudFront: (index, at) =>
    `${at.toISOString().slice(0, 10)}\t${at.toISOString().slice(11, 19)}\tSEA19-C1\t900\t192.0.2.${index % 200}\tGET\td111111abcdef8.cloudfront.net\t/page/${index % 999}\t${fails(index) ? 502 : 200}\t-\t${AGENT.replaceAll(" ", "%20")}\t-\t-\t${fails(index) ? "Error" : "Miss"}\t1pkpNfBQ39sYMnjjUQjmH2w${index}==\tsite.example\thttps\t675\t0.102\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t${fails(index) ? "Error" : "Miss"}\tHTTP/2.0\t-\t-\t25260\t0.102\t${fails(index) ? "OriginConnectError" : "Miss"}\ttext/html\t507\t-\t-`,
  "Google Cloud": (index, at, backends) =>
    JSON.stringify({
      insertId: `1abc${index}`,
      jsonPayload: {
        "@type": "type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry",
        remoteIp: `192.0.2.${index % 200}`,
        cacheDecision: ["CACHE_MODE_USE_ORIGIN_HEADERS"],
        statusDetails: fails(index) ? "failed_to_connect_to_backend" : "response_sent_by_backend",
      },
      httpRequest: {
        requestMethod: "GET",
        requestUrl: `https://site.example/page/${index % 999}`,
        requestSize: "85",
        status: fails(index) ? 502 : 200,
        responseSize: "124",
        userAgent: AGENT,
        remoteIp: `192.0.2.${index % 200}:1234`,
        serverIp: host(index, backends),
        latency: "0.101s",
      },
      resource: { type: "http_load_balancer", labels: { project_id: "p", backend_service_name: "web-backend", url_map_name: "web" } },
      timestamp: at.toISOString(),
      severity: fails(index) ? "WARNING" : "INFO",
      logName: "projects/p/logs/requests",
    }),
  "Azure Application Gateway": (index, at, backends) =>
    JSON.stringify({
      timeStamp: at.toISOString(),
      resourceId: "/SUBSCRIPTIONS/X/RESOURCEGROUPS/Y/PROVIDERS/MICROSOFT.NETWORK/APPLICATIONGATEWAYS/GW",
      backendPoolName: "pool",
      operationName: "ApplicationGatewayAccess",
      category: "ApplicationGatewayAccessLog",
      properties: {
        instanceId: "appgw_2",
        clientIP: `192.0.2.${index % 200}`,
        httpMethod: "GET",
        requestUri: `/page/${index % 999}`,
        userAgent: AGENT,
        httpStatus: fails(index) ? 504 : 200,
        timeTaken: 20.034,
        serverRouted: `${host(index, backends)}:80`,
        serverStatus: fails(index) ? "-" : "200",
        originalHost: "site.example",
        error_info: fails(index) ? "ERRORINFO_UPSTREAM_TIMED_OUT" : "ERRORINFO_NO_ERROR",
      },
    }),
  "Fly's proxy, each line a failure": (index, at, backends) =>
    `${at.toISOString().slice(0, 19)}Z proxy[148e42d${(index % backends).toString(16)}] fra [error][PR03] could not find a good candidate within ${index % 40} attempts at load balancing. last error: [PC01] instance refused connection. is your app listening on 0.0.0.0:3000? make sure it is not only listening on 127.0.0.1`,
  "nginx error log in journald's JSON, each line a failure": (index, at, backends) =>
    JSON.stringify({
      __CURSOR: `s=${index}`,
      __REALTIME_TIMESTAMP: `${at.getTime()}000`,
      SYSLOG_IDENTIFIER: "nginx",
      PRIORITY: "3",
      MESSAGE: `${at.toISOString().slice(0, 10).replaceAll("-", "/")} ${at.toISOString().slice(11, 19)} [error] 12#12: *${index} connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.${index % 200}, server: s, request: "GET /${index % 99} HTTP/1.1", upstream: "http://${host(index, backends)}:8080/", host: "site.example"`,
    }),
};
