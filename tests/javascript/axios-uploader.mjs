// An uploader as many are built: axios with axios-retry. SET_UP is "defaults", or "advised": the
// retries that axios-retry's README shows, for the errors that are worth another attempt.
import { readFileSync } from "node:fs";
import axios from "axios";
import axiosRetry, { exponentialDelay, isNetworkError } from "axios-retry";

const { SCRIBE_MOCK_URL, SCRIBE_MOCK_TOKEN, SCRIBE_MOCK_AUDIO, SET_UP } = process.env;
const SECONDS = 5;

const api = axios.create({
  baseURL: `${SCRIBE_MOCK_URL}/voice/v1`,
  headers: { Authorization: `Bearer ${SCRIBE_MOCK_TOKEN}` },
  timeout: 60_000,
});
const advised = {
  retries: 6,
  retryDelay: (attempt, error) => exponentialDelay(attempt, error, 500),
  retryCondition: (error) => isNetworkError(error) || [408, 429].includes(error.status) || error.status >= 500,
  shouldResetTimeout: true,
};
axiosRetry(api, SET_UP === "advised" ? advised : {});

/** Whole WAV files of a few seconds each. */
function* chunks(wav) {
  const data = wav.indexOf("data") + 8;
  const size = SECONDS * wav.readUInt32LE(28);
  for (let start = data; start < wav.length; start += size) {
    const head = Buffer.from(wav.subarray(0, data));
    const sound = wav.subarray(start, start + size);
    head.writeUInt32LE(data - 8 + sound.length, 4);
    head.writeUInt32LE(sound.length, data - 4);
    yield Buffer.concat([head, sound]);
  }
}

const { data: session } = await api.post("/sessions", { upload_type: "chunked" });
const path = `/sessions/${session.session_id}`;
let sent = 0;
for (const chunk of chunks(readFileSync(SCRIBE_MOCK_AUDIO))) {
  await api.post(`${path}/audio/audio_${sent++}.wav`, chunk, { headers: { "Content-Type": "audio/wav" } });
}
await api.post(`${path}/end`, { audio_files_sent: sent });
for (;;) {
  const { status, data } = await api.get(path);
  if (status !== 202) {
    console.log(data.status, data.transcript);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
