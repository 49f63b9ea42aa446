/** Scenarios of the gauntlet for a client that a person drives: one is armed, and graded by what arrives. */
import { ask, Refusal, revisionNow, watch } from "./control.js";
import { copyButton } from "./copy.js";
import { keyed, make } from "./dom.js";

/** What is armed in this tab: its id and its token, which the mock says only once. */
const ARMED = "scribe-mock examination";
const part = (id) => document.getElementById(id);
const BADGES = { passed: "completed", failed: "failed", warned: "warn", noted: "warn", "not tried": "" };
const STATES = { waiting: "", recording: "recording", ended: "completed" };

const armed = () => JSON.parse(sessionStorage.getItem(ARMED) ?? "null");
const told = () => document.querySelector("[name=told]:checked").value;

function badge(element, text, kind) {
  element.textContent = text;
  element.className = `badge ${kind}`;
}

async function act(change) {
  try {
    await change();
  } catch (error) {
    part("trouble").textContent = error.message;
    part("trouble").hidden = false;
  }
  watched.again();
}

const arm = (scenario) => act(async () => {
  const token = armed()?.token;
  const made = await ask("/_mock/examinations", "POST", { scenario, ...(token && { token }) });
  sessionStorage.setItem(ARMED, JSON.stringify({ id: made.id, token: made.token }));
  document.querySelector("[name=told]").checked = true;
  part("armed").scrollIntoView();
});

function row({ name, title, by_hand: byHand, demands }) {
  const list = make("ul", { className: "small" }, ...demands.map((demand) =>
    make("li", {}, make("strong", {}, demand.grade), ` ${demand.sentence} `, make("span", { className: "quiet" }, demand.source))));
  const button = byHand === null
    ? make("span", { className: "small quiet" }, "by the command alone")
    : make("button", { type: "button", className: "tiny primary", ariaLabel: `Arm ${name}`, onclick: () => arm(name) }, "Arm");
  return make("tr", {},
    make("td", {}, make("strong", { className: "mono" }, name), make("div", { className: "small" }, title)),
    make("td", {}, make("details", {}, make("summary", { className: "small" }, `${demands.length} demand${demands.length > 1 ? "s" : ""}`), list)),
    make("td", {}, button));
}

function mark({ verdict, grade, sentence, source, said, seen }) {
  return make("li", { className: "card" },
    make("div", {}, make("span", { className: `badge ${BADGES[verdict]}` }, verdict), ` ${grade}: ${sentence} `, make("span", { className: "small quiet" }, source)),
    said && make("div", {}, said),
    seen.length > 0 && make("details", {}, make("summary", { className: "small" }, "Requests"), make("ul", { className: "small mono" }, ...seen.map((line) => make("li", {}, line)))));
}

function showExamination(found, scenario) {
  part("armed-name").textContent = found.scenario;
  part("armed-title").textContent = scenario.title;
  part("by-hand").textContent = scenario.by_hand;
  part("by-hand").hidden = !scenario.by_hand;
  part("token").textContent = armed().token;
  badge(part("state"), found.state, STATES[found.state]);
  part("arrived").textContent = `${found.requests} request${found.requests === 1 ? "" : "s"}, ${found.sessions.length} session${found.sessions.length === 1 ? "" : "s"}`;
  const { verdict, reason, marks } = found.outcome;
  part("verdict-name").textContent = found.state === "ended" ? "Verdict" : "Verdict so far";
  badge(part("verdict"), verdict, BADGES[verdict]);
  part("reason").textContent = reason ?? "";
  part("marks").replaceChildren(...marks.map(mark));
}

/** The examination of this tab; null where there is none, or none any more. */
async function examination() {
  if (!armed()) return null;
  try {
    return await ask(`/_mock/examinations/${armed().id}${told() && `?told=${told()}`}`);
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404)) throw error;
    sessionStorage.removeItem(ARMED);
    return null;
  }
}

async function refresh() {
  const revision = await revisionNow();
  const [{ scenarios }, found] = await Promise.all([ask("/_mock/examinations"), examination()]);
  keyed(part("rows"), scenarios, (one) => one.name, row);
  if (found) showExamination(found, scenarios.find((one) => one.name === found.scenario));
  part("armed").hidden = found === null;
  return { revision, due: null };
}

const base = `${location.origin}/voice/v1`;
part("base").textContent = base;
part("copy-base").append(copyButton("Copy", () => base, part("base")));
part("copy-token").append(copyButton("Copy", () => armed().token, part("token")));
const watched = watch(refresh);
part("again").addEventListener("click", () => arm(part("armed-name").textContent));
part("end").addEventListener("click", () => act(() => ask(`/_mock/examinations/${armed().id}`, "DELETE")));
for (const choice of document.querySelectorAll("[name=told]")) choice.addEventListener("change", () => watched.again());
