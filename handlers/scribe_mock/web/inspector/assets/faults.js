/** Faults and held requests: what is set, what became of it, and what can be done; live. */
import { setClock } from "./clock.js";
import { ask, revisionNow, watch } from "./control.js";
import { keyed, make } from "./dom.js";
import "./fault-form.js";
import { showHeld } from "./held.js";
import { digestName, inScope, isOneToken, query } from "./scope.js";

const MOST = 300;
const [rows, empty, shown, removeAll, trouble] =
  ["rows", "empty", "shown", "remove-all", "trouble"].map((id) => document.getElementById(id));

/** `{sequence: 3}` as "sequence 3". */
const pairs = (fields) => Object.entries(fields).map(([name, value]) =>
  `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`);

function whose(scope) {
  if (!scope) return "all";
  if (scope.token_sha256) return digestName(scope.token_sha256);
  return make("a", { href: `/_mock/ui/sessions/${encodeURIComponent(scope.session_id)}`, className: "mono" }, scope.session_id);
}

function often({ times, after, probability }) {
  const found = [times === null ? "every time" : times === 1 ? "once" : `${times} times`];
  if (after) found.push(`after ${after}`);
  if (probability !== undefined) found.push(`with chance ${probability}`);
  return found.join(", ");
}

function row(fault) {
  const [[name, fields]] = Object.entries(fault.action);
  const requests = pairs(fault.match).join(", ") || "any";
  const remove = make("button", { type: "button", className: "tiny", ariaLabel: `Remove ${name}`, onclick: () => act(() => ask(`/_mock/faults/${fault.id}`, "DELETE")) }, "Remove");
  return make("tr", {},
    make("td", {}, make("strong", {}, name), make("div", { className: "small detail" }, pairs(fields).join(", ")), make("div", { className: "small quiet mono" }, fault.id)),
    make("td", {}, requests, make("div", { className: "small quiet" }, often(fault))),
    make("td", {}, whose(fault.scope)), make("td", { className: "number" }), make("td", { className: "number" }), make("td", {}, remove));
}

function renewRow(element, { matched, fired }) {
  element.children[3].textContent = matched;
  if (element.children[4].textContent !== String(fired)) {
    element.children[4].replaceChildren(fired ? make("span", { className: "badge warn" }, fired) : "0");
  }
}

async function act(change) {
  try {
    await change();
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
  watched.again();
}

async function refresh() {
  const revision = await revisionNow();
  const [clock, { faults }, { held }] = await Promise.all(
    ["clock", "faults", "held"].map((name) => ask(`/_mock/${name}?${query()}`)));
  setClock(clock.now, clock.frozen, inScope);
  keyed(rows, faults.slice(0, MOST), (fault) => fault.id, row, renewRow);
  empty.hidden = faults.length > 0;
  removeAll.disabled = !faults.length;
  const fired = faults.filter((fault) => fault.fired).length;
  shown.textContent = faults.length ? `${faults.length} set, ${fired} fired${faults.length > MOST ? `; the first ${MOST} are shown` : ""}` : "";
  showHeld(held, act);
  return { revision, due: null };
}

const watched = watch(refresh);

removeAll.addEventListener("click", () => {
  const which = isOneToken() ? "the faults of this token" : "all faults, of all tokens and sessions";
  if (confirm(`Remove ${which}?`)) act(() => ask(`/_mock/faults?${query()}`, "DELETE"));
});
