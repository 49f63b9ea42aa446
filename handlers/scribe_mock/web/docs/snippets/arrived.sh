MOCK=http://127.0.0.1:8080

# Each upload with this token: its number, the answer, how it ended, and what it repeats.
curl -s "$MOCK/_mock/requests?token=$TOKEN&operation=uploadAudio" |
  jq -r '.requests[] | "\(.id): chunk \(.sequence), \(.status), \(.outcome), repeats \(.reply_to)"'

# Exactly one End session? 200 says yes; 409 says what came instead, and the nearest misses.
curl -s $MOCK/_mock/requests/verify \
  -d '{"match": {"token": "'$TOKEN'", "operation": "endSession"}, "count": 1}'

# The same as a file for the network panel of a browser.
curl -s -o arrived.har "$MOCK/_mock/requests.har?token=$TOKEN"

# Is the audio of the session complete?
curl -s $MOCK/_mock/sessions/$SESSION/ledger | jq -r '.verdict, .problems[].message'
