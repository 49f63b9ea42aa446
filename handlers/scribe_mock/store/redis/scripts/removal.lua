-- Removes what one upload or one session left; for the other scripts.

local function remove_bytes(prefix, id, kind, blob)
  if kind == 'l' then
    redis.call('UNLINK', prefix .. 'large:' .. blob)
    redis.call('SREM', prefix .. 'larges:' .. id, blob)
  else
    redis.call('HDEL', prefix .. 'bytes:' .. id, blob)
  end
end

-- Its size stays counted until it is removed here, also when its keys have ended by themselves.
local function remove_session(prefix, id)
  local session = prefix .. 'session:' .. id
  local found = redis.call('HMGET', session, 'stream', 'documents')
  if found[1] then redis.call('DEL', prefix .. 'stream:' .. found[1]) end
  for document in string.gmatch(found[2] or '', '%S+') do
    redis.call('DEL', prefix .. 'document:' .. document)
  end
  for _, blob in ipairs(redis.call('SMEMBERS', prefix .. 'larges:' .. id)) do
    redis.call('UNLINK', prefix .. 'large:' .. blob)
  end
  for _, name in ipairs({'chunks:', 'bytes:', 'larges:', 'reference:'}) do
    redis.call('UNLINK', prefix .. name .. id)
  end
  local owner = redis.call('HGET', prefix .. 'owners', id)
  if owner then redis.call('ZREM', prefix .. 'owner:' .. owner, id) end
  for _, name in ipairs({'bytes', 'audio'}) do
    local size = redis.call('HGET', prefix .. name .. '_of', id)
    if size then redis.call('HINCRBY', prefix .. 'totals', name, -size) end
    redis.call('HDEL', prefix .. name .. '_of', id)
  end
  redis.call('HDEL', prefix .. 'owners', id)
  for _, name in ipairs({'sessions', 'ends', 'done', 'open'}) do
    redis.call('ZREM', prefix .. name, id)
  end
  return redis.call('DEL', session)
end
