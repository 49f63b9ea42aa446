"""The steps on webhooks that Redis takes as one.

The keys are: the server that sends, what was told of sessions, the deliveries that are not over,
the number of the latest one, and the log of attempts, the newest first.
"""

from scribe_mock.store.redis.script import Script

#: Become the server that sends, or stay it; whether this one is.
#: ARGV: this server, for how many milliseconds.
HOLD = Script(
    """
local sender = redis.call('GET', KEYS[1])
if sender and sender ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
)

#: Let another server send.
#: ARGV: this server.
LET_GO = Script(
    """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
"""
)

#: Write what was told and what is to be delivered, all or nothing; 0 if another server sends.
#: ARGV: this server, the latest number, the most attempts to keep, whether to forget those before,
#: then for each entry its kind, its name and what is written; nothing removes it.
WRITE = Script(
    """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[4], ARGV[2])
if ARGV[4] == '1' then
  redis.call('DEL', KEYS[5])
end
for n = 5, #ARGV, 3 do
  local kind, name, value = ARGV[n], ARGV[n + 1], ARGV[n + 2]
  if kind == 'attempt' then
    redis.call('LPUSH', KEYS[5], value)
  else
    local key = kind == 'told' and KEYS[2] or KEYS[3]
    if value == '' then
      redis.call('HDEL', key, name)
    else
      redis.call('HSET', key, name, value)
    end
  end
end
redis.call('LTRIM', KEYS[5], 0, ARGV[3] - 1)
return 1
"""
)
