"""The steps on the journal that Redis takes as one.

The keys are: the stream of entries, the number of the latest one, the bytes of all, the counts of
lost entries, and until which number entries are forgotten. The last two are by what entries are of:
`*` for all, `o:` and an owner, `s:` and a session.
"""

from scribe_mock.store.redis.script import Script

#: Add entries, and lose the oldest ones that are too many.
#: ARGV: the most entries, the most bytes, how many get lost together at least, then for each entry
#: its caller, owner, session, time and bytes; one without bytes is lost already.
ADD = Script(
    """
local function count(field, more)
  if field then
    redis.call('HINCRBY', KEYS[4], field, more)
  end
end

local function is_forgotten(number, field)
  local until_ = redis.call('HGET', KEYS[5], field)
  return until_ and tonumber(until_) >= number
end

local function lose(number, caller, owner, session, at)
  if is_forgotten(number, 'o:' .. caller) or is_forgotten(number, 'o:' .. owner)
    or is_forgotten(number, 's:' .. session) then
    return
  end
  count('total', 1)
  count('o:' .. caller, 1)
  if owner ~= '' and owner ~= caller then
    count('o:' .. owner, 1)
  end
  if session ~= '' then
    count('s:' .. session, 1)
  end
  local latest = redis.call('HGET', KEYS[4], 'latest')
  if not latest or tonumber(at) > tonumber(latest) then
    redis.call('HSET', KEYS[4], 'latest', at)
  end
end

for n = 4, #ARGV, 5 do
  local number = redis.call('INCR', KEYS[2])
  if ARGV[n + 4] == '' then
    lose(number, ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3])
  else
    redis.call('XADD', KEYS[1], number .. '-0', 'c', ARGV[n], 'o', ARGV[n + 1],
      's', ARGV[n + 2], 't', ARGV[n + 3], 'e', ARGV[n + 4])
    redis.call('INCRBY', KEYS[3], #ARGV[n + 4] + 300)
  end
end

local function too_many()
  if redis.call('XLEN', KEYS[1]) > tonumber(ARGV[1]) then
    return tonumber(ARGV[3])
  end
  return tonumber(redis.call('GET', KEYS[3]) or '0') > tonumber(ARGV[2]) and 1 or 0
end

while too_many() > 0 do
  local gone = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', too_many())
  local ids, size = {}, 0
  for n, one in ipairs(gone) do
    local fields = one[2]
    ids[n] = one[1]
    size = size + #fields[10] + 300
    lose(tonumber(string.match(one[1], '%d+')), fields[2], fields[4], fields[6], fields[8])
  end
  redis.call('XDEL', KEYS[1], unpack(ids))
  redis.call('DECRBY', KEYS[3], size)
end

if redis.call('HLEN', KEYS[4]) > 20000 then
  local counts, owners, sessions = redis.call('HGETALL', KEYS[4]), 0, 0
  for n = 1, #counts, 2 do
    local kind = string.sub(counts[n], 1, 2)
    if kind == 'o:' then
      owners = owners + tonumber(counts[n + 1])
      redis.call('HDEL', KEYS[4], counts[n])
    elseif kind == 's:' then
      sessions = sessions + tonumber(counts[n + 1])
      redis.call('HDEL', KEYS[4], counts[n])
    end
  end
  redis.call('HINCRBY', KEYS[4], 'lost_owners', owners)
  redis.call('HINCRBY', KEYS[4], 'lost_sessions', sessions)
end
return redis.call('GET', KEYS[2])
"""
)

#: Forget all entries until now of a scope, and how many of it were lost.
#: ARGV: the field of the scope.
FORGET = Script(
    """
local number = redis.call('GET', KEYS[2]) or '0'
if ARGV[1] == '*' then
  redis.call('DEL', KEYS[1], KEYS[3], KEYS[4], KEYS[5])
else
  redis.call('HSET', KEYS[4], ARGV[1], '0')
end
redis.call('HSET', KEYS[5], ARGV[1], number)
if redis.call('HLEN', KEYS[5]) > 10000 then
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  local least = oldest and tonumber(string.match(oldest[1], '%d+')) or tonumber(number) + 1
  local all = redis.call('HGETALL', KEYS[5])
  for n = 1, #all, 2 do
    if tonumber(all[n + 1]) < least and all[n] ~= '*' then
      redis.call('HDEL', KEYS[5], all[n])
    end
  end
end
return number
"""
)
