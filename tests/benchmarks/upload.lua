-- Uploads one body to each of the paths in turn, for ever; prints what came of it as a line of JSON.
-- Arguments: the size of the body in bytes, then the paths. Requests are built before the start; one
-- path alone is sent without a function per request, which spares wrk a copy of the body each time.

local requests, turn = {}, 0

local function next_request()
  turn = turn % #requests + 1
  return requests[turn]
end

function init(args)
  wrk.method = "POST"
  wrk.path = args[2]
  wrk.body = string.rep("x", tonumber(args[1]))
  if #args > 2 then
    for i = 2, #args do
      requests[#requests + 1] = wrk.format(nil, args[i])
    end
    request = next_request
  end
end

function done(summary, latency)
  local e = summary.errors
  local line = '{"requests": %d, "microseconds": %d, "p99": %d, "refused": %d, "broken": %d}\n'
  local broken = e.connect + e.read + e.write + e.timeout
  io.write(line:format(summary.requests, summary.duration, latency:percentile(99), e.status, broken))
end
