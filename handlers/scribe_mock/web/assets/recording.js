/**
 * Recording in the browser: chunks, one whole file, or a stream. session-client.js sends what is recorded;
 * the page that uses both is recorder.js.
 */
import { ApiError, ATTEMPTS, backoff, pause } from "./session-client.js";

/** What browsers and recorders call the types of the API, without parameters; and the extension of each. */
const SPELLINGS = [
  ["audio/webm;codecs=opus", "webm", ["audio/webm", "video/webm"]],
  ["audio/mp4", "mp4", ["audio/mp4", "video/mp4", "application/mp4"]],
  ["audio/ogg", "ogg", ["audio/ogg", "application/ogg", "video/ogg", "audio/opus"]],
  ["audio/m4a", "m4a", ["audio/m4a", "audio/x-m4a"]],
  ["audio/mp3", "mp3", ["audio/mp3", "audio/mpeg", "audio/x-mp3"]],
  ["audio/wav", "wav", ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"]],
];
const EXTENSIONS = { weba: "webm", oga: "ogg", opus: "ogg" };

/**
 * How the API spells the type of a recording, and its extension; by what the browser calls it.
 *
 * A recorder says `audio/mp4;codecs=opus`, a file picker `audio/mpeg` or nothing. With an unknown type the name's
 * extension decides, and `type` is empty: such a blob is sent without a Content-Type.
 */
export function spelled(type, name = "") {
  const essence = type.split(";")[0].trim().toLowerCase();
  const known = SPELLINGS.find(([, , names]) => names.includes(essence));
  if (known) return { type: known[0], extension: known[1] };
  const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
  return { type: "", extension: EXTENSIONS[ending] ?? ending };
}

/** The first type that this browser's MediaRecorder writes; empty for what it writes on its own. */
export const recorderType = () => ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"]
  .find((type) => window.MediaRecorder?.isTypeSupported(type)) ?? "";

/**
 * Record in chunks, each a whole file.
 *
 * MediaRecorder writes a file's header once, at its start: of its timeslices only the first can be
 * decoded alone. So each chunk gets a recorder of its own, started before the last one stops.
 * Returns a function that stops, and resolves when the last chunk was handed over.
 */
export function recordChunks(stream, seconds, onChunk, mimeType = recorderType()) {
  let sequence = 0;
  function start() {
    const parts = [];
    const recorder = new MediaRecorder(stream, { mimeType });
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      // The recorder knows its type once it has started, and may call it otherwise than the API.
      const chunk = new Blob(parts, { type: spelled(recorder.mimeType).type });
      if (chunk.size) onChunk(sequence++, chunk);
    };
    recorder.start();
    return recorder;
  }
  let current = start();
  const timer = setInterval(() => {
    if (!stream.active) return; // the microphone was unplugged
    const finished = current;
    current = start();
    finished.stop();
  }, seconds * 1000);
  return () =>
    new Promise((resolve) => {
      clearInterval(timer);
      current.addEventListener("stop", resolve);
      if (current.state === "recording") current.stop();
      else resolve(); // the microphone is gone, and the last chunk was handed over
    });
}

/** Record everything into one file. Returns a function that stops and resolves to its Blob. */
export function recordWhole(stream, mimeType = recorderType()) {
  let whole;
  const stop = recordChunks(stream, 86400, (_, file) => { whole = file; }, mimeType);
  return () => stop().then(() => whole);
}

/** Close codes after which the address may be opened again: the line broke, or the server is in trouble. */
const REOPENED = [1001, 1006, 1011, 1012, 1013];
const SECONDS_TO_WAIT = 15; // for a socket to open, and to close

/** Frames that wait while there is no socket: a minute of sound. Bytes that a socket may hold back unsent. */
const [MOST_FRAMES, MOST_UNSENT] = [600, 64_000];

/**
 * A WebSocket for frames of a tenth of a second, which is opened again when it breaks.
 *
 * Nothing confirms a frame, so what was on its way when a socket broke may be lost. `tell(event, detail)` hears
 * of "open", of "broken" with { code, reason, retry, second }, and of "dropped": a frame without room to wait.
 */
