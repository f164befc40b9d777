-- Arguments after "--": the request target and the Host to send instead of those of the URL, for a forward proxy.
function init(args)
  if args[1] then
    wrk.path = args[1]
    wrk.headers["Host"] = args[2]
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('RESULT {"requests":%d,"failed":%d,"microseconds":%d,"p50":%d,"p99":%d}\n',
    summary.requests, failed, summary.duration, latency:percentile(50), latency:percentile(99)))
end
