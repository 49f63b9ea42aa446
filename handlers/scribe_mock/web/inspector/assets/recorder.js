/** The recorder's page: its form, its progress bars, and the flow from microphone to transcript. */
import { recordChunks, recordWhole, spelled, streamAudio } from "./recording.js";
import { KeptRecording, leftBehind } from "./kept-recordings.js";
import {
  canHelpLater, createSession, endSession, isGone, newSessionId, Outbox, pollForResult,
} from "./session-client.js";

const find = (id) => document.getElementById(id);
const [form, start, stop, again, without, status, meter, uploads, outcome, picked, left] =
  ["form", "start", "stop", "again", "without", "status", "meter", "uploads", "outcome", "picked", "left"].map(find);
const fields = form.elements;
fields.base.value = `${location.origin}/voice/v1`;
try { fields.token.value = sessionStorage.getItem("scribe-mock token") || "any"; } catch { fields.token.value = "any"; }

const say = (text) => { status.textContent = text; };
const clicked = (button) => new Promise((resolve) => { button.onclick = () => resolve(button); });

/** A new token. A frontend of your own asks its backend here: a client secret does not belong in a browser. */
async function login() {
  const answer = await fetch(new URL("/connect-auth/v1/account/login", fields.base.value), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_id: fields.client_id.value, client_secret: fields.client_secret.value }),
    signal: AbortSignal.timeout(15_000),
  });
  if (!answer.ok) throw new Error(`Login answered ${answer.status}.`);
  fields.token.value = (await answer.json()).access_token;
  return fields.token.value;
}

/** One line per upload: its name, how far it is, how it went. */
function line(name) {
  const item = document.createElement("li");
  const [label, bar, result] = ["code", "progress", "span"].map((tag) => item.appendChild(document.createElement(tag)));
  label.textContent = name;
  Object.assign(bar, { max: 1, value: 0 });
  bar.setAttribute("aria-label", `Upload of ${name}`);
  uploads.append(item);
  return { progress: (share) => { bar.value = share; }, say: (text) => { result.textContent = text; } };
}

/** An outbox whose files have a line each; `onOver` is called if the session takes no more of them. */
function openOutbox(api, method, opening, onOver) {
  const lines = new Map();
  const id = (session) => {
    const known = session.then(({ session_id }) => session_id);
    known.catch(() => {}); // each upload meets it as well
    return known;
  };
  let moved = false;
  const outbox = new Outbox(api, id(opening), (name, event, detail, attempt, seconds) => {
    if (!lines.has(name)) lines.set(name, line(name));
    const shown = lines.get(name);
    if (event === "progress") return shown.progress(detail);
    if (event === "stored") shown.say(`stored, ${Math.ceil(outbox.files.get(name).size / 1000)} kB`);
    if (event === "retry") shown.say(`attempt ${attempt} failed (${detail.status || "no answer"}), again in ${Math.ceil(seconds)} s`);
    if (event === "failed") {
      shown.progress(0);
      shown.say(`not stored: ${detail.code}: ${detail.message}`);
    }
    again.hidden = !outbox.kept.size;
    if (outbox.over && isGone(outbox.over) && !moved) {
      moved = true; // once: what happens to two sessions happens to a third
      say("The session is gone. All that was recorded goes to a new one.");
      outbox.moveTo(id(createSession(api, method)));
    } else if (outbox.over) onOver();
  });
  again.onclick = () => sendAgain(api, outbox);
  window.ononline = () => again.click();
  return outbox;
}

/** What was given up, once more, with the token that the form has now. */
function sendAgain(api, outbox) {
  api.token = fields.token.value;
  outbox.sendAgain();
}

