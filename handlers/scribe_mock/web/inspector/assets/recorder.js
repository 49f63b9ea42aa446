/** The recorder's page: its form, its progress bars, and the flow from microphone to transcript. */
import * as client from "./recording.js";

const find = (id) => document.getElementById(id);
const [form, start, stop, status, meter, uploads, outcome] =
  ["form", "start", "stop", "status", "meter", "uploads", "outcome"].map(find);
const fields = form.elements;
fields.base.value = `${location.origin}/voice/v1`;
try { fields.token.value = sessionStorage.getItem("scribe-mock token") || "any"; } catch { fields.token.value = "any"; }

/** A type that this browser's MediaRecorder supports, as the API spells it, and its extension. */
const [mimeType, extension] = [["audio/webm;codecs=opus", "webm"], ["audio/mp4", "mp4"]]
  .find(([type]) => window.MediaRecorder?.isTypeSupported(type)) ?? [];

const api = () => ({ base: fields.base.value.replace(/\/+$/, ""), token: fields.token.value });
const say = (text) => { status.textContent = text; };

/** One line per upload: its name, how far it is, how it went. */
function line(name) {
  const item = document.createElement("li");
  const [label, bar, result] = ["code", "progress", "span"].map((tag) => item.appendChild(document.createElement(tag)));
  label.textContent = name;
  Object.assign(bar, { max: 1, value: 0 });
  bar.setAttribute("aria-label", `Upload of ${name}`);
  uploads.append(item);
  return { progress: (part) => { bar.value = part; }, say: (text) => { result.textContent = text; } };
}

/** Upload one file and show its progress; the recording goes on, even if the upload failed. */
async function upload(session, name, file) {
  const shown = line(name);
  try {
    await client.uploadWithRetry(api(), session.session_id, name, file, {
      onProgress: shown.progress,
      onRetry: (attempt, code) => shown.say(`attempt ${attempt} failed (${code || "no answer"}), trying again`),
    });
    shown.progress(1);
    shown.say(`stored, ${Math.ceil(file.size / 1000)} kB`);
  } catch (error) {
    shown.say(`${error.code}: ${error.message}`);
  }
}

/** The three methods. Each begins to record, and returns a function that ends it and counts the files sent. */
const methods = {
  chunked(stream, session) {
    const sent = [];
    const finish = client.recordChunks(stream, Number(fields.seconds.value), (sequence, chunk) => {
      sent.push(upload(session, `audio_${sequence}.${extension}`, chunk));
    }, mimeType);
    return async () => {
      await finish();
      return (await Promise.all(sent)).length;
    };
  },
  single(stream, session) {
    const finish = client.recordWhole(stream, mimeType);
    return () => finish().then((file) => upload(session, `recording.${extension}`, file)).then(() => 1);
  },
  async stream(stream, session) {
    const shown = line("stream");
    let bytes = 0;
    const worklet = new URL("./pcm-worklet.js", import.meta.url);
    const finish = await client.streamAudio(stream, session.upload_url, worklet, (size) => {
      shown.say(`${Math.round((bytes += size) / 1000)} kB sent`);
    });
    return () => finish().then(() => shown.progress(1)).then(() => 0); // End session does not count a stream
  },
};

/** Show how loud it is, for as long as the microphone runs. */
function showLoudness(stream) {
  const analyser = new AnalyserNode(new AudioContext());
  analyser.context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  (function look() {
    analyser.getFloatTimeDomainData(samples);
    meter.value = 4 * Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length);
    if (stream.active) requestAnimationFrame(look);
    else analyser.context.close();
  })();
}

/** The names of microphones are there once one was allowed. */
async function listMicrophones() {
  const devices = (await navigator.mediaDevices.enumerateDevices())
    .filter((device) => device.kind === "audioinput" && device.deviceId !== "default" && device.label);
  const chosen = fields.microphone.value;
  const options = devices.map((device) => new Option(device.label, device.deviceId, false, device.deviceId === chosen));
  fields.microphone.replaceChildren(new Option("The default one", ""), ...options);
}

function showResult(result) {
  find("state").textContent = result.status;
  find("state").className = `badge ${result.status}`;
  find("transcript").textContent = result.transcript || "No transcript.";
  find("session").textContent = JSON.stringify(result, null, 2);
  const inspect = find("inspect");
  inspect.href = `/_mock/ui/sessions/${encodeURIComponent(result.session_id)}`;
  inspect.hidden = new URL(fields.base.value).origin !== location.origin;
  outcome.hidden = false;
}

/** From the first click to the transcript. */
async function record() {
  if (!navigator.mediaDevices) throw new Error("Browsers give the microphone to https and localhost alone. Open this page there.");
  const id = fields.microphone.value;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: id ? { deviceId: { exact: id } } : true });
  try {
    listMicrophones();
    showLoudness(stream);
    const session = await client.createSession(api(), fields.method.value);
    const finish = await methods[fields.method.value](stream, session);
    say(`Recording into ${session.session_id}.`);
    stop.disabled = false;
    await new Promise((resolve) => { stop.onclick = resolve; });
    stop.disabled = true;
    say("Sending what is left…");
    const sent = await finish();
    await client.endSession(api(), session.session_id, sent);
    say("Processing…");
    showResult(await client.pollForResult(api(), session.session_id, (state) => say(`The session is ${state}.`)));
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  start.disabled = true;
  outcome.hidden = true;
  uploads.replaceChildren();
  try {
    await record();
  } catch (error) {
    say(error.name === "NotAllowedError" ? "The microphone was refused. Allow it in the browser's address bar, then record again." : error.message);
  }
  [start.disabled, stop.disabled] = [false, true];
});
