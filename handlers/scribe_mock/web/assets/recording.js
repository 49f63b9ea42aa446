/**
 * A client of the session API in plain JavaScript: the reference for recorders in the browser.
 *
 * `api` is always { base, token }: the base URL of the session API, and a bearer token.
 * The page that uses it is recorder.js.
 */

/** What these functions throw when a server answers with an error, or with nothing (status 0). */
export class ApiError extends Error {
  constructor(status, error) {
    super(error?.message ?? (status ? `The server answered ${status}.` : "The server can't be reached."));
    this.status = status;
    this.code = error?.code ?? "no_answer";
    this.details = error?.details;
  }
}

/** Send JSON, get JSON. Errors have an envelope; the session in a 410 of Get session has none. */
async function call(api, method, path, body) {
  const headers = { Authorization: `Bearer ${api.token}`, ...(body && { "Content-Type": "application/json" }) };
  let answer, result;
  try {
    answer = await fetch(api.base + path, { method, headers, body: body && JSON.stringify(body) });
    result = await answer.json();
  } catch {
    throw new ApiError(answer?.status ?? 0);
  }
  if (result.error || (!answer.ok && !result.status)) throw new ApiError(answer.status, result.error);
  return { status: answer.status, result };
}

/** A new session; upload_type is "chunked", "single" or "stream". */
export async function createSession(api, upload_type, fields = {}) {
  return (await call(api, "POST", "/sessions", { upload_type, ...fields })).result;
}

/** No more audio: processing begins. Say how many files were sent, so that a lost one is noticed. */
export async function endSession(api, sessionId, audio_files_sent) {
  return (await call(api, "POST", `/sessions/${sessionId}/end`, { audio_files_sent })).result;
}

/**
 * Record in chunks, each a whole file.
 *
 * MediaRecorder writes a file's header once, at its start: of its timeslices only the first can be
 * decoded alone. So each chunk gets a recorder of its own, started before the last one stops.
 * Returns a function that stops, and resolves when the last chunk was handed over.
 */
export function recordChunks(stream, seconds, onChunk, mimeType = "audio/webm;codecs=opus") {
  let sequence = 0;
  function start() {
    const parts = [];
    const recorder = new MediaRecorder(stream, { mimeType });
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      const chunk = new Blob(parts, { type: mimeType });
      if (chunk.size) onChunk(sequence++, chunk);
    };
    recorder.start();
    return recorder;
  }
  let current = start();
  const timer = setInterval(() => {
    const finished = current;
    current = start();
    finished.stop();
  }, seconds * 1000);
  return () =>
    new Promise((resolve) => {
      clearInterval(timer);
      current.addEventListener("stop", resolve);
      current.stop();
    });
}

/** Record everything into one file. Returns a function that stops and resolves to its Blob. */
export function recordWhole(stream, mimeType = "audio/webm;codecs=opus") {
  let whole;
  const stop = recordChunks(stream, 86400, (_, file) => { whole = file; }, mimeType);
  return () => stop().then(() => whole);
}

/**
 * Upload one file, and try again when that can help: no answer, 408, 429, or a server's fault.
 *
 * Sending a sequence number again replaces that chunk, so a retry is safe even if the first
 * attempt arrived and only its answer was lost. Any other error stays an error however often
 * the request is repeated.
 */
export async function uploadWithRetry(api, sessionId, name, file, { attempts = 6, onProgress, onRetry } = {}) {
  const url = `${api.base}/sessions/${sessionId}/audio/${encodeURIComponent(name)}`;
  for (let attempt = 1; ; attempt++) {
    const { status, result, retryAfter } = await post(url, api.token, file, onProgress);
    if (status === 200) return result;
    const canHelp = status === 0 || status === 408 || status === 429 || status >= 500;
    if (!canHelp || attempt === attempts) throw new ApiError(status, result?.error);
    onRetry?.(attempt, status);
    const seconds = retryAfter || Math.min(2 ** attempt / 4, 15);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** POST a file; XMLHttpRequest, since `fetch` can't tell how far an upload is. Never rejects. */
function post(url, token, file, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", file.type);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress?.(event.loaded / event.total);
    request.onload = () => {
      const retryAfter = Number(request.getResponseHeader("Retry-After"));
      resolve({ status: request.status, result: request.response, retryAfter });
    };
    request.onerror = () => resolve({ status: 0 });
    request.send(file);
  });
}

/** Ask once a second until the session is no longer 202; resolves to its final form. */
export async function pollForResult(api, sessionId, onStatus) {
  for (;;) {
    const { status, result } = await call(api, "GET", `/sessions/${sessionId}`);
    onStatus?.(result.status);
    if (status !== 202) return result; // 200, 206, or 410: expired
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/**
 * Stream a microphone to the `upload_url` of a stream session, as text frames of 16-bit PCM.
 *
 * The URL is the credential: a browser's WebSocket can't send an Authorization header. Returns a
 * function that stops, and resolves when the server has stored the rest and closed.
 */
export async function streamAudio(stream, uploadUrl, workletUrl, onSent) {
  const context = new AudioContext();
  await context.audioWorklet.addModule(workletUrl);
  const socket = new WebSocket(uploadUrl);
  const send = (frame) => socket.send(JSON.stringify(frame));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onclose = () => reject(new ApiError(0, { message: "The server refused the WebSocket." }));
  });
  const closed = new Promise((resolve) => { socket.onclose = resolve; });
  send({ event: "start", start: { mediaFormat: { encoding: "audio/x-l16", sampleRate: context.sampleRate } } });
  const pcm = new AudioWorkletNode(context, "pcm");
  pcm.port.onmessage = ({ data }) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    send({ event: "media", media: { payload: btoa(String.fromCharCode(...new Uint8Array(data))) } });
    onSent?.(data.byteLength);
  };
  context.createMediaStreamSource(stream).connect(pcm);
  return async () => {
    await context.close();
    pcm.port.onmessage = null; // sound still on its way from the audio thread must not follow `stop`
    if (socket.readyState === WebSocket.OPEN) send({ event: "stop" });
    return closed;
  };
}
