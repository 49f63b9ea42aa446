/** The list of sessions: newest first, a page at a time, live; those that are chosen are deleted together. */
import { age, secondsUntilChange, setAge, setClock } from "./clock.js";
import { ask, watch } from "./control.js";
import { bytes, keyed, make, stateBadge } from "./dom.js";
import { inScope, onScope, query } from "./scope.js";

const PAGE = 50;
/** Requests that delete sessions at the same time: a browser has six connections to one server. */
const DELETING = 4;
const [states, search, rows, empty, shown, newer, older, choosePage, deleteChosen, problems] =
  ["states", "search", "rows", "empty", "shown", "newer", "older", "choose-page", "delete-chosen", "load-problems"].map((id) => document.getElementById(id));
const chosen = new Set();
let state = "";
let offset = 0;

function row(session) {
  const link = make("a", { href: `/_mock/ui/sessions/${encodeURIComponent(session.session_id)}`, className: "mono" }, session.session_id);
  const choice = make("input", { type: "checkbox", checked: chosen.has(session.session_id), ariaLabel: `Choose ${session.session_id}`, value: session.session_id });
  return make("tr", {},
    make("td", { className: "choice" }, choice), make("td", {}, link), make("td"), make("td", {}, session.upload_type), make("td", { className: "optional" }, session.scenario),
    make("td", { className: "number" }), make("td", { className: "number optional" }), make("td", { className: "optional" }), make("td", {}, age(session.created_at)));
}

function renewRow(element, session) {
  const [, , status, , scenario, chunks, size, last, created] = element.children;
  if (status.textContent !== session.status) status.replaceChildren(stateBadge(session.status));
  scenario.textContent = session.scenario;
  chunks.textContent = session.chunks;
  size.textContent = bytes(session.bytes);
  if (!session.last_received_at) last.textContent = "none";
  else if (last.firstElementChild) setAge(last.firstElementChild, session.last_received_at);
  else last.replaceChildren(age(session.last_received_at));
  setAge(created.firstElementChild, session.created_at);
}

function showStates(counts) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const choices = [["", "all", all], ...Object.entries(counts).map(([name, count]) => [name, name, count])];
  keyed(states, choices, ([name]) => name,
    ([name]) => make("button", { type: "button", className: "tiny", onclick: () => select(() => { state = name; }) }),
    (button, [name, label, count]) => {
      button.textContent = `${label} ${count}`;
      button.setAttribute("aria-pressed", String(name === state));
    });
}

function showEmpty(total) {
  empty.hidden = total > 0;
  if (total) return;
  const text = state || search.value ? "No session is like that." : "No sessions yet.";
  const advice = state || search.value
    ? make("p", {}, make("button", { type: "button", onclick: () => select(() => { state = search.value = ""; }) }, "Show all"))
    : make("p", {}, "Record one with the ", make("a", { href: "/_mock/ui/record" }, "recorder"), ", or create one as the ", make("a", { href: "/" }, "start page"), " shows.");
  empty.replaceChildren(make("p", {}, text), advice);
}

function showChosen() {
  const boxes = [...rows.querySelectorAll("input")];
  for (const box of boxes) box.checked = chosen.has(box.value);
  choosePage.checked = boxes.length > 0 && boxes.every((box) => box.checked);
  deleteChosen.hidden = chosen.size === 0;
  deleteChosen.textContent = `Delete ${chosen.size} chosen`;
}

/** What --watch could not load is told here too, since nobody looks at the terminal all the time. */
function showProblems(found) {
  problems.hidden = !found.length;
  problems.replaceChildren(...found.map((problem) => make("p", { className: "name" }, "Not loaded, and what was loaded before stays: ", problem)));
}

async function refresh() {
  const asked = query({ limit: PAGE, offset, search: search.value.trim(), state });
  const [overview, health] = await Promise.all([ask(`/_mock/overview?${asked}`), ask("/_mock/health")]);
  showProblems(health.load_problems);
  setClock(overview.now, overview.frozen, inScope);
  showStates(overview.counts);
  keyed(rows, overview.sessions, (session) => session.session_id, row, renewRow);
  showEmpty(overview.total);
  showChosen();
  const last = offset + overview.sessions.length;
  shown.textContent = overview.total ? `${offset + 1} to ${last} of ${overview.total}` : "";
  newer.disabled = offset === 0;
  older.disabled = last >= overview.total;
  const due = overview.sessions.map(secondsUntilChange).filter((seconds) => seconds !== null);
  return { revision: overview.revision, due: due.length ? Math.max(0, Math.min(...due)) : null };
}

const watched = watch(refresh);

function select(change, first = 0) {
  change();
  offset = first;
  watched.again();
}

async function deleteAll(ids) {
  const one = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      try {
        await ask(`/_mock/sessions/${encodeURIComponent(id)}`, "DELETE");
      } catch (error) {
        if (error.status !== 404) throw error;
      }
      chosen.delete(id);
    }
  };
  await Promise.all(Array.from({ length: DELETING }, one));
}

rows.addEventListener("change", ({ target }) => {
  chosen[target.checked ? "add" : "delete"](target.value);
  showChosen();
});
choosePage.addEventListener("change", () => {
  for (const box of rows.querySelectorAll("input")) chosen[choosePage.checked ? "add" : "delete"](box.value);
  showChosen();
});
deleteChosen.addEventListener("click", async () => {
  if (!confirm(`Forget ${chosen.size} sessions and their audio?`)) return;
  deleteChosen.disabled = true;
  await deleteAll([...chosen]).catch((error) => alert(error.message));
  deleteChosen.disabled = false;
  watched.again();
});
onScope(() => select(() => chosen.clear()));
let typing;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => select(() => {}), 150);
});
newer.addEventListener("click", () => select(() => {}, Math.max(0, offset - PAGE)));
older.addEventListener("click", () => select(() => {}, offset + PAGE));
