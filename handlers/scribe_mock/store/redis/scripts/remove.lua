-- Removes sessions. Each comes with the time at which it is over, if it may go only when that is
-- still so. Answers how many there were, and how many bytes all take now.
local prefix, removed = ARGV[1], 0
for place = 2, #ARGV, 2 do
  local id, over = ARGV[place], ARGV[place + 1]
  local now_over = over ~= '' and
    (redis.call('ZSCORE', prefix .. 'done', id) or redis.call('ZSCORE', prefix .. 'open', id))
  if over == '' or (now_over and tonumber(now_over) == tonumber(over)) then
    removed = removed + remove_session(prefix, id)
  end
end
return {removed, tonumber(redis.call('HGET', prefix .. 'totals', 'bytes') or 0)}
