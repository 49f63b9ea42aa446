-- Removes what is left of sessions whose keys have ended by themselves; returns their ids.
local prefix = ARGV[1]
local now = redis.call('TIME')[1]
local ended = redis.call('ZRANGEBYSCORE', prefix .. 'ends', '-inf', now, 'LIMIT', 0, 100)
for _, id in ipairs(ended) do
  remove_session(prefix, id)
end
return ended
