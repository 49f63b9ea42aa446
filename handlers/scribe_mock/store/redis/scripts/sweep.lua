-- Removes what is left of sessions whose keys have ended by themselves.
local prefix = ARGV[1]
local now = redis.call('TIME')[1]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'ends', '-inf', now, 'LIMIT', 0, 100)) do
  remove_session(prefix, id)
end