/** The three methods. Each begins to record, and returns a function that ends it and counts the files. */
const methods = {
  chunked(stream, opening, outbox, onOver, add) {
    const finish = recordChunks(stream, Number(fields.seconds.value), (sequence, chunk) => {
      add(`audio_${sequence}.${spelled(chunk.type).extension}`, chunk);
    });
    return () => finish().then(() => outbox.files.size);
  },
  single(stream, opening, outbox, onOver, add) {
    const finish = recordWhole(stream);
    return () => finish()
      .then((file) => file && add(`recording.${spelled(file.type).extension}`, file))
      .then(() => outbox.files.size);
  },
  async stream(stream, opening, outbox, onOver) {
    const shown = line("stream");
    let [sent, dropped] = [0, 0];
    const notes = [];
    const show = () => shown.say([`${sent.toFixed(1)} s sent`, ...notes, ...(dropped ? [`${dropped.toFixed(1)} s lost`] : [])].join("; "));
    const worklet = new URL("./pcm-worklet.js", import.meta.url);
    const address = opening.then(({ upload_url }) => upload_url);
    const finish = await streamAudio(stream, address, worklet, (event, detail) => {
      if (event === "sent") sent = detail;
      if (event === "dropped") dropped += 0.1;
      if (event === "broken") {
        notes.push(`broken at ${detail.second.toFixed(1)} s (${detail.code}), what was on its way may be lost`);
        notes.push(detail.retry ? "opening it again" : "not opened again");
        if (!detail.retry) onOver();
      }
      show();
    });
    return async () => {
      dropped += await finish();
      show();
      shown.progress(1);
      return 0; // End session does not count a stream
    };
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

function showResult(result, outbox) {
  const [received, recorded] = [result.audio_files_received, outbox.files.size];
  const missing = recorded && received !== recorded ? ` The server has ${received} of ${recorded} files.` : "";
  say(`The session is ${result.status}.${missing}`);
  find("state").textContent = result.status;
  find("state").className = `badge ${result.status}`;
  find("transcript").textContent = result.transcript || "No transcript.";
  find("session").textContent = JSON.stringify(result, null, 2);
  const inspect = find("inspect");
  inspect.href = `/_mock/ui/sessions/${encodeURIComponent(result.session_id)}`;
  inspect.hidden = new URL(fields.base.value).origin !== location.origin;
  outcome.hidden = false;
}

/** Send all that was recorded, then end the session. What can't be sent now is kept, and a person decides. */
async function sendAndEnd(api, outbox, count) {
  for (let choice; ;) {
    say("Sending what is left…");
    try {
      await outbox.settled();
      if (!outbox.over && !outbox.kept.size) await outbox.reconcile();
      if (outbox.over) throw outbox.over;
      if (choice === without || !outbox.kept.size) return await endSession(api, await outbox.sessionId, count);
      say(`${outbox.kept.size} of ${count} files could not be sent. They are kept while this page is open.`);
    } catch (error) {
      if (!canHelpLater(error)) throw error;
      say(`${error.message} The session is not ended yet. What was recorded is kept while this page is open.`);
    }
    [again.hidden, without.hidden] = [false, !outbox.kept.size];
    choice = await Promise.race([clicked(again), clicked(without)]);
    [again.hidden, without.hidden] = [true, true];
    if (choice === again) sendAgain(api, outbox);
  }
}

/** Where the API is, and with which token. */
const openApi = () => ({
  base: fields.base.value.replace(/\/+$/, ""),
  token: fields.token.value,
  renewToken: login,
  onRetry: (error, attempt, seconds) => say(`${error.message} Trying again in ${Math.ceil(seconds)} s.`),
});

/** Send what was recorded, end the session, and show its result. */
async function finishSession(api, outbox, count, kept) {
  await sendAndEnd(api, outbox, count);
  kept?.forget().catch(() => {});
  say("Processing…");
  showResult(await pollForResult(api, await outbox.sessionId, (state) => say(`The session is ${state}.`)), outbox);
}

/** Send a picked file as the one recording of a session; its own type may not be what the API calls it. */
async function sendPicked(file) {
  const api = openApi();
  const { type, extension } = spelled(file.type, file.name);
  const opening = createSession(api, "single");
  const outbox = openOutbox(api, "single", opening, () => {});
  outbox.add(extension ? `recording.${extension}` : "recording", new Blob([file], { type }));
  await opening;
  await finishSession(api, outbox, 1);
}

/** From the first click to the transcript. */
async function record() {
  if (!navigator.mediaDevices) throw new Error("Browsers give the microphone to https and localhost alone. Open this page there.");
  const api = openApi();
  const id = fields.microphone.value;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: id ? { deviceId: { exact: id } } : true });
  const release = () => stream.getTracks().forEach((track) => track.stop());
  const stay = (event) => event.preventDefault();
  addEventListener("beforeunload", stay); // the browser asks before it closes a page that has unsent sound
  let kept = null;
  try {
    const method = fields.method.value;
    let interrupt;
    const interrupted = new Promise((resolve) => { interrupt = resolve; });
    for (const track of stream.getTracks()) track.onended = interrupt;
    say("Recording. The session is being made.");
    const id = newSessionId();
    const opening = createSession(api, method, id);
    const outbox = openOutbox(api, method, opening, interrupt);
    if (method !== "stream") kept = new KeptRecording(id, { method, begun: Date.now() });
    const add = (name, file) => {
      kept.add(name, file).catch(() => {}); // the outbox has it as well
      outbox.add(name, file);
    };
    const begun = Promise.resolve(methods[method](stream, opening, outbox, interrupt, add)); // nobody waits with the first word
    listMicrophones();
    showLoudness(stream);
    const session = await opening.catch(async (error) => {
      await begun.then((finish) => finish(), () => {});
      throw error;
    });
    const finish = await begun;
    say(`Recording into ${session.session_id}.`);
    stop.disabled = false;
    await Promise.race([clicked(stop), interrupted]);
    stop.disabled = true;
    const count = await finish();
    release();
    await finishSession(api, outbox, count, kept);
  } finally {
    release();
    kept?.release?.();
    removeEventListener("beforeunload", stay);
  }
}