class FrameSocket {
  sent = 0; // frames
  #waiting = [];
  #failures = 0;
  #finished = false;

  constructor(url, first, tell) {
    Object.assign(this, { first, tell });
    this.opened = new Promise((resolve) => { this.onOpen = () => resolve(true); });
    this.over = new Promise((resolve) => { this.onOver = () => resolve(); });
    Promise.resolve(url).then((known) => { this.url = known; this.#open(); }, this.onOver);
  }

  #open() {
    const socket = this.socket = new WebSocket(this.url);
    const timer = setTimeout(() => socket.close(), SECONDS_TO_WAIT * 1000);
    let opened = Infinity;
    socket.onopen = () => {
      opened = Date.now();
      clearTimeout(timer);
      socket.send(this.first);
      this.tell("open");
      this.onOpen();
      this.#flush();
    };
    socket.onclose = async ({ code, reason }) => {
      clearTimeout(timer);
      if (this.#finished && code === 1000) return this.onOver();
      this.#failures = Date.now() - opened > 10_000 ? 1 : this.#failures + 1;
      const retry = !this.#finished && REOPENED.includes(code) && this.#failures < ATTEMPTS;
      this.tell("broken", { code, reason, retry, second: this.sent / 10 });
      if (retry) await pause(backoff(this.#failures));
      if (retry && !this.#finished) this.#open();
      else this.onOver();
    };
  }

  send(frame) {
    this.#waiting.push(frame);
    this.#flush();
    if (this.#waiting.length > MOST_FRAMES) this.tell("dropped", this.#waiting.shift());
  }

  /** Hand over what can leave soon: what waits here outlives the socket. */
  #flush() {
    const { socket } = this;
    while (this.#waiting.length && socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MOST_UNSENT) {
      socket.send(this.#waiting.shift());
      this.sent++;
    }
  }

  /** Send what waits, then `last`; resolves to the number of frames that could not be sent. */
  async finish(last) {
    let over = false;
    this.over.then(() => { over = true; });
    for (let looks = SECONDS_TO_WAIT * 10; looks && this.#waiting.length && !over; looks--) {
      await pause(0.1);
      this.#flush();
    }
    this.#finished = true;
    const { socket } = this;
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(last);
      const timer = setTimeout(() => socket.onclose({ code: 1006, reason: "no answer" }), SECONDS_TO_WAIT * 1000);
      await this.over;
      clearTimeout(timer);
    }
    socket.onclose = null;
    socket.close();
    return this.#waiting.length;
  }
}

/**
 * Stream a microphone to the `upload_url` of a stream session, or to a promise of it, as text frames of 16-bit PCM.
 *
 * The URL is the credential: a browser's WebSocket can't send an Authorization header. `tell` hears of what
 * FrameSocket says, and of "sent" with the seconds so far. Returns a function that stops; it resolves, when the
 * server has stored the rest and closed, to the seconds of sound that could not be sent.
 */
export async function streamAudio(stream, uploadUrl, workletUrl, tell) {
  const context = new AudioContext();
  await context.audioWorklet.addModule(workletUrl);
  const start = { mediaFormat: { encoding: "audio/x-l16", sampleRate: context.sampleRate } };
  const socket = new FrameSocket(uploadUrl, JSON.stringify({ event: "start", start }), tell);
  const pcm = new AudioWorkletNode(context, "pcm");
  pcm.port.onmessage = ({ data }) => { // from the start: what is said before the socket is open waits there
    const payload = btoa(String.fromCharCode(...new Uint8Array(data)));
    socket.send(JSON.stringify({ event: "media", media: { payload } }));
    tell("sent", socket.sent / 10);
  };
  context.createMediaStreamSource(stream).connect(pcm);
  if (!(await Promise.race([socket.opened, socket.over]))) {
    await context.close();
    throw new ApiError(0, { error: { code: "stream_refused", message: "The WebSocket could not be opened." } });
  }
  return async () => {
    await context.close();
    pcm.port.onmessage = null; // sound still on its way from the audio thread must not follow `stop`
    return (await socket.finish(JSON.stringify({ event: "stop" }))) / 10;
  };
}
