API=http://127.0.0.1:8080/voice/v1
AUTH='Authorization: Bearer any'

# 1. Create a session.
SESSION=$(curl -s $API/sessions -H "$AUTH" -d '{"upload_type": "chunked"}' | jq -r .session_id)

# 2. Upload its audio, chunk by chunk.
curl -s $API/sessions/$SESSION/audio/audio_0.webm -H "$AUTH" \
  -H 'Content-Type: audio/webm;codecs=opus' --data-binary @audio_0.webm

# 3. End it, and say how many chunks were sent.
curl -s $API/sessions/$SESSION/end -H "$AUTH" -d '{"audio_files_sent": 1}'

# 4. Poll until it is no longer 202.
while [ "$(curl -s -o result.json -w '%{http_code}' $API/sessions/$SESSION -H "$AUTH")" = 202 ]; do
  sleep 1
done
jq -r .status,.transcript result.json
