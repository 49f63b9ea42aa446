"""The steps on the steering state that Redis takes as one.

The keys are those of `SteeringKeys`, in its order.
"""

from scribe_mock.store.redis.script import Script

#: What is different since a version: the version, whether these are all entries, and the entries,
#: name by name. Too old a version, or one that Redis has not reached, gets all entries.
_CHANGES = """
local function entries(names)
  local found = {}
  for first = 1, #names, 1000 do
    local some = {unpack(names, first, math.min(first + 999, #names))}
    local values = redis.call('HMGET', KEYS[3], unpack(some))
    for n, name in ipairs(some) do
      found[#found + 1] = name
      found[#found + 1] = values[n]
    end
  end
  return found
end

local function changes(known)
  local version = tonumber(redis.call('GET', KEYS[1]) or '0')
  local floor = tonumber(redis.call('GET', KEYS[2]) or '0')
  if version == known then
    return {version, 0, {}}
  end
  if known < floor or known > version then
    return {version, 1, entries(redis.call('ZRANGE', KEYS[4], 0, -1))}
  end
  local names = redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. ARGV[1], '+inf')
  return {version, 0, entries(names)}
end
"""

#: ARGV: the known version.
CHANGES = Script(_CHANGES + "return changes(tonumber(ARGV[1]))")

#: Begin a change, and learn what is different; nil while another server is changing something.
#: A server that waits longer is served before the one that has just changed something.
#: ARGV: the known version, this server, the name of the change, its longest time in milliseconds.
BEGIN = Script(
    _CHANGES
    + """
local waiting = redis.call('GET', KEYS[7])
if waiting and waiting ~= ARGV[2] and redis.call('GET', KEYS[8]) == ARGV[2] then
  return false
end
if not redis.call('SET', KEYS[6], ARGV[3], 'NX', 'PX', ARGV[4]) then
  if not waiting then
    redis.call('SET', KEYS[7], ARGV[2], 'PX', 100)
  end
  return false
end
if waiting == ARGV[2] then
  redis.call('DEL', KEYS[7])
end
redis.call('SET', KEYS[8], ARGV[2], 'PX', 1000)
return changes(tonumber(ARGV[1]))
"""
)

#: Go on with a change for longer; 0 if it is no longer this one's turn.
#: ARGV: the name of the change, its longest time in milliseconds.
RENEW = Script(
    """
if redis.call('GET', KEYS[6]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[6], ARGV[2])
"""
)

#: End a change; -1 if it was no longer this one's turn, else the version.
#: ARGV: the name of the change, the time, how many removed names to remember, then names with
#: their entries; an entry that is empty is removed.
END = Script(
    """
if redis.call('GET', KEYS[6]) ~= ARGV[1] then
  return -1
end
redis.call('DEL', KEYS[6])
if #ARGV == 3 then
  return tonumber(redis.call('GET', KEYS[1]) or '0')
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('SET', KEYS[1], ARGV[2])
  redis.call('SET', KEYS[2], ARGV[2])
end
local version = redis.call('INCR', KEYS[1])
for n = 4, #ARGV, 2 do
  local name, entry = ARGV[n], ARGV[n + 1]
  if entry == '' then
    redis.call('HDEL', KEYS[3], name)
    redis.call('ZREM', KEYS[4], name)
  else
    redis.call('HSET', KEYS[3], name, entry)
    redis.call('ZADD', KEYS[4], 'NX', version, name)
  end
  redis.call('ZADD', KEYS[5], version, name)
end
local most = redis.call('ZCARD', KEYS[4]) + tonumber(ARGV[3])
local gone = redis.call('ZCARD', KEYS[5]) - most
if gone > 0 then
  local latest = redis.call('ZRANGE', KEYS[5], gone - 1, gone - 1, 'WITHSCORES')
  redis.call('SET', KEYS[2], latest[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', latest[2])
end
return version
"""
)
