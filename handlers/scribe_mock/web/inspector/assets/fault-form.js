/** The form that sets a fault: its inputs as JSON, what the API says of it, and its text for copying. */
import { copyButton, quoted } from "./copy.js";
import { ask, Refusal } from "./control.js";
import { inScope, isOneToken, onScope } from "./scope.js";

const form = document.getElementById("fault-form");
const [problem, done, preview, copies] = ["fault-error", "done", "preview", "copies"].map((id) => document.getElementById(id));
const inputs = [...form.querySelectorAll("[data-kind]")];
const { action, forever, times } = form.elements;
const session = form.elements["scope.session_id"];
/** Stands in the preview for the token, which is shown nowhere. */
const HIDDEN = "TOKEN";

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function valueOf(input) {
  if (input.dataset.kind === "flag") return input.checked ? true : undefined;
  if (input.value === "") return undefined;
  if (input.dataset.kind === "number") return Number(input.value);
  return input.dataset.kind === "json" ? json(input.value) : input.value;
}

/** Set the value at a place such as `action.delay.seconds`. */
function put(fault, place, value) {
  const steps = place.split(".");
  const last = steps.pop();
  let part = fault;
  for (const step of steps) part = part[step] ??= {};
  part[last] = value;
}

function fault() {
  const found = {};
  if (session.value.trim()) found.scope = { session_id: session.value.trim() };
  else if (isOneToken()) found.scope = inScope();
  for (const input of inputs) {
    const value = input.matches(":disabled") ? undefined : valueOf(input);
    if (value !== undefined) put(found, input.name, value);
  }
  if (forever.checked) found.times = null;
  found.action ??= {};
  found.action[action.value] ??= {};
  return found;
}

/** The fault's text; of a token it has a placeholder. */
function text(indent) {
  const shown = fault();
  if (shown.scope?.token) shown.scope = { token: HIDDEN };
  return JSON.stringify(shown, null, indent);
}

function curl() {
  return [`curl -X POST ${quoted(`${location.origin}/_mock/faults`)}`, `-d ${quoted(text())}`].join(" \\\n  ");
}

function show() {
  for (const part of form.querySelectorAll("[data-action]")) part.hidden = part.disabled = part.dataset.action !== action.value;
  times.disabled = forever.checked;
  preview.textContent = text(2);
}

function forgetProblems() {
  problem.hidden = true;
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.parentElement.querySelector(".wrong")?.remove();
  }
}

/** Say what is wrong beside the input that it is about, else below the form. */
function showProblem({ message, details = {} }) {
  const steps = (details.path ?? "").replace(/^\$\.?/, "").split(".");
  let input = null;
  for (; steps.length && !input; steps.pop()) input = form.elements[steps.join(".").replace(/\[.*/, "")];
  if (!input || input === action || input instanceof RadioNodeList) {
    problem.textContent = message;
    problem.hidden = false;
    return;
  }
  input.setAttribute("aria-invalid", "true");
  const wrong = document.createElement("span");
  wrong.className = "small wrong";
  wrong.setAttribute("role", "alert");
  wrong.textContent = details.reason ?? message;
  input.parentElement.append(wrong);
  input.focus();
}

function unreadable() {
  const input = inputs.find((each) => !each.matches(":disabled") && each.validity.badInput);
  return input && { message: "", details: { path: `$.${input.name}`, reason: "Expected a number." } };
}

form.addEventListener("input", show);
onScope(show);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  forgetProblems();
  done.textContent = "";
  const bad = unreadable();
  if (bad) return showProblem(bad);
  try {
    const { id } = await ask("/_mock/faults", "POST", fault());
    done.textContent = `${id} is set.`;
  } catch (error) {
    showProblem(error instanceof Refusal ? error : { message: "The mock can't be reached. Is it running?" });
  }
});
copies.append(copyButton("Copy JSON", () => text(2), preview), copyButton("Copy curl", curl, preview));
form.reset(); // a browser fills in what was there before the page was loaded again
show();
