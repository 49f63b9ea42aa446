/** One session: what it is, what can be done to it, its audio, and what Get session returns. */
import { CHUNKS_SHOWN, showChunks, skipped } from "./chunks.js";
import { age, secondsUntilChange, setClock } from "./clock.js";
import { showComparison } from "./comparison.js";
import { ask, Refusal, request, revisionNow, watch } from "./control.js";
import { bytes, make, stateBadge } from "./dom.js";

const page = document.getElementById("session");
const { id } = page.dataset;
const address = `/_mock/sessions/${encodeURIComponent(id)}`;
const [facts, actions, done, transcript, statusLine, result, gone] =
  ["facts", "actions", "done", "transcript", "status-line", "result", "gone"].map((name) => document.getElementById(name));
let session = null;

function showFacts() {
  const change = session.status === "processing" ? "done " : "expires ";
  const texts = [session.upload_type, `scenario ${session.scenario}`, `${session.chunks_total} chunks, ${bytes(session.bytes)}`];
  facts.replaceChildren(stateBadge(session.status), ...texts.map((text) => make("span", { className: "small" }, text)),
    make("span", { className: "small quiet" }, "created ", age(session.created_at)),
    session.changes_at ? make("span", { className: "small quiet" }, change, age(session.changes_at)) : "",
    session.status === "processing" && !session.changes_at ? make("span", { className: "small quiet" }, "until it is finished by hand") : "");
  for (const button of actions.querySelectorAll("[data-finish]")) button.disabled = session.status === button.dataset.finish;
  document.getElementById("expire").disabled = session.status === "expired";
}

async function showResult() {
  // With this field a look at the page is not in the journal, and meets no fault.
  const answer = await request(`/voice/v1/sessions/${encodeURIComponent(id)}`, { headers: { "X-Mock-Inspection": "1" } });
  statusLine.textContent = `GET /voice/v1/sessions/${id} → ${answer.status}`;
  const body = await answer.json();
  transcript.textContent = body.transcript ?? "";
  transcript.hidden = !transcript.textContent;
  const text = JSON.stringify(body, null, 2);
  if (result.textContent !== text) result.textContent = text;
}

function showGone() {
  page.hidden = true;
  gone.hidden = false;
  gone.replaceChildren(make("p", {}, "There is no such session. It was deleted, made room for others, or never was."),
    make("p", {}, make("a", { href: "/_mock/ui" }, "All sessions")));
}

async function refresh() {
  const revision = await revisionNow();
  try {
    session = await ask(`${address}?limit=${CHUNKS_SHOWN}&offset=${skipped()}`);
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    showGone();
    return { revision, due: null };
  }
  setClock(session.now, session.frozen, (body) => ({ ...body, session_id: id }));
  page.hidden = false;
  gone.hidden = true;
  showFacts();
  showChunks(session, refresh);
  showComparison(session);
  await showResult();
  return { revision, due: secondsUntilChange(session) };
}

const watched = watch(refresh);

/** Do something to the session, and say how it went. */
async function act(text, change) {
  try {
    await change();
    done.textContent = text;
  } catch (error) {
    done.textContent = error.message;
  }
  watched.again();
}

for (const button of actions.querySelectorAll("[data-finish]")) {
  const outcome = button.dataset.finish;
  button.addEventListener("click", () => act(`Finished as ${outcome}.`, () =>
    session.status === "processing" ? ask(`${address}/finish`, "POST", { outcome }) : ask(address, "PUT", { state: outcome })));
}
document.getElementById("expire").addEventListener("click", () => act("Expired.", () => ask(address, "PUT", { state: "expired" })));
document.getElementById("delete").addEventListener("click", () => {
  if (!confirm(`Forget ${id} and its audio?`)) return;
  act("Deleted.", async () => {
    await ask(address, "DELETE");
    location.assign("/_mock/ui");
  });
});
