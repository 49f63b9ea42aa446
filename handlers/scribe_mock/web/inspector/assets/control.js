/** Calls of the control API: with a token if the server needs one, and a way to follow changes. */

const TOKEN = "scribe-mock token";

/** The token that was entered in this tab; without --token the server accepts any. */
export function token() {
  try {
    return sessionStorage.getItem(TOKEN) || "any";
  } catch {
    return "any";
  }
}

/** An answer of the API that is not a success. */
export class Refusal extends Error {
  constructor(status, error) {
    super(error?.message ?? `The mock answered ${status}.`);
    this.status = status;
    this.details = error?.details ?? {};
  }
}

/** Wait until a token was entered in the page's form. */
function enteredToken() {
  const form = document.getElementById("token-form");
  form.hidden = false;
  form.elements.token.focus();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(TOKEN, form.elements.token.value.trim());
      form.hidden = true;
      resolve();
    };
  });
}

let entering = null;

/** One request; asks the reader for a token when the server wants one. */
export async function request(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token()}` } });
  if (answer.status !== 401) return answer;
  entering ??= enteredToken().finally(() => { entering = null; });
  await entering;
  return request(path, options);
}

/** JSON from the control API, or null for an answer without a body; throws Refusal. */
export async function ask(path, method = "GET", body, signal) {
  const answer = await request(path, { method, signal, body: body && JSON.stringify(body) });
  const result = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, result?.error);
  return result;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function untilVisible() {
  if (!document.hidden) return null;
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

/** Wait for another revision, or until the mock's time has come to `due` (seconds from now); `giveUp` ends it. */
async function change(revision, due, giveUp) {
  const timer = due === null ? null : setTimeout(() => giveUp.abort(), Math.min(due * 1000 + 50, 2 ** 31 - 1));
  try {
    for (;;) {
      const now = await ask(`/_mock/changes?since=${revision}`, "GET", undefined, giveUp.signal);
      if (now.revision !== revision) return;
      await untilVisible();
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The revision before a list is asked for, so that a change meanwhile is seen. */
export const revisionNow = async () => (await ask("/_mock/changes?since=0&wait_seconds=0")).revision;

/**
 * Call `refresh` now and after every change, as long as the page is looked at.
 *
 * The server answers when something changes, so an idle page sends one request in 25 seconds, and a
 * hidden one none. `refresh` returns { revision, due }: when time alone will change
 * what is shown, in seconds from now, or null. `watched.again()` asks for a refresh at once.
 */
export function watch(refresh) {
  const trouble = document.getElementById("trouble");
  let again = () => {};
  document.addEventListener("scope", () => again());
  (async () => {
    for (;;) {
      await untilVisible();
      const asked = new Promise((resolve) => { again = resolve; });
      try {
        const { revision, due } = await refresh();
        trouble.hidden = true;
        const giveUp = new AbortController();
        await Promise.race([change(revision, due, giveUp), asked]);
        giveUp.abort(); // a browser has six connections for all requests of its pages
        // A busy server changes more often than anybody can read, but the reader's own change is not to wait.
        await Promise.race([pause(250), asked]);
      } catch (error) {
        trouble.textContent = error instanceof Refusal ? error.message : "The mock can't be reached. Is it running? Trying again…";
        trouble.hidden = false;
        await pause(2000);
      }
    }
  })();
  return { again: () => again() };
}
