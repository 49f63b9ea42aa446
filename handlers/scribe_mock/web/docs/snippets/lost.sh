MOCK=http://127.0.0.1:8080

# What was spoken into the microphone, in any supported type.
curl -s -X PUT $MOCK/_mock/sessions/$SESSION/reference --data-binary @spoken.wav

# How much of it arrived, and what is wrong with the rest?
curl -s $MOCK/_mock/sessions/$SESSION/ledger |
  jq -r '"\n\(.audio.coverage_percent)% arrived", .problems[].message'