/** Send what a page kept that was closed, or crashed, in the middle of a recording. */
async function resume({ id, method, begun }) {
  const api = openApi();
  const kept = new KeptRecording(id, { method, begun });
  try {
    const opening = createSession(api, method, id).catch((error) => {
      if (!isGone(error)) throw error;
      return createSession(api, method);
    });
    const outbox = openOutbox(api, method, opening, () => {});
    outbox.files = await kept.files();
    await opening;
    await finishSession(api, outbox, outbox.files.size, kept);
  } finally {
    kept.release?.();
  }
}

/** Offer the oldest recording that was left behind. */
async function offerToResume() {
  const [oldest] = await leftBehind().catch(() => []);
  left.hidden = !oldest;
  if (!oldest) return;
  const begun = new Date(oldest.begun).toLocaleTimeString();
  find("left-said").textContent =
    `The recording of ${begun} was not sent to its end. ${oldest.count} files of it are kept; what was said after them is lost.`;
  find("resume").onclick = () => {
    left.hidden = true;
    run(() => resume(oldest));
  };
  find("resume").hidden = !oldest.count;
  find("forget").onclick = async () => {
    await new KeptRecording(oldest.id, oldest).forget();
    offerToResume();
  };
}

/** Run what a click asked for, and say what went wrong. */
async function run(task) {
  [start.disabled, picked.disabled] = [true, true];
  [outcome.hidden, again.hidden, without.hidden] = [true, true, true];
  uploads.replaceChildren();
  try {
    await task();
  } catch (error) {
    say(error.name === "NotAllowedError" ? "The microphone was refused. Allow it in the browser's address bar, then record again." : error.message);
  }
  [start.disabled, picked.disabled, stop.disabled, again.hidden] = [false, false, true, true];
  offerToResume(); // what could not be sent
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run(record);
});

picked.addEventListener("change", async () => {
  const [file] = picked.files;
  if (file) await run(() => sendPicked(file));
  picked.value = ""; // the same file may be picked again
});

offerToResume();
