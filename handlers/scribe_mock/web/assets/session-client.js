/**
 * A client of the session API in plain JavaScript: the reference for frontends.
 *
 * It loses nothing to lost answers, time-outs, 429, 5xx, or a token that expires. `api` is always
 * { base, token, renewToken, onRetry }: the base URL of the session API, a bearer token, a function that
 * resolves to a new one, and one that hears of each retry; the last two may be left out.
 * recording.js has the microphone.
 */

/** Seconds until a request is given up; an upload has more, by its size and the slowest line that shall do. */
const TIMEOUT = 15;
const SLOWEST_BYTES_PER_SECOND = 20_000;

/** How often a request is sent, the longest wait that Retry-After can ask for, and uploads at the same time. */
export const ATTEMPTS = 8;
const LONGEST_RETRY_AFTER = 60;
const UPLOADS_AT_ONCE = 3;

/** What these functions throw when a server answers with an error, or with nothing (status 0). */
export class ApiError extends Error {
  constructor(status, body) {
    const error = body?.error;
    super(error?.message ?? (status ? `The server answered ${status}.` : "The server can't be reached."));
    this.status = status;
    this.code = error?.code ?? (status ? `http_${status}` : "no_answer");
    this.body = body;
  }
}

export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Seconds to wait after so many failures: 0.5, 1, 2, 4, 8, 15, 15. Up to half less: many clients must not come back in step. */
export const backoff = (failures) => Math.min(2 ** failures / 4, 15) * (1 - Math.random() / 2);

/** Whether another attempt can help: after no answer, 408, 429, and a server's fault. */
const canHelp = ({ status }) => status === 0 || status === 408 || status === 429 || status >= 500;

/** Whether it can help later: a person can get a new token too. */
export const canHelpLater = (error) => canHelp(error) || error.status === 401;

/** The seconds that a Retry-After asks for, as a number or as a date, within bounds. */
function retryAfter(value) {
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Math.min(Math.max(seconds || 0, 0), LONGEST_RETRY_AFTER);
}

/** JSON, or null: what stands between client and server answers with HTML. */
function parse(text) {
  try { return JSON.parse(text); } catch { return null; }
}

/** Send JSON once. Never rejects: without a whole answer the status is 0. */
async function sendJson(method, url, token, body, signal) {
  const headers = { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) };
  try {
    const answer = await fetch(url, { method, headers, signal, body: body && JSON.stringify(body) });
    const wait = retryAfter(answer.headers.get("Retry-After"));
    return { status: answer.status, body: parse(await answer.text()), wait };
  } catch {
    return { status: 0 };
  }
}

/** Send a file once, the same way; XMLHttpRequest, since `fetch` can't tell how far an upload is. */
function sendFile(url, token, file, onProgress, signal) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    if (file.type) request.setRequestHeader("Content-Type", file.type);
    request.upload.onprogress = (event) => onProgress?.(event.loaded / event.total);
    request.onload = () => {
      const wait = retryAfter(request.getResponseHeader("Retry-After"));
      resolve({ status: request.status, body: parse(request.responseText), wait });
    };
    request.onerror = request.onabort = () => resolve({ status: 0 });
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** A new token. Requests that were refused at the same time share one renewal. */
async function renew(api, refused) {
  if (api.token !== refused) return; // another request has renewed it since this one was sent
  api.renewal ??= api.renewToken().then((token) => { api.token = token; }).finally(() => { api.renewal = null; });
  await api.renewal;
}

/**
 * Send a request until it is answered with 2xx; `attempt(token, signal)` sends it once.
 *
 * A 401 gets a new token, once. What another attempt can't change is thrown, as an ApiError.
 */
async function send(api, attempt, seconds = TIMEOUT, onRetry = api.onRetry) {
  let renewed = !api.renewToken;
  for (let number = 1; ; number++) {
    const [token, abort] = [api.token, new AbortController()];
    const timer = setTimeout(() => abort.abort(), seconds * 1000);
    const { status, body, wait } = await attempt(token, abort.signal);
    clearTimeout(timer);
    if (status >= 200 && status < 300 && body) return { status, body };
    const error = new ApiError(status < 300 ? 0 : status, body); // 2xx without JSON is not the server's
    if (status === 401 && !renewed) {
      renewed = true;
      await renew(api, token).catch(() => { throw error; });
      number--;
    } else if (!canHelp(error) || number === ATTEMPTS) {
      throw error;
    } else {
      const seconds = (wait ?? 0) + backoff(number);
      onRetry?.(error, number, seconds);
      await pause(seconds);
    }
  }
}

const call = (api, method, path, body) =>
  send(api, (token, signal) => sendJson(method, api.base + path, token, body, signal));

