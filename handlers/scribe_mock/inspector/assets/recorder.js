/** The recorder's page: its form, its progress bars, and the flow from microphone to transcript. */
import {
  createSession, endSession, pollForResult, recordChunks, recordWhole, streamAudio, uploadWithRetry,
} from "./recording.js";

const find = (id) => document.getElementById(id);
const [form, start, stop, status, meter, uploads, outcome] =
  ["form", "start", "stop", "status", "meter", "uploads", "outcome"].map(find);
const fields = form.elements;
fields.base.value = `${location.origin}/voice/v1`;
try { fields.token.value = sessionStorage.getItem("scribe-mock token") || "any"; } catch { fields.token.value = "any"; }

/** What MediaRecorder can write here, as the API spells it, and the extension for the name. */
const [mimeType, extension] = [["audio/webm;codecs=opus", "webm"], ["audio/mp4", "mp4"]]
  .find(([type]) => window.MediaRecorder?.isTypeSupported(type)) ?? [];

const api = () => ({ base: fields.base.value.replace(/\/+$/, ""), token: fields.token.value });
const say = (text) => { status.textContent = text; };

/** One line per upload: its name, how far it is, how it went. */
function line(name) {
  const item = document.createElement("li");
  const [label, bar, result] = ["code", "progress", "span"].map((tag) => item.appendChild(document.createElement(tag)));
  label.textContent = name;
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Upload of ${name}`);
  uploads.append(item);
  return { progress: (part) => { bar.value = part; }, say: (text) => { result.textContent = text; } };
}

/** Upload one file, with its line; resolves to whether it arrived. */
async function upload(session, name, file) {
  const shown = line(name);
  try {
    await uploadWithRetry(api(), session.session_id, name, file, {
      onProgress: shown.progress,
      onRetry: (attempt, code) => shown.say(`attempt ${attempt} failed (${code || "no answer"}), trying again`),
    });
    shown.progress(1);
    shown.say(`stored, ${Math.ceil(file.size / 1000)} kB`);
    return true;
  } catch (error) {
    shown.say(`${error.code}: ${error.message}`);
    return false;
  }
}

/** The three methods. Each begins to record, and returns a function that ends it and counts the files sent. */
const methods = {
  chunked(stream, session) {
    const sent = [];
    const finish = recordChunks(stream, Number(fields.seconds.value), (sequence, chunk) => {
      sent.push(upload(session, `audio_${sequence}.${extension}`, chunk));
    }, mimeType);
    return async () => {
      await finish();
      await Promise.all(sent);
      return sent.length;
    };
  },
  single(stream, session) {
    const finish = recordWhole(stream, mimeType);
    return async () => {
      await upload(session, `recording.${extension}`, await finish());
      return 1;
    };
  },
  async stream(stream, session) {
    const shown = line("stream");
    let bytes = 0;
    const worklet = new URL("./pcm-worklet.js", import.meta.url);
    const finish = await streamAudio(stream, session.upload_url, worklet, (size) => {
      bytes += size;
      shown.say(`${Math.round(bytes / 1000)} kB sent`);
    });
    return async () => {
      await finish();
      shown.progress(1);
      return 0;
    };
  },
};

/** Show how loud it is, for as long as the microphone runs. */
function showLoudness(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  (function look() {
    if (!stream.active) {
      meter.value = 0;
      context.close();
      return;
    }
    analyser.getFloatTimeDomainData(samples);
    meter.value = Math.min(1, 4 * Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    requestAnimationFrame(look);
  })();
}

/** The names of microphones are there once one was allowed. */
async function listMicrophones() {
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "audioinput" && device.deviceId !== "default" && device.label);
  const chosen = fields.microphone.value;
  fields.microphone.replaceChildren(new Option("The default one", ""), ...devices.map((device) => new Option(device.label, device.deviceId)));
  fields.microphone.value = chosen;
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
    const session = await createSession(api(), fields.method.value);
    const finish = await methods[fields.method.value](stream, session);
    say(`Recording into ${session.session_id}.`);
    stop.disabled = false;
    await new Promise((resolve) => { stop.onclick = resolve; });
    stop.disabled = true;
    say("Sending what is left…");
    const sent = await finish();
    await endSession(api(), session.session_id, sent);
    say("Processing…");
    showResult(await pollForResult(api(), session.session_id, (state) => say(`The session is ${state}.`)));
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
  start.disabled = false;
  stop.disabled = true;
});
