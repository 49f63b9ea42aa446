MOCK=http://127.0.0.1:8080
AS="Authorization: Bearer $TOKEN"
SESSION=$MOCK/voice/v1/sessions/$ID

# A session with one recording, whose upload is stored; then its answer is late, and lost.
curl -s $MOCK/voice/v1/sessions -H "$AS" -d '{"session_id": "'$ID'", "upload_type": "single"}' > created.json
for action in '{"delay": {"seconds": 1.5}}' '{"drop_answer": {"how": "close"}}'; do
  curl -s $MOCK/_mock/faults -o fault.json \
    -d '{"scope": {"token": "'$TOKEN'"}, "match": {"operation": "uploadAudio"}, "action": '"$action"'}'
done

# One command with a kept-alive connection: curl asks for something, then it uploads, once as far as you can see.
curl -s $MOCK/_mock/health -o health.json \
  --next -s -H "$AS" --data-binary @recording.webm $SESSION/audio/recording.webm

# The journal has two uploads, and the ledger one recording that was sent again.
curl -s "$MOCK/_mock/requests?token=$TOKEN&operation=uploadAudio" |
  jq -r '.requests[] | "\n\(.status), \(.outcome), repeats \(.reply_to)"'
curl -s $MOCK/_mock/sessions/$ID/ledger | jq -r '.chunks[] | "\(.arrivals | length) arrivals, \(.retries) retry"'
