// Types of scribe-mock.mjs.

export type State =
  | "created"
  | "recording"
  | "processing"
  | "completed"
  | "partial"
  | "failed"
  | "expired";
export type UploadType = "chunked" | "single" | "stream";
export type Outcome = "answered" | "cut" | "dropped" | "client_left" | "held";

/** Which requests a fault meets, how often, and whether a test may end without it. */
export interface FaultOptions {
  sequence?: number;
  /** `*` and `?` stand for any. */
  fileName?: string;
  uploadType?: UploadType;
  direction?: "stream";
  /** Only requests of this session. */
  sessionId?: string;
  /** So many matches pass first. */
  after?: number;
  /** How often it fires: once, if not given; null for ever. */
  times?: number | null;
  probability?: number;
  seed?: number;
  /** Whether it may go unfired. */
  optional?: boolean;
}

export interface FailOptions extends FaultOptions {
  status?: number;
  code?: string;
  message?: string;
  headers?: Record<string, string>;
  /** JSON, or a text that is sent as it is. */
  body?: unknown;
  /** In seconds. */
  retryAfter?: number;
}

export interface DelayOptions extends FaultOptions {
  seconds?: number;
  minSeconds?: number;
  maxSeconds?: number;
}

export interface ThrottleOptions extends FaultOptions {
  uploadBytesPerSecond?: number;
  answerBytesPerSecond?: number;
}

export interface CutOptions extends FaultOptions {
  at?: "upload" | "answer";
  afterBytes?: number;
  how?: "reset" | "close";
}

export interface DropAnswerOptions extends FaultOptions {
  how?: "reset" | "close" | "hang";
}

export interface LimitOptions extends FaultOptions {
  bytes: number;
  delivery?: "early_drain" | "early_close" | "early_reset" | "late" | "expect_only";
}

export interface ProcessingOptions extends FaultOptions {
  seconds?: number;
  outcome?: "completed" | "partial" | "failed";
  failTemplate?: string;
  stuck?: boolean;
  expire?: boolean;
}

export interface SocketOptions extends FaultOptions {
  closeCode?: number;
  reason?: string;
  afterBytes?: number;
  pauseSeconds?: number;
  ignorePings?: boolean;
}

export interface WebhookOptions extends FaultOptions {
  delaySeconds?: number;
  repeat?: number;
  reorder?: boolean;
  lose?: boolean;
}

/** A fault on the mock; `matched()` and `fired()` are asked for each time. */
export interface Fault {
  readonly id: string;
  readonly match: Readonly<Record<string, unknown>>;
  /** As control.yaml has it. */
  readonly action: Readonly<Record<string, unknown>>;
  readonly after: number;
  readonly times: number | null;
  readonly optional: boolean;
  matched(): Promise<number>;
  fired(): Promise<number>;
  remove(): Promise<void>;
  toString(): string;
}

/** A request that waits; `id` is its `X-Request-Id`. */
export interface HeldRequest {
  readonly id: string;
  readonly operation: string;
  readonly sessionId: string | null;
  readonly sequence: number | null;
  readonly heldSince: string;
}

/** One request, stream or webhook delivery; `status` is 0 where no answer was sent. */
export interface Entry {
  readonly id: string;
  readonly at: string;
  readonly durationMs: number | null;
  readonly method: string;
  readonly path: string;
  readonly operation: string | null;
  readonly sessionId: string | null;
  readonly sequence: number | null;
  readonly status: number;
  readonly code: string | null;
  readonly contentType: string | null;
  readonly requestBytes: number;
  readonly announcedBytes: number | null;
  readonly sha256: string | null;
  /** In hex, 64 bytes at most. */
  readonly firstBytes: string;
  readonly faults: readonly string[];
  readonly outcome: Outcome | null;
  readonly replyTo: string | null;
  readonly warning?: string;
}

/** What an entry must be, to count in `verify`. */
export interface EntryMatch {
  sessionId?: string;
  operation?: string;
  method?: string;
  path?: string;
  sequence?: number;
  status?: number;
  code?: string;
  contentType?: string;
  sha256?: string;
  outcome?: Outcome;
  since?: Date | string;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly sequence?: number | null;
}

