// Steers a running scribe-mock from a test: faults, clock, sessions, journal, ledger.
// One file without dependencies, for Node.js 18 or newer and for browsers. Types: scribe-mock.d.mts.
//
//   import { connect } from "./scribe-mock.mjs";
//   const scope = connect("http://127.0.0.1:8080").createScope();
//   await scope.fail("uploadAudio", { sequence: 3, status: 503, times: 2 });

const MATCH = ["operation", "sequence", "fileName", "uploadType", "direction"];
const LIMITS = ["after", "times", "probability", "seed"];
const MOST_LISTED = 1000;
const MOST_ENTRIES = 10000;
const LOOK_MS = 10;
const LISTED =
  "The server was started with --token: give one of its tokens as the scope's own.";

// As they are now: a test may later put others in their place, such as fake timers.
const { Date, fetch, setTimeout } = globalThis;

/** The mock refused a call, or did not answer; `status` is 0 without an answer. */
export class ControlError extends Error {
  constructor(message, { status = 0, code = null, details = {}, cause } = {}) {
    super(message, { cause });
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** What arrived is not what the test expects; the message says the difference. */
export class VerificationFailed extends ControlError {}

/** The calls for everything on a running mock; `createScope()` has them for one token alone. */
export function connect(url, { token } = {}) {
  return new Scope(url, { access: token });
}

/** One bearer token on a running mock, or, without one, everything on it. */
export class Scope {
  #access;
  #faults;

  constructor(url, { token = null, access = token } = {}) {
    this.url = String(url).replace(/\/+$/, "");
    this.baseUrl = `${this.url}/voice/v1`;
    this.token = token;
    this.#access = access;
    this.#faults = new Faults(this);
    this.clock = new ScopeClock(this);
    this.sessions = new ScopeSessions(this);
  }

  /** The same calls for one bearer token alone; without one, a new one. */
  createScope(token = newToken()) {
    return new Scope(this.url, { token });
  }

  /** Give an error, or any other answer, instead of the right one: 503 if nothing is said. */
  fail(operation, { status, code, message, headers, body, retryAfter, ...when } = {}) {
    const answer = { status, code, message, headers, body, retry_after_seconds: retryAfter };
    if (status === undefined && code === undefined) answer.status = 503;
    return this.#faults.add(operation, "answer", answer, when);
  }

  /** Give the right answer later: after `seconds`, or a random time between the other two. */
  delay(operation, { seconds, minSeconds, maxSeconds, ...when } = {}) {
    const action = snakeCase({ seconds, minSeconds, maxSeconds });
    return this.#faults.add(operation, "delay", action, when);
  }

  /** Read the upload, or write the answer, at this rate. */
  throttle(operation, { uploadBytesPerSecond, answerBytesPerSecond, ...when } = {}) {
    const rates = snakeCase({ uploadBytesPerSecond, answerBytesPerSecond });
    return this.#faults.add(operation, "throttle", rates, when);
  }

  /** End the connection after so many bytes of the body; nothing is stored. */
  cut(operation, { at = "upload", afterBytes = 0, how = "reset", ...when } = {}) {
    return this.#faults.add(operation, "cut", { at, after_bytes: afterBytes, how }, when);
  }

  /** Carry the request out, but send no answer. */
  dropAnswer(operation, { how = "reset", ...when } = {}) {
    return this.#faults.add(operation, "drop_answer", { how }, when);
  }

  /** Answer an upload with 200, but store nothing. */
  dropChunk(operation = "uploadAudio", when = {}) {
    return this.#faults.add(operation, "drop_chunk", {}, when);
  }

  /** Answer 413 to a body of more than so many bytes, delivered in one of five ways. */
  limit(operation = "uploadAudio", { bytes, delivery = "early_drain", ...when } = {}) {
    return this.#faults.add(operation, "limit", { bytes, delivery }, when);
  }

  /** Let requests wait until they are released. */
  hold(operation, when = {}) {
    return this.#faults.add(operation, "hold", {}, when);
  }

  /** Answer the request's token with 401 `token_expired` until login or refresh. */
  expireToken(operation, when = {}) {
    return this.#faults.add(operation, "expire_token", {}, when);
  }

  /** Decide how the processing goes that End session or an uploaded transcript begins. */
  processing(operation, { seconds, outcome, failTemplate, stuck, expire, ...when } = {}) {
    const action = snakeCase({ seconds, outcome, failTemplate, stuck, expire });
    return this.#faults.add(operation, "processing", action, when);
  }

  /** Close the WebSocket, read it no more for some time, or send it no pongs. */
  socket(operation = "streamAudio", options = {}) {
    const { closeCode, reason, afterBytes, pauseSeconds, ignorePings, ...when } = options;
    const action = snakeCase({ closeCode, reason, afterBytes, pauseSeconds, ignorePings });
    return this.#faults.add(operation, "socket", action, when);
  }

  /** Deliver webhooks late, several times, in another order, or not at all. */
  webhook(operation = "deliverWebhook", { delaySeconds, repeat, reorder, lose, ...when } = {}) {
    const action = snakeCase({ delaySeconds, repeat, reorder, lose });
    return this.#faults.add(operation, "webhook", action, when);
  }

  /** The faults of this scope, the oldest first. */
  faults() {
    return this.#faults.list();
  }

  /** The faults of this scope that never fired, but for those that are optional. */
  async unfired() {
    return (await this.#faults.list({ unfired: "true" })).filter((fault) => !fault.optional);
  }

  /** The requests that wait for their release, the oldest first. */
  async held() {
    return camelCase((await this.ask("/held")).held).map(({ requestId, ...rest }) => ({
      id: requestId,
      ...rest,
    }));
  }

  /** The first request with all of these that is held; fails after `timeout` ms if none comes. */
  async waitForHeld({ operation, sequence, sessionId, timeout = 10_000 } = {}) {
    const until = Date.now() + timeout;
    const wanted = Object.entries(given({ operation, sequence, sessionId }));
    for (;;) {
      const held = await this.held();
      const found = held.find((one) => wanted.every(([name, value]) => one[name] === value));
      if (found) return found;
      if (Date.now() >= until) {
        const seen = JSON.stringify(held);
        throw new Error(`No such request was held within ${timeout} ms; held: ${seen}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Let a held request go on. */
  async release(request) {
    await this.send("POST", `/held/${encodeURIComponent(idOf(request))}/release`);
  }

  /** Answer a held request with an error. */
  async refuse(request, { status, code, message } = {}) {
    const error = given({ status, code, message });
    await this.send("POST", `/held/${encodeURIComponent(idOf(request))}/refuse`, error);
  }

  /** Release requests, each after the one before was answered. */
  async releaseInOrder(requests, { waitSeconds = 10 } = {}) {
    const body = { order: requests.map(idOf), wait_seconds: waitSeconds };
    await this.send("POST", "/held/release", body);
  }

  /** What arrived in this scope and has all of these, the oldest first. */
  async requests({ operation, status, code, sessionId, since } = {}) {
    const query = snakeCase({ operation, status, code, sessionId, since: text(since) });
    const answer = await this.ask("/requests", { ...query, limit: MOST_ENTRIES });
    return answer.requests.map(camelCase);
  }

  /** The number of requests that match; fails with VerificationFailed for another count. */
  async verify(count, match = {}) {
    const wanted = { ...this.scope, ...snakeCase({ ...match, since: text(match.since) }) };
    const bounds = typeof count === "number" ? count : snakeCase(count);
    const body = { match: wanted, count: bounds };
    return (await this.send("POST", "/requests/verify", body)).count;
  }

  /** What arrived in this scope, as HAR 1.2. */
  har() {
    return this.ask("/requests.har");
  }

  /** What became of the audio of a session; `await` it, or ask `assertComplete()` of it at once. */
  ledger(sessionId) {
    return new LedgerRequest(this, sessionId);
  }

  /** Forget the sessions, faults and entries of this scope, and set its clock. */
  async reset() {
    await this.send("POST", "/reset", this.scope);
    this.#faults = new Faults(this);
  }

  /** What names this scope, in bodies and in queries. */
  get scope() {
    return this.token === null ? {} : { token: this.token };
  }

  /** The JSON that a GET in this scope has. */
  ask(path, query = {}) {
    return this.send("GET", `${path}${queryOf({ ...this.scope, ...query })}`);
  }

  /** The JSON that the control API answers; `content` is sent as it is; fails with ControlError. */
  async send(method, path, body, content) {
    const headers = {};
    if (this.#access) headers.Authorization = `Bearer ${this.#access}`;
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      content = JSON.stringify(body);
    }
    let response, answer;
    try {
      response = await fetch(`${this.url}/_mock${path}`, { method, headers, body: content });
      answer = await response.text();
    } catch (cause) {
      throw new ControlError(`No answer from the mock at ${this.url}: ${cause.message}`, { cause });
    }
    if (!response.ok) throw errorOf(response.status, answer, `${method} /_mock${path}`);
    return answer ? JSON.parse(answer) : null;
  }
}

/** A fault on the mock; `matched()` and `fired()` are asked for each time. */
class Fault {
  #faults;
  #sessionId;

  constructor(faults, found, optional) {
    this.#faults = faults;
    this.#sessionId = found.scope?.session_id;
    this.id = found.id;
    this.match = camelCase(found.match);
    this.action = found.action;
    this.after = found.after;
    this.times = found.times;
    this.optional = optional;
  }

  async matched() {
    return (await this.#faults.read(this.id, this.#sessionId)).matched;
  }

  async fired() {
    return (await this.#faults.read(this.id, this.#sessionId)).fired;
  }

  remove() {
    return this.#faults.remove(this.id);
  }

  toString() {
    const [[action, options]] = Object.entries(this.action);
    const pairs = (values) => Object.entries(values).map(([name, value]) => `${name} ${value}`);
    const told = pairs(options).join(", ");
    const met = pairs(this.match).join(", ") || "every request";
    return `${this.id}: ${action}${told && ` (${told})`} on ${met}`;
  }
}

/** The faults of one scope, as the control API has them. */
class Faults {
  #scope;
  #optional = new Set();
  #sessions = new Set();

  constructor(scope) {
    this.#scope = scope;
  }

  async add(operation, action, values, options) {
    const { optional = false, sessionId, ...when } = options;
    const unknown = Object.keys(when).filter((name) => ![...MATCH, ...LIMITS].includes(name));
    if (unknown.length) throw new TypeError(`A fault has no option ${unknown.join(", ")}.`);
    const pick = (names) => Object.fromEntries(names.map((name) => [name, when[name]]));
    const fault = {
      match: snakeCase({ ...pick(MATCH), operation: operation ?? undefined }),
      ...snakeCase(pick(LIMITS)),
      action: { [action]: given(values) },
    };
    const scope = sessionId === undefined ? this.#scope.scope : { session_id: sessionId };
    if (Object.keys(scope).length) fault.scope = scope;
    if (sessionId !== undefined) this.#sessions.add(sessionId);
    const found = await this.#scope.send("POST", "/faults", fault);
    if (optional) this.#optional.add(found.id);
    return new Fault(this, found, optional);
  }

  async remove(id) {
    await this.#scope.send("DELETE", `/faults/${encodeURIComponent(id)}`);
  }

  async read(id, sessionId) {
    const scope = sessionId === undefined ? this.#scope.scope : { session_id: sessionId };
    const found = (await this.#listed(scope)).find((one) => one.id === id);
    if (found) return found;
    const why = "it was removed, or its session or its scope was reset";
    throw new ControlError(`The fault ${id} is gone: ${why}.`);
  }

  async list(query = {}) {
    const scopes = [this.#scope.scope];
    if (this.#scope.token !== null) {
      for (const sessionId of this.#sessions) scopes.push({ session_id: sessionId });
    }
    const found = new Map();
    for (const scope of scopes) {
      for (const one of await this.#listed(scope, query)) found.set(one.id, one);
    }
    return [...found.values()].map((one) => new Fault(this, one, this.#optional.has(one.id)));
  }

  async #listed(scope, query = {}) {
    return (await this.#scope.send("GET", `/faults${queryOf({ ...scope, ...query })}`)).faults;
  }
}

/** Moves, stops and reads the clock of one scope; it never goes back. */
class ScopeClock {
  #scope;

  constructor(scope) {
    this.#scope = scope;
  }

  async now() {
    return new Date((await this.#scope.ask("/clock")).now);
  }

  advance({ seconds = 0, minutes = 0, hours = 0, days = 0 }) {
    const sum = seconds + 60 * (minutes + 60 * (hours + 24 * days));
    return this.#set({ advance_seconds: sum });
  }

  freeze() {
    return this.#set({ freeze: true });
  }

  thaw() {
    return this.#set({ freeze: false });
  }

  async #set(change) {
    await this.#scope.send("POST", "/clock", { ...this.#scope.scope, ...change });
  }
}

/** Makes, lists and reads the sessions of one scope. */
class ScopeSessions {
  #scope;

  constructor(scope) {
    this.#scope = scope;
  }

  /** Make a session in any state, or put the one with this id into it. */
  async create({ state = "created", sessionId, ...fields } = {}) {
    const { uploadType, scenario, templates, patientDetails, additionalData, ...rest } = fields;
    const unknown = Object.keys(rest);
    if (unknown.length) throw new TypeError(`A session has no option ${unknown.join(", ")}.`);
    const id = sessionId ?? `test_session_${randomHex()}`;
    const known = { uploadType, scenario, templates, patientDetails, additionalData };
    const body = { ...this.#scope.scope, state, ...snakeCase(known) };
    return sessionOf(await this.#scope.send("PUT", `/sessions/${encodeURIComponent(id)}`, body));
  }

  /** The sessions of this scope in order of creation, at most 1,000. */
  async list() {
    return (await this.#scope.ask("/sessions", { limit: MOST_LISTED })).sessions.map(sessionOf);
  }

  /** The session with this id as it is now. */
  async get(id) {
    return sessionOf(await this.#scope.send("GET", `/sessions/${encodeURIComponent(id)}`));
  }

  /** Say what was spoken during a session: its ledger then says what of that is missing. */
  async putReference(id, { audio, fixture, ...rest } = {}) {
    const unknown = Object.keys(rest);
    if (unknown.length) throw new TypeError(`A reference has no option ${unknown.join(", ")}.`);
    if ((audio === undefined) === (fixture === undefined)) {
      throw new TypeError("A reference is either audio, or the name of a fixture.");
    }
    const path = `/sessions/${encodeURIComponent(id)}/reference`;
    const body = fixture === undefined ? undefined : { fixture };
    const { session_id: _, ...found } = await this.#scope.send("PUT", path, body, audio);
    return camelCase(found);
  }

  /** Forget what was spoken during a session. */
  async forgetReference(id) {
    await this.#scope.send("DELETE", `/sessions/${encodeURIComponent(id)}/reference`);
  }
}

/** What became of the audio of one session, as of one moment. */
class Ledger {
  #scope;

  constructor(scope, found) {
    this.#scope = scope;
    Object.assign(this, camelCase(found));
  }

  /** What of the reference did not arrive; fails without a reference. */
  get missing() {
    return this.#compared().missing;
  }

  /** How much of the reference's sound arrived; fails without a reference. */
  get coveragePercent() {
    return this.#compared().coveragePercent;
  }

  // Without a reference nothing is known: an empty list would look like a proof.
  #compared() {
    if (this.audio !== null) return this.audio;
    const failed = this.problems.find(({ code }) => code === "not_compared");
    const none =
      `Nobody said what was spoken during session ${this.sessionId}. ` +
      "Call sessions.putReference before you ask what of it is missing.";
    throw new Error(failed?.message ?? none);
  }

  /** Fail with the problems, unless the verdict is `complete`. */
  assertComplete() {
    if (this.verdict === "complete") return;
    const why = this.verdict === "open" ? ": the session was not ended" : "";
    const lines = [`The audio of session ${this.sessionId} is ${this.verdict}${why}`];
    for (const { code, message } of this.problems) lines.push(`  ${code}: ${message}`);
    throw new Error(lines.join("\n"));
  }

  /** Fail with VerificationFailed unless the session now has exactly these chunks, in order. */
  async verify(sha256) {
    const path = `/sessions/${encodeURIComponent(this.sessionId)}/ledger/verify`;
    await this.#scope.send("POST", path, { sha256 });
  }
}

/** A ledger that is asked for when it is awaited, or when one of its calls is made. */
class LedgerRequest {
  #scope;
  #sessionId;

  constructor(scope, sessionId) {
    this.#scope = scope;
    this.#sessionId = sessionId;
  }

  then(fulfilled, rejected) {
    return this.#whole().then(fulfilled, rejected);
  }

  // Of a long session an answer has a page of the chunks.
  async #whole() {
    const path = `/sessions/${encodeURIComponent(this.#sessionId)}/ledger`;
    const found = await this.#scope.send("GET", path);
    for (let more = found; more.chunks.length && found.chunks.length < found.chunks_total;) {
      more = await this.#scope.send("GET", `${path}?offset=${found.chunks.length}`);
      found.chunks.push(...more.chunks);
    }
    return new Ledger(this.#scope, found);
  }

  async assertComplete() {
    (await this).assertComplete();
  }

  async verify(sha256) {
    await (await this).verify(sha256);
  }
}

/** A table of entries, one line each, for people. */
export function journalTable(entries) {
  const rows = [["time", "method", "path", "status", "code", "bytes", "faults", "outcome"]];
  for (const entry of entries) {
    const repeats = entry.replyTo ? ` (repeats ${entry.replyTo})` : "";
    rows.push([
      entry.at.slice(11, 23),
      entry.method,
      entry.path,
      String(entry.status || "-"),
      entry.code ?? "-",
      String(entry.requestBytes),
      entry.faults.join(",") || "-",
      (entry.outcome ?? "going on") + repeats,
    ]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd();
  return rows.map(line).join("\n");
}

/** Each fault that never fired, with the requests that came instead; null if there is none. */
export async function unfiredMessage(scope) {
  const unfired = await scope.unfired();
  if (unfired.length === 0) return null;
  const entries = await scope.requests();
  const count = unfired.length === 1 ? "1 fault" : `${unfired.length} faults`;
  const lines = [`${count} never fired:`];
  for (const fault of unfired) {
    lines.push(`  ${fault}`);
    lines.push(`    matched ${await fault.matched()} requests; ${instead(fault, entries)}`);
  }
  lines.push("Set a fault that need not fire with optional: true.");
  return lines.join("\n");
}

function instead(fault, entries) {
  if (entries.length === 0) return "nothing arrived with this test's token";
  const { operation } = fault.match;
  const near = entries.filter((entry) => operation === undefined || entry.operation === operation);
  if (near.length === 0) {
    const names = [...new Set(entries.map((entry) => entry.operation ?? entry.path))].sort();
    return `instead of ${operation} there came ${names.join(", ")}`;
  }
  return `instead there came\n      ${journalTable(near.slice(-5)).replaceAll("\n", "\n      ")}`;
}

function errorOf(status, answer, call) {
  let error;
  try {
    error = JSON.parse(answer).error;
  } catch {
    // Not from the control API.
  }
  if (!error?.code) {
    return new ControlError(`${call} answered ${status}: ${answer.slice(0, 200)}`, { status });
  }
  const facts = { status, code: error.code, details: error.details };
  if (error.code === "verification_failed") return new VerificationFailed(error.message, facts);
  const hint = status === 401 ? ` ${LISTED}` : "";
  return new ControlError(`${error.message}${hint} (${call}: ${status} ${error.code})`, facts);
}

function sessionOf(found) {
  const { session_id: id, status, upload_type: uploadType, scenario } = found;
  const { audio_files: audioFiles, upload_url: uploadUrl } = found;
  return { id, status, uploadType, scenario, audioFiles, uploadUrl, fields: found };
}

const idOf = (request) => (typeof request === "string" ? request : request.id);
const text = (time) => (time instanceof Date ? time.toISOString() : time);
const newToken = () => `test-${randomHex()}`;

/** 64 bits; not a secret, and Node.js 18 has no global `crypto`. */
function randomHex() {
  const words = new Uint32Array(2);
  if (globalThis.crypto) globalThis.crypto.getRandomValues(words);
  else words.forEach((_, index) => (words[index] = Math.random() * 2 ** 32));
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}

function queryOf(values) {
  const query = new URLSearchParams(given(values)).toString();
  return query && `?${query}`;
}

/** The values that are not undefined. */
function given(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function snakeCase(values) {
  const name = (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return renamed(given(values), name);
}

function camelCase(value) {
  if (Array.isArray(value)) return value.map(camelCase);
  if (value === null || typeof value !== "object") return value;
  const name = (key) => key.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return renamed(value, name, camelCase);
}

function renamed(values, name, inner = (value) => value) {
  const pairs = Object.entries(values).map(([key, value]) => [name(key), inner(value)]);
  return Object.fromEntries(pairs);
}
