-- Sends the requests of a file by turns: a token, a tab and a body on each line. Tells in one line what came of it.

local requests, last = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local token, body = line:match("^(%S+)\t(.*)$")
    local headers = { ["authorization"] = "Bearer " .. token, ["content-type"] = "application/json", ["accept"] = "application/json" }
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("LOAD %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