export interface LedgerChunk {
  readonly sequence: number | null;
  readonly fileName?: string;
  readonly stored: boolean;
  readonly sha256: string | null;
  readonly arrivals: readonly string[];
  readonly retries: number;
  readonly replacements: number;
  readonly refused: readonly {
    readonly requestId: string;
    readonly at: string;
    readonly status: number;
    readonly code: string | null;
  }[];
  readonly afterEnd: number;
}

/** A stretch of what was spoken, in seconds. */
export interface Passage {
  readonly startS: number;
  readonly endS: number;
  /** The chunk that has it; of what is missing, the one after which it would have come. */
  readonly chunk: number | null;
}

/** How what arrived differs from what was spoken. */
export interface LedgerAudio {
  readonly reference: { readonly durationS: number; readonly fixture: string | null };
  readonly coveragePercent: number;
  readonly missing: readonly Passage[];
  readonly repeated: readonly Passage[];
  readonly reordered: readonly Passage[];
  readonly distorted: readonly Passage[];
  /** Stretches of chunks, in seconds, and where they were spoken; null if they were not. */
  readonly matches: readonly {
    readonly chunk: number | null;
    readonly startS: number;
    readonly endS: number;
    readonly referenceStartS: number | null;
    readonly referenceEndS: number | null;
  }[];
}

/** What was spoken during a session; `fixture` is null for bytes that were sent. */
export interface Reference {
  readonly durationS: number;
  readonly mediaType: string;
  readonly sha256: string;
  readonly fixture: string | null;
}

/** What became of the audio of one session, as of one moment. */
export interface Ledger {
  readonly sessionId: string;
  readonly verdict: "complete" | "incomplete" | "open";
  readonly problems: readonly Problem[];
  readonly chunks: readonly LedgerChunk[];
  /** What arrived of what was spoken; null without a reference. */
  readonly audio: LedgerAudio | null;
  /** What of the reference did not arrive; fails without a reference. */
  readonly missing: readonly Passage[];
  /** How much of the reference's sound arrived; fails without a reference. */
  readonly coveragePercent: number;
  /** Fails with the problems, unless the verdict is `complete`. */
  assertComplete(): void;
  /** Fails with VerificationFailed unless the session now has exactly these chunks, in order. */
  verify(sha256: readonly string[]): Promise<void>;
}

/** A ledger that is asked for when it is awaited, or when one of its calls is made. */
export interface LedgerRequest extends PromiseLike<Ledger> {
  assertComplete(): Promise<void>;
  verify(sha256: readonly string[]): Promise<void>;
}

export interface Session {
  readonly id: string;
  readonly status: State;
  readonly uploadType: UploadType;
  readonly scenario: string;
  readonly audioFiles: readonly string[];
  readonly uploadUrl: string;
  /** All that the control API has: `Session` in control.yaml. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface SessionOptions {
  state?: State;
  sessionId?: string;
  uploadType?: UploadType;
  scenario?: string;
  templates?: readonly string[];
  patientDetails?: Readonly<Record<string, unknown>>;
  additionalData?: Readonly<Record<string, unknown>>;
}

/** Moves, stops and reads the clock of one scope; it never goes back. */
export interface ScopeClock {
  now(): Promise<Date>;
  /** Move forward by the sum of these. */
  advance(by: { seconds?: number; minutes?: number; hours?: number; days?: number }): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** Makes, lists and reads the sessions of one scope. */
export interface ScopeSessions {
  /** Make a session in any state, or put the one with this id into it. */
  create(options?: SessionOptions): Promise<Session>;
  /** In order of creation, at most 1,000. */
  list(): Promise<Session[]>;
  get(id: string): Promise<Session>;
  /** Say what was spoken during a session: its ledger then says what of that is missing. */
  putReference(
    id: string,
    /** The bytes of a recording, or the name of a file in `fixtures/audio`. */
    reference: { audio: Blob | ArrayBuffer | Uint8Array } | { fixture: string },
  ): Promise<Reference>;
  /** Forget what was spoken during a session. */
  forgetReference(id: string): Promise<void>;
}

/** One bearer token on a running mock, or, where `token` is null, everything on it. */
export class Scope<Token extends string | null = string | null> {
  constructor(url: string | URL, options?: { token?: Token });
  readonly url: string;
  /** The base of the session API. */
  readonly baseUrl: string;
  readonly token: Token;
  readonly clock: ScopeClock;
  readonly sessions: ScopeSessions;

