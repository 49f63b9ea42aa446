/** Opens the error that the address names, and runs recipes against the server of the page, showing the real exchange. */
(() => {
  function openNamed() {
    const named = document.getElementById(location.hash.slice(1));
    if (named?.matches("details")) named.open = true;
  }
  addEventListener("hashchange", openNamed);
  openNamed();

  /** So many milliseconds processing may take. */
  const PATIENCE = 30000;

  const token = document.getElementById("token");
  if (!token) return; // the pages are files: there is no server to run anything against

  for (const code of document.querySelectorAll(".tabs code")) {
    code.textContent = code.textContent.replaceAll("http://127.0.0.1:8080", location.origin);
  }
  try {
    token.value = sessionStorage.getItem("scribe-mock token") || token.value;
    token.addEventListener("change", () => sessionStorage.setItem("scribe-mock token", token.value));
  } catch { /* no storage: the field alone remembers */ }

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function bodyOf(step, values) {
    if (step.text !== null) return filled(step.text, values).padEnd(step.size);
    return step.size ? new Uint8Array(step.size) : undefined;
  }

  async function runStep(step, values) {
    const headers = Object.fromEntries(Object.entries(step.headers).map(([name, value]) => [name, filled(value, values)]));
    const path = filled(step.path, values);
    const ask = () => fetch(path, { method: step.method, headers, body: bodyOf(step, values) });
    let answer = await ask();
    for (const began = Date.now(); step.repeats && answer.status === 202 && Date.now() - began < PATIENCE;) {
      await pause(250);
      answer = await ask();
    }
    const text = await answer.text();
    let body = {};
    try { body = JSON.parse(text); } catch { /* shown as text */ }
    if (step.names) values[step.names] = step.keys.reduce((value, key) => value?.[key], body);
    return { step, headers, path, answer, text, body };
  }

  function shown({ step, headers, path, answer, text }) {
    const sent = [`${step.method} ${path}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    if (step.size) sent.push("", `(${step.size} bytes)`);
    else if (step.text !== null) sent.push("", step.text);
    const kept = ["content-type", "allow", "www-authenticate", "retry-after", "x-request-id"];
    const got = [`${answer.status} ${answer.statusText}`, ...kept.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`)];
    let pretty = text;
    try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON */ }
    const pre = document.createElement("pre");
    pre.tabIndex = 0;
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", `Exchange: ${step.method} ${path}`);
    pre.textContent = [...sent.map((line) => `> ${line}`), "", ...got.map((line) => `< ${line}`), "", pretty].join("\n");
    return pre;
  }

  async function run(place) {
    const recipe = JSON.parse(place.dataset.recipe);
    const [button, verdict, exchange] = [place.querySelector("button"), place.querySelector(".verdict"), place.querySelector(".exchange")];
    button.disabled = true;
    verdict.textContent = "Running…";
    const values = { token: token.value || "any" };
    let right = false;
    try {
      const steps = [];
      for (const step of recipe.steps) steps.push(await runStep(step, values));
      const last = steps.at(-1);
      const code = last.body.error?.code;
      right = last.answer.status === recipe.status && code === recipe.code;
      exchange.replaceChildren(...steps.map(shown));
      verdict.textContent = right ? `${recipe.status} ${recipe.code}, as promised` : `Got ${last.answer.status} ${code ?? ""} instead. Reset the server, or check the token.`;
    } catch (error) {
      verdict.textContent = `The server can't be reached: ${error.message}`;
    }
    verdict.className = `verdict badge ${right ? "completed" : "bad"}`;
    button.disabled = false;
    return right;
  }

  const places = [...document.querySelectorAll(".run")];
  for (const place of places) place.querySelector("button").addEventListener("click", () => run(place));

  const all = document.getElementById("run-all");
  all.addEventListener("click", async () => {
    const result = document.getElementById("run-result");
    all.disabled = true;
    let right = 0;
    for (const [number, place] of places.entries()) {
      result.textContent = `${number + 1} of ${places.length}`;
      const good = await run(place);
      right += good;
      if (!good) place.closest("details").open = true;
    }
    result.textContent = `${right} of ${places.length} errors as promised`;
    all.disabled = false;
  });
})();
