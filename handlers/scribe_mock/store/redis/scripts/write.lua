-- Writes a session, chunks of it, or both: everything or nothing. `store/redis/write.py` sends the
-- arguments. The bytes of chunks are there already, and go by themselves unless this
-- keeps them. Answers {'written', bytes of all}, {'conflict'}, {'gone'} if bytes have, or {'full', bytes that are missing}.
local place = 0
local function argument() place = place + 1 return ARGV[place] end
local function number() return tonumber(argument()) end

local prefix, id = argument(), argument()
local expected, expected_uploads = argument(), argument()
local most, claimed, chunk_bytes = number(), number(), number()
local record, version, weight, seconds = argument(), argument(), number(), number()
local done, over_at = argument(), argument()
local owner, stream, documents = argument(), argument(), argument()

local session, chunks = prefix .. 'session:' .. id, prefix .. 'chunks:' .. id
local known = redis.call('HMGET', session, 'version', 'uploads', 'weight', 'ends_at', 'documents')
if (known[1] or '') ~= expected then return {'conflict'} end
if expected_uploads ~= '' and (known[2] or '0') ~= expected_uploads then return {'conflict'} end

if expected == '' and redis.call('HEXISTS', prefix .. 'owners', id) == 1 then
  remove_session(prefix, id)  -- one of this id has ended by itself
end

-- What it is to be, before anything is written.
local more = record == '' and 0 or weight - (known[3] or 0)
local audio, gone, removed, put = 0, {}, {}, {}
for _ = 1, number() do
  local sequence = argument()
  local value = redis.call('HGET', chunks, sequence)
  if not value then return {'conflict'} end
  local blob, size = struct.unpack('>xc16I4', value)
  audio, more = audio - size, more - chunk_bytes
  gone[#gone + 1] = prefix .. 'bytes:' .. blob
  removed[#removed + 1] = sequence
end
for _ = 1, number() do
  local sequence, old_blob, value, parts = argument(), argument(), argument(), number()
  local kind, blob, size = struct.unpack('>c1c16I4', value)
  local old = redis.call('HGET', chunks, sequence)
  if old then
    local of_blob, of_size, replaced = struct.unpack('>xc16I4I4', old)
    if old_blob ~= '' and old_blob ~= of_blob then return {'conflict'} end
    if of_blob ~= blob then gone[#gone + 1] = prefix .. 'bytes:' .. of_blob end
    if old_blob == '' then
      value = string.sub(value, 1, 21) .. struct.pack('>I4', replaced + 1) .. string.sub(value, 26)
    end
    audio = audio - of_size
  elseif old_blob ~= '' then
    return {'conflict'}
  else
    more = more + chunk_bytes
  end
  audio = audio + size
  local bytes = prefix .. 'bytes:' .. blob
  -- The first parts of a slow body may have gone when the last ones came.
  if parts > 0 and kind == 'l' and redis.call('LLEN', bytes) ~= parts then return {'gone'} end
  if parts > 0 and kind ~= 'l' and redis.call('EXISTS', bytes) == 0 then return {'gone'} end
  put[#put + 1] = {sequence, value, parts > 0 and bytes}
end
more = more + audio
local total = tonumber(redis.call('HGET', prefix .. 'totals', 'bytes') or 0)
if more > 0 and total + claimed + more > most then return {'full', total + claimed + more - most} end

local ends_at = tonumber(known[4])
if record ~= '' then
  if not ends_at or owner ~= '' then
    ends_at = redis.call('TIME')[1] + seconds
    redis.call('ZADD', prefix .. 'ends', ends_at, id)
  end
  redis.call('HSET', session, 'record', record, 'version', version, 'weight', weight,
    'ends_at', ends_at, 'documents', documents)
  redis.call('EXPIREAT', session, ends_at)
  redis.call('ZADD', prefix .. (done == '1' and 'done' or 'open'), over_at, id)
  redis.call('ZREM', prefix .. (done == '1' and 'open' or 'done'), id)
  if (known[5] or '') ~= documents then
    for document in string.gmatch(known[5] or '', '%S+') do
      redis.call('DEL', prefix .. 'document:' .. document)
    end
    for document in string.gmatch(documents, '%S+') do
      redis.call('SET', prefix .. 'document:' .. document, id, 'EXAT', ends_at)
    end
  end
  if owner ~= '' then
    -- The first byte only tells that there is an owner: its name may be empty.
    owner = string.sub(owner, 2)
    local before = redis.call('HGET', prefix .. 'owners', id)
    if before and before ~= owner then redis.call('ZREM', prefix .. 'owner:' .. before, id) end
    if not redis.call('ZSCORE', prefix .. 'sessions', id) then
      redis.call('ZADD', prefix .. 'sessions', redis.call('INCR', prefix .. 'order'), id)
    end
    redis.call('ZADD', prefix .. 'owner:' .. owner, redis.call('ZSCORE', prefix .. 'sessions', id), id)
    redis.call('HSET', prefix .. 'owners', id, owner)
    if stream ~= '' then
      redis.call('HSET', session, 'stream', stream)
      redis.call('SET', prefix .. 'stream:' .. stream, id, 'EXAT', ends_at)
    end
  end
end
if #gone > 0 then redis.call('UNLINK', unpack(gone)) end
if #removed > 0 then redis.call('HDEL', chunks, unpack(removed)) end
for _, one in ipairs(put) do
  redis.call('HSET', chunks, one[1], one[2])
  if one[3] then redis.call('EXPIREAT', one[3], ends_at) end
end
if #put > 0 then
  redis.call('EXPIREAT', chunks, ends_at)
  redis.call('HINCRBY', session, 'uploads', 1)
end
if audio ~= 0 then
  redis.call('HINCRBY', prefix .. 'audio_of', id, audio)
  redis.call('HINCRBY', prefix .. 'totals', 'audio', audio)
end
if more ~= 0 then
  redis.call('HINCRBY', prefix .. 'bytes_of', id, more)
  total = redis.call('HINCRBY', prefix .. 'totals', 'bytes', more)
end
return {'written', total}