  /** The same calls for one bearer token alone; without one, a new one. */
  createScope(token?: string): Scope<string>;

  /** Give an error, or any other answer, instead of the right one: 503 if nothing is said. */
  fail(operation?: string | null, options?: FailOptions): Promise<Fault>;
  /** Give the right answer later: after `seconds`, or a random time between the other two. */
  delay(operation: string | null, options: DelayOptions): Promise<Fault>;
  /** Read the upload, or write the answer, at this rate. */
  throttle(operation: string | null, options: ThrottleOptions): Promise<Fault>;
  /** End the connection after so many bytes of the body; nothing is stored. */
  cut(operation?: string | null, options?: CutOptions): Promise<Fault>;
  /** Carry the request out, but send no answer. */
  dropAnswer(operation?: string | null, options?: DropAnswerOptions): Promise<Fault>;
  /** Answer an upload with 200, but store nothing. */
  dropChunk(operation?: string | null, options?: FaultOptions): Promise<Fault>;
  /** Answer 413 to a body of more than so many bytes, delivered in one of five ways. */
  limit(operation: string | null | undefined, options: LimitOptions): Promise<Fault>;
  /** Let requests wait until they are released. */
  hold(operation?: string | null, options?: FaultOptions): Promise<Fault>;
  /** Answer the request's token with 401 `token_expired` until login or refresh. */
  expireToken(operation?: string | null, options?: FaultOptions): Promise<Fault>;
  /** Decide how the processing goes that End session or an uploaded transcript begins. */
  processing(operation: string | null | undefined, options: ProcessingOptions): Promise<Fault>;
  /** Close the WebSocket, read it no more for some time, or send it no pongs. */
  socket(operation: string | null | undefined, options: SocketOptions): Promise<Fault>;
  /** Deliver webhooks late, several times, in another order, or not at all. */
  webhook(operation: string | null | undefined, options: WebhookOptions): Promise<Fault>;

  /** The faults of this scope, the oldest first. */
  faults(): Promise<Fault[]>;
  /** The faults of this scope that never fired, but for those that are optional. */
  unfired(): Promise<Fault[]>;

  /** The requests that wait for their release, the oldest first. */
  held(): Promise<HeldRequest[]>;
  /** The first request with all of these that is held; fails after `timeout` ms (10,000). */
  waitForHeld(wanted?: {
    operation?: string;
    sequence?: number;
    sessionId?: string;
    timeout?: number;
  }): Promise<HeldRequest>;
  /** Let a held request go on. */
  release(request: HeldRequest | string): Promise<void>;
  /** Answer a held request with an error. */
  refuse(
    request: HeldRequest | string,
    error?: { status?: number; code?: string; message?: string },
  ): Promise<void>;
  /** Release requests, each after the one before was answered. */
  releaseInOrder(
    requests: readonly (HeldRequest | string)[],
    options?: { waitSeconds?: number },
  ): Promise<void>;

  /** What arrived in this scope and has all of these, the oldest first. */
  requests(wanted?: {
    operation?: string;
    status?: number;
    code?: string;
    sessionId?: string;
    since?: Date | string;
  }): Promise<Entry[]>;
  /** The number of requests that match; fails with VerificationFailed for another count. */
  verify(
    count: number | { atLeast?: number; atMost?: number },
    match?: EntryMatch,
  ): Promise<number>;
  /** What arrived in this scope, as HAR 1.2. */
  har(): Promise<{ log: { version: string; creator: object; entries: object[] } }>;
  /** What became of the audio of a session; `await` it, or ask `assertComplete()` of it at once. */
  ledger(sessionId: string): LedgerRequest;

  /** Forget the sessions, faults and entries of this scope, and set its clock. */
  reset(): Promise<void>;
}

/** The calls for everything on a running mock; `createScope()` has them for one token alone. */
export function connect(
  url: string | URL,
  /** One of the server's tokens, if it was started with `--token`. */
  options?: { token?: string },
): Scope<null>;

/** The mock refused a call, or did not answer; `status` is 0 without an answer. */
export class ControlError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What arrived is not what the test expects; the message says the difference. */
export class VerificationFailed extends ControlError {}

/** A table of entries, one line each, for people. */
export function journalTable(entries: readonly Entry[]): string;

/** Each fault that never fired, with the requests that came instead; null if there is none. */
export function unfiredMessage(scope: Scope): Promise<string | null>;
