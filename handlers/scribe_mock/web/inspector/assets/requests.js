/** What arrived: newest first, a page at a time, filtered, live. */
import { age, setClock } from "./clock.js";
import { ask, revisionNow, watch } from "./control.js";
import { bytes, keyed, make } from "./dom.js";
import { outcomeBadges } from "./outcome.js";
import { inScope, isOneToken, onScope, query } from "./scope.js";

const PAGE = 100;
const [filters, rows, empty, shown, newer, older, forget] =
  ["filters", "rows", "empty", "shown", "newer", "older", "forget"].map((id) => document.getElementById(id));
const names = ["session_id", "operation", "status", "outcome"];
let offset = 0;

/** The filters as parameters; a session is of one token anyhow, so the token is left out beside it. */
function wanted(more) {
  const given = { ...Object.fromEntries(names.map((name) => [name, filters.elements[name].value.trim()])), ...more };
  const parameters = query(given);
  if (given.session_id) parameters.delete("token");
  return parameters;
}

function row(entry) {
  const name = entry.operation ?? "unknown operation";
  const link = make("a", { href: `/_mock/ui/requests/${encodeURIComponent(entry.id)}` }, entry.sequence === null ? name : `${name} ${entry.sequence}`);
  const session = entry.session_id && make("a", { className: "mono", href: `/_mock/ui/sessions/${encodeURIComponent(entry.session_id)}` }, entry.session_id);
  // The session has a column of its own, so its id is left out of the path.
  const path = entry.session_id ? entry.path.replace(entry.session_id, "…") : entry.path;
  return make("tr", {},
    make("td", {}, age(entry.at)),
    make("td", {}, link, make("div", { className: "small quiet mono", title: entry.path }, `${entry.method} ${path}`)),
    make("td", {}, session), make("td"), make("td", { className: "number" }), make("td", { className: "number" }));
}

function renewRow(element, entry) {
  const [, , , answer, size, time] = element.children;
  const text = JSON.stringify([entry.status, entry.outcome, entry.code, entry.faults, entry.reply_to, entry.warning]);
  if (answer.dataset.shown !== text) {
    answer.dataset.shown = text;
    answer.replaceChildren(...outcomeBadges(entry), ...[
      entry.code && make("span", { className: "small mono" }, ` ${entry.code}`),
      entry.faults.length > 0 && make("span", { className: "badge warn", title: entry.faults.join(", ") }, "fault"),
      entry.reply_to && make("span", { className: "badge protocol", title: `repeats ${entry.reply_to}` }, "repeat"),
      entry.warning && make("div", { className: "small quiet" }, entry.warning),
    ].filter(Boolean));
  }
  size.textContent = bytes(entry.request_bytes);
  time.textContent = entry.duration_ms === null ? "" : entry.duration_ms.toFixed(entry.duration_ms < 10 ? 1 : 0);
}

function showEmpty(total) {
  empty.hidden = total > 0;
  if (total) return;
  const filtered = names.some((name) => filters.elements[name].value);
  empty.replaceChildren(make("p", {}, filtered ? "No request is like that." : "Nothing arrived yet."),
    filtered ? make("p", {}, make("button", { type: "button", onclick: () => { filters.reset(); select(); } }, "Show all")) : "");
}

function showCount({ requests, total, evicted }) {
  const last = offset + requests.length;
  const gone = evicted ? `; ${evicted} older ones made room` : "";
  shown.textContent = total ? `${offset + 1} to ${last} of ${total}${gone}` : "";
  newer.disabled = offset === 0;
  older.disabled = last >= total;
  forget.disabled = !total;
}

/** A name for each entry; clients may send an id again, and a clock may stand still. */
function named(entries) {
  const seen = new Map();
  for (const entry of entries) {
    const name = `${entry.id} ${entry.at} ${entry.method} ${entry.path}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    entry.name = `${name} ${seen.get(name)}`;
  }
  return entries;
}

async function refresh() {
  const revision = await revisionNow();
  const [found, clock] = await Promise.all([ask(`/_mock/requests?${wanted({ limit: PAGE, offset })}`), ask(`/_mock/clock?${query()}`)]);
  setClock(clock.now, clock.frozen, inScope);
  keyed(rows, named(found.requests).reverse(), (entry) => entry.name, row, renewRow);
  showEmpty(found.total);
  showCount(found);
  return { revision, due: null };
}

const address = new URLSearchParams(location.search);
filters.reset(); // a browser fills in what was there before the page was loaded again
for (const name of names) filters.elements[name].value = address.get(name) ?? "";
const watched = watch(refresh);

/** Show the requests from this one on; the address has the filters, never the token. */
function select(first = 0) {
  offset = Math.max(0, first);
  const parameters = wanted();
  parameters.delete("token");
  history.replaceState(null, "", parameters.size ? `?${parameters}` : location.pathname);
  watched.again();
}

let typing;
filters.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(select, 150);
});
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  select();
});
onScope(() => select());
newer.addEventListener("click", () => select(offset - PAGE));
older.addEventListener("click", () => select(offset + PAGE));
forget.addEventListener("click", async () => {
  if (!confirm(`Forget all requests${isOneToken() ? " of this token" : ", of all tokens"}?`)) return;
  await ask(`/_mock/requests?${query()}`, "DELETE").catch((error) => alert(error.message));
  select();
});