export const newSessionId = () => `ses_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;

/**
 * A new session; upload_type is "chunked", "single" or "stream".
 *
 * The id is chosen by the client: if an answer is lost, the next attempt finds the session instead of making a
 * second one.
 */
export async function createSession(api, upload_type, session_id = newSessionId()) {
  try {
    return (await call(api, "POST", "/sessions", { session_id, upload_type })).body;
  } catch (error) {
    if (error.code !== "session_exists") throw error;
    return (await call(api, "GET", `/sessions/${session_id}`)).body;
  }
}

/**
 * Upload one file.
 *
 * Sending a sequence number again replaces that chunk, so a retry is safe even if the first
 * attempt arrived and only its answer was lost.
 */
export async function uploadAudio(api, sessionId, name, file, { onProgress, onRetry } = {}) {
  const url = `${api.base}/sessions/${sessionId}/audio/${encodeURIComponent(name)}`;
  const attempt = (token, signal) => sendFile(url, token, file, onProgress, signal);
  return (await send(api, attempt, TIMEOUT + file.size / SLOWEST_BYTES_PER_SECOND, onRetry)).body;
}

const ENDED = ["session_ended", "session_completed"];

/** Whether the session does not exist any more: another one can have the same files. */
export const isGone = ({ status }) => status === 404 || status === 410;

/** Whether no other upload to the session can succeed after this error of one. */
const isOver = (error) => isGone(error) || ENDED.includes(error.code);

/**
 * The files of one recording on their way to a session. `sessionId` may be a promise: the session is still to be made.
 *
 * `kept` are those that were given up, but may be sent again; `refused` those that the server will never
 * accept; `over` is the error that says that the session is gone, if it is. `tell(name, state, …)` hears of each
 * file: "progress", its share; "retry", the error, the attempt's number, seconds; "failed", the error; "stored".
 */
export class Outbox {
  files = new Map(); // all of them until the end, so that one that got lost can be sent again
  kept = new Map(); // by name, with the last error
  refused = new Map();
  over = null;
  #queue = [];
  #sending = new Set();
  #onTheirWay = new Set(); // their names

  constructor(api, sessionId, tell = () => {}) {
    Object.assign(this, { api, sessionId, tell });
  }

  add(name, file) {
    this.files.set(name, file);
    this.#enqueue([name]);
  }

  sendAgain(which = () => true) {
    const names = [...this.kept].filter(([, error]) => which(error)).map(([name]) => name);
    for (const name of names) this.kept.delete(name);
    this.#enqueue(names);
  }

  /** The session is gone: send all files to another one, those too that it had. */
  moveTo(sessionId) {
    this.sessionId = sessionId;
    this.over = null;
    this.kept.clear();
    this.refused.clear();
    this.#queue = [...this.files.keys()].filter((name) => !this.#onTheirWay.has(name)); // those come again by themselves
    this.#enqueue([]);
  }

  /** Resolves when nothing is on its way. End session comes after that: it refuses all later uploads. */
  async settled() {
    while (this.#sending.size) await Promise.all(this.#sending);
  }

  /** Ask which chunks the server has, and send those that it lacks. */
  async reconcile() {
    const { audio_files } = (await call(this.api, "GET", `/sessions/${await this.sessionId}`)).body;
    const number = (name) => name.match(/0*(\d+)\.\w+$/)?.[1];
    const there = new Set(audio_files?.map(number)); // the whole recording of a `single` session has no number
    const isThere = (name) => !audio_files || (number(name) ? there.has(number(name)) : there.size > 0);
    const isKnown = (name) => this.kept.has(name) || this.refused.has(name);
    this.#enqueue([...this.files.keys()].filter((name) => !isThere(name) && !isKnown(name)));
    await this.settled();
  }

  #enqueue(names) {
    this.#queue.push(...names);
    while (this.#sending.size < UPLOADS_AT_ONCE && this.#queue.length) {
      const upload = this.#upload(this.#queue.shift()).finally(() => {
        this.#sending.delete(upload);
        this.#enqueue([]);
      });
      this.#sending.add(upload);
    }
  }

  async #upload(name) {
    const { sessionId } = this;
    this.#onTheirWay.add(name);
    const error = await this.#send(name, sessionId).catch((failure) => failure);
    this.#onTheirWay.delete(name);
    if (sessionId !== this.sessionId) return this.#enqueue([name]); // moveTo has been called meanwhile
    if (!error) {
      this.tell(name, "stored");
      this.sendAgain(canHelp); // those that failed before: the server is back
    } else {
      if (isOver(error)) this.over = error;
      (canHelpLater(error) ? this.kept : this.refused).set(name, error);
      this.tell(name, "failed", error);
    }
  }

  async #send(name, sessionId) {
    if (this.over) throw this.over;
    await uploadAudio(this.api, await sessionId, name, this.files.get(name), {
      onProgress: (share) => this.tell(name, "progress", share),
      onRetry: (...failure) => this.tell(name, "retry", ...failure),
    });
  }
}

/**
 * No more audio: processing begins. Say how many files were recorded, so that a lost one is noticed.
 *
 * "Ended already" is a success: an earlier attempt arrived and its answer was lost. That attempt need not be
 * one of ours: a browser sends a POST again by itself when a kept-alive connection dies.
 */
export async function endSession(api, sessionId, audio_files_sent) {
  try {
    await call(api, "POST", `/sessions/${sessionId}/end`, { audio_files_sent });
  } catch (error) {
    if (!ENDED.includes(error.code)) throw error;
  }
}

/** Ask, less and less often, until the session is no longer 202; resolves to its final form. */
export async function pollForResult(api, sessionId, onStatus, minutes = 10) {
  const end = Date.now() + minutes * 60_000;
  for (let wait = 1; Date.now() < end; wait = Math.min(wait * 1.5, 10)) {
    const { status, body } = await call(api, "GET", `/sessions/${sessionId}`).catch((error) => {
      if (error.status === 410 && error.body?.status) return error; // expired is a final form too
      throw error;
    });
    onStatus?.(body.status);
    if (status !== 202) return body; // 200, 206 or 410
    await pause(wait);
  }
  const message = `There is no result after ${minutes} minutes. Ask again later.`;
  throw new ApiError(0, { error: { code: "still_processing", message } });
}
