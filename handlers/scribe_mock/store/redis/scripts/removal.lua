-- Removes a session; for the other scripts.

-- Its size stays counted until it is removed here, also when its keys have ended by themselves.
local function remove_session(prefix, id)
  local session = prefix .. 'session:' .. id
  local found = redis.call('HMGET', session, 'stream', 'documents')
  if found[1] then redis.call('DEL', prefix .. 'stream:' .. found[1]) end
  for document in string.gmatch(found[2] or '', '%S+') do
    redis.call('DEL', prefix .. 'document:' .. document)
  end
  for _, chunk in ipairs(redis.call('HVALS', prefix .. 'chunks:' .. id)) do
    redis.call('UNLINK', prefix .. 'bytes:' .. struct.unpack('>xc16', chunk))
  end
  local blob = redis.call('HGET', prefix .. 'reference:' .. id, 'blob')
  if blob then redis.call('UNLINK', prefix .. 'bytes:' .. blob) end
  redis.call('UNLINK', prefix .. 'chunks:' .. id, prefix .. 'reference:' .. id)
  local owner = redis.call('HGET', prefix .. 'owners', id)
  if owner then redis.call('ZREM', prefix .. 'owner:' .. owner, id) end
  for _, name in ipairs({'bytes', 'audio'}) do
    local size = redis.call('HGET', prefix .. name .. '_of', id)
    if size then redis.call('HINCRBY', prefix .. 'totals', name, 0 - size) end
    redis.call('HDEL', prefix .. name .. '_of', id)
  end
  redis.call('HDEL', prefix .. 'owners', id)
  for _, name in ipairs({'sessions', 'ends', 'done', 'open'}) do
    redis.call('ZREM', prefix .. name, id)
  end
  return redis.call('DEL', session)
end
