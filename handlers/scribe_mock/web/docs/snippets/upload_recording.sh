# Send a WAV in chunks and print its transcript. Says what is lost, and exits with 1 then.
set -euo pipefail
UNSENT=$SCRIBE_MOCK_AUDIO.unsent # after a crash, the next start sends what is left in it
TOKEN=$SCRIBE_MOCK_TOKEN
LOST=0

# Send a request; sets STATUS (000: no answer) and CODE. curl repeats it after no answer, 408, 429
# and 5xx, waits longer each time, and obeys Retry-After.
send() {
  rm -f "$UNSENT/answer"
  STATUS=$(curl -s -o "$UNSENT/answer" -w '%{http_code}' --max-time 60 --retry 6 --retry-all-errors \
    -H "Authorization: Bearer $TOKEN" "$@") || STATUS=000
  CODE=$(jq -r '.error.code // empty' "$UNSENT/answer" 2> /dev/null) || CODE=
}

# The same; a 401 gets a new token, once.
request() {
  local url=$SCRIBE_MOCK_URL$1
  shift
  send "$url" "$@"
  if [ "$STATUS" = 401 ]; then
    send "$SCRIBE_MOCK_URL/connect-auth/v1/account/login" \
      -d "{\"client_id\": \"$SCRIBE_MOCK_TOKEN\", \"client_secret\": \"yours\"}"
    TOKEN=$(jq -r .access_token "$UNSENT/answer")
    send "$url" "$@"
  fi
}

stop() {
  echo "$1: $STATUS $CODE. Start again to send what is left." >&2
  [[ $STATUS != 404 && $STATUS != 410 ]] || rm "$UNSENT/session" # it is gone: start with a new one
  exit 1
}

if [ ! -e "$UNSENT/session" ]; then
  mkdir -p "$UNSENT"
  ffmpeg -y -loglevel error -i "$SCRIBE_MOCK_AUDIO" -f segment -segment_time 5 -c copy "$UNSENT/audio_%d.wav"
  echo "ses_$(openssl rand -hex 10) $(find "$UNSENT" -name '*.wav' | wc -l)" > "$UNSENT/session"
fi
read -r ID COUNT < "$UNSENT/session"
SESSION=/voice/v1/sessions/$ID

request /voice/v1/sessions -d "{\"session_id\": \"$ID\", \"upload_type\": \"chunked\"}"
[[ $STATUS = 201 || $CODE = session_exists ]] || stop "There is no session"

for ((number = 0; number < COUNT; number++)); do
  chunk=$UNSENT/audio_$number.wav
  [ -e "$chunk" ] || continue # it was stored before the crash
  request "$SESSION/audio/audio_$number.wav" -H 'Content-Type: audio/wav' --data-binary "@$chunk"
  if [ "$STATUS" = 200 ]; then
    rm "$chunk"
  elif [[ $CODE = invalid_audio_format || $CODE = chunk_too_large ]]; then
    echo "Chunk $number is lost: $STATUS $CODE" >&2
    LOST=1
  else
    stop "Chunk $number was not stored"
  fi
done

request "$SESSION/end" -d "{\"audio_files_sent\": $COUNT}"
[[ $STATUS = 202 || $CODE = session_ended || $CODE = session_completed ]] || stop "It was not ended"

wait=1
while request "$SESSION" && [ "$STATUS" = 202 ]; do
  [ "$SECONDS" -lt 600 ] || stop "There is no result after ten minutes"
  sleep $wait
  wait=$((wait < 10 ? wait + 1 : 10))
done
[[ $STATUS = 200 || $STATUS = 206 ]] || stop "There is no result"
jq -r '.transcript // empty' "$UNSENT/answer"
jq -r '"The session is \(.status), with \(.audio_files_received) chunks.", (.processing_errors // [])[].message' \
  "$UNSENT/answer" >&2
[[ $LOST = 0 && $(jq -r .status,.audio_files_received "$UNSENT/answer" | paste -sd' ') = "completed $COUNT" ]]
rm -r "$UNSENT"
