/** The scope of a page: all tokens, or one that the reader typed. It stays in this tab, and out of page and address. */
import { ask } from "./control.js";

const SCOPE = "scribe-mock scope";
const [menu, name, form, all, resetButton] =
  ["scope", "scope-name", "scope-form", "scope-all", "reset"].map((id) => document.getElementById(id));

function chosen() {
  try {
    return sessionStorage.getItem(SCOPE);
  } catch {
    return null;
  }
}

/** The query of a request in this scope; parameters that are empty or null are left out. */
export function query(parameters = {}) {
  const given = Object.entries({ ...parameters, token: chosen() }).filter(([, value]) => value !== null && value !== "");
  return new URLSearchParams(given);
}

/** A body with this scope. */
export const inScope = (body = {}) => (chosen() === null ? body : { ...body, token: chosen() });

/** Whether the scope is one token. */
export const isOneToken = () => chosen() !== null;

/** Call `changed` when another scope was chosen. */
export const onScope = (changed) => document.addEventListener("scope", changed);

/** A token is shown by the start of its digest, as the lists of the control API have it. */
export const digestName = (digest) => `token ${digest.slice(0, 8)}…`;

async function showName() {
  if (chosen() === null) {
    name.textContent = "all tokens";
    return;
  }
  name.textContent = "one token";
  const { scope } = await ask(`/_mock/clock?${query()}`);
  name.textContent = digestName(scope.token_sha256);
}

function choose(token) {
  if (token === null) sessionStorage.removeItem(SCOPE);
  else sessionStorage.setItem(SCOPE, token);
  form.reset();
  menu.open = false;
  showName().catch(() => {});
  document.dispatchEvent(new Event("scope"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = form.elements.token.value.trim();
  if (token) choose(token);
});
all.addEventListener("click", () => choose(null));
menu.addEventListener("toggle", () => { if (menu.open) form.elements.token.focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
resetButton.addEventListener("click", async () => {
  const whose = isOneToken() ? `what belongs to ${name.textContent}` : "everything, of all tokens";
  if (!confirm(`Forget ${whose}: sessions, faults, requests, webhooks and clocks?`)) return;
  try {
    await ask("/_mock/reset", "POST", inScope());
  } catch (error) {
    alert(error.message);
  }
});
showName().catch(() => {});
