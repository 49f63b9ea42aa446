/** Attempts to deliver webhooks: newest first, a page at a time, live. */
import { age, mockNow, secondsUntil, setAge, setClock } from "./clock.js";
import { ask, watch } from "./control.js";
import { keyed, make } from "./dom.js";
import { inScope, onScope, query } from "./scope.js";

const PAGE = 50;
const [rows, empty, shown, newer, older] =
  ["rows", "empty", "shown", "newer", "older"].map((id) => document.getElementById(id));
let offset = 0;

const key = (attempt) => [attempt.webhook_id, attempt.session_id, attempt.event, attempt.attempt].join(" ");

function row(attempt) {
  const session = make("a", { href: `/_mock/ui/sessions/${encodeURIComponent(attempt.session_id)}`, className: "mono" }, attempt.session_id);
  return make("tr", {},
    make("td", {}, age(attempt.at)), make("td", { className: "event" }, attempt.event), make("td", {}, session),
    make("td", { className: "mono", title: attempt.webhook_id }, attempt.url),
    make("td", { className: "number" }, attempt.attempt || "none"), make("td"), make("td"));
}

function result({ status, error }) {
  if (status !== null) return make("span", { className: `badge ${status >= 200 && status < 300 ? "completed" : "bad"}` }, status);
  if (error !== null) return make("span", {}, make("span", { className: "badge bad" }, "failed"), ` ${error}`);
  return make("span", { className: "badge processing" }, "on its way");
}

function renewRow(element, attempt) {
  const [when, , , , , outcome, next] = element.children;
  setAge(when.firstElementChild, attempt.at);
  const found = result(attempt);
  if (outcome.textContent !== found.textContent) outcome.replaceChildren(found);
  if (attempt.next_attempt_at === null) next.textContent = "";
  else if (Date.parse(attempt.next_attempt_at) <= mockNow()) next.textContent = "was tried";
  else if (next.firstElementChild) setAge(next.firstElementChild, attempt.next_attempt_at);
  else next.replaceChildren(age(attempt.next_attempt_at));
}

async function refresh() {
  const found = await ask(`/_mock/webhook-deliveries?${query({ limit: PAGE, offset })}`);
  setClock(found.now, found.frozen, inScope);
  keyed(rows, found.deliveries, key, row, renewRow);
  empty.hidden = found.total > 0;
  const last = offset + found.deliveries.length;
  shown.textContent = found.total ? `${offset + 1} to ${last} of ${found.total}` : "";
  newer.disabled = offset === 0;
  older.disabled = last >= found.total;
  const due = found.deliveries.map((attempt) => secondsUntil(attempt.next_attempt_at)).filter((seconds) => seconds > 0);
  return { revision: found.revision, due: due.length ? Math.min(...due) : null };
}

const watched = watch(refresh);

function turn(first) {
  offset = Math.max(0, first);
  watched.again();
}
onScope(() => turn(0));
newer.addEventListener("click", () => turn(offset - PAGE));
older.addEventListener("click", () => turn(offset + PAGE));
