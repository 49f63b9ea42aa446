/** The list of sessions: newest first, a page at a time, live. */
import { age, secondsUntilChange, setAge, setClock } from "./clock.js";
import { ask, watch } from "./control.js";
import { bytes, keyed, make, stateBadge } from "./dom.js";

const PAGE = 50;
const [states, search, rows, empty, shown, newer, older] =
  ["states", "search", "rows", "empty", "shown", "newer", "older"].map((id) => document.getElementById(id));
let state = "";
let offset = 0;

function row(session) {
  const link = make("a", { href: `/_mock/ui/sessions/${encodeURIComponent(session.session_id)}`, className: "mono" }, session.session_id);
  return make("tr", {},
    make("td", {}, link), make("td"), make("td", {}, session.upload_type), make("td", { className: "optional" }, session.scenario),
    make("td", { className: "number" }), make("td", { className: "number optional" }), make("td", { className: "optional" }), make("td", {}, age(session.created_at)));
}

function renewRow(element, session) {
  const [, status, , scenario, chunks, size, last, created] = element.children;
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

async function refresh() {
  const query = new URLSearchParams({ limit: PAGE, offset, search: search.value.trim() });
  if (state) query.set("state", state);
  const overview = await ask(`/_mock/overview?${query}`);
  setClock(overview.now, overview.frozen);
  showStates(overview.counts);
  keyed(rows, overview.sessions, (session) => session.session_id, row, renewRow);
  showEmpty(overview.total);
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
let typing;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => select(() => {}), 150);
});
newer.addEventListener("click", () => select(() => {}, Math.max(0, offset - PAGE)));
older.addEventListener("click", () => select(() => {}, offset + PAGE));
