-- Stores what was spoken during a session, or forgets it if the record is empty. Answers as `write`.
local prefix, id, expected = ARGV[1], ARGV[2], ARGV[3]
local most, claimed = tonumber(ARGV[4]), tonumber(ARGV[5])
local record, blob, parts, size, weight = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9], tonumber(ARGV[10])
local session, reference = prefix .. 'session:' .. id, prefix .. 'reference:' .. id
local bytes = prefix .. 'bytes:' .. blob
local known = redis.call('HMGET', session, 'version', 'ends_at')
if known[1] ~= expected then return {'conflict'} end
if record ~= '' and redis.call('LLEN', bytes) ~= parts then return {'gone'} end

local old = redis.call('HMGET', reference, 'blob', 'weight')
local more = weight - (old[2] or 0)
local total = tonumber(redis.call('HGET', prefix .. 'totals', 'bytes') or 0)
if more > 0 and total + claimed + more > most then return {'full', total + claimed + more - most} end
if old[1] then
  redis.call('UNLINK', prefix .. 'bytes:' .. old[1], reference)
end
if record ~= '' then
  redis.call('HSET', reference, 'record', record, 'blob', blob, 'size', size, 'weight', weight,
    'sha256', ARGV[11])
  redis.call('EXPIREAT', reference, known[2])
  redis.call('EXPIREAT', bytes, known[2])
end
redis.call('HINCRBY', prefix .. 'audio_of', id, more)
redis.call('HINCRBY', prefix .. 'totals', 'audio', more)
redis.call('HINCRBY', prefix .. 'bytes_of', id, more)
return {'written', redis.call('HINCRBY', prefix .. 'totals', 'bytes', more)}
