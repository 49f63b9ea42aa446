/** What was spoken during a session, and what of it arrived: drawn, as a table, and to be heard. */
import { clock, drawing, isReference, KINDS, summary, swatch } from "./comparison-drawing.js";
import { ask, Refusal, request } from "./control.js";
import { make } from "./dom.js";

const place = (name) => document.getElementById(name);
const [said, compared, plot, position, readout, legend, rows, more, matches, player, form, problem, forget] =
  ["said", "compared", "plot", "position", "readout", "legend", "passages", "more-passages", "matches", "player", "reference-form",
    "reference-problem", "forget-reference"].map(place);
const buttons = { reference: place("play-reference"), arrived: place("play-arrived"), closer: place("closer"), wider: place("wider") };
const address = `/_mock/sessions/${encodeURIComponent(place("session").dataset.id)}`;

/** Of longer lists a part is shown. */
const MOST = 200;
/** Below this share, in per cent, the client sent some other sound. */
const PLAYED = 5;
/** The widest drawing, in pixels: a browser draws no wider one well. */
const WIDEST = 30000;

let chunks = [];
let audio = null;
let levels = null;
let shown = "";
let zoom = 1;
let asking = null;

/** Compare anew; `changed` is called when the reader put another reference. */
export function showComparison(session) {
  chunks = session.chunks;
  asking ??= look().catch(say).finally(() => { asking = null; });
}

async function look() {
  const ledger = await ask(`${address}/ledger?limit=1`);
  const failure = ledger.problems.find(({ code }) => code === "not_compared")?.message;
  const state = JSON.stringify([ledger.audio, failure]);
  if (state === shown) return;
  shown = state;
  audio = ledger.audio;
  levels = null;
  showSaid(failure);
  forget.hidden = !audio;
  compared.hidden = !audio || audio.coverage_percent < PLAYED;
  if (compared.hidden) return;
  zoom = 1;
  draw();
  showTable();
  levels = await ask(`${address}/ledger/levels`);
  draw();
}

function say(error) {
  if (!(error instanceof Refusal) || error.status === 404) return;
  said.textContent = error.message;
}

function showSaid(failure) {
  if (!audio) {
    said.textContent = failure ?? "The mock does not know what was spoken. Tell it, and it says which seconds did not arrive.";
    return;
  }
  const name = audio.reference.fixture ?? "the recording";
  if (audio.coverage_percent < PLAYED) {
    said.textContent = `Nothing of ${name} arrived${chunks.length ? ": this session's audio is of something else" : " yet"}.`;
    return;
  }
  said.textContent = `Compared with ${name}: ${summary(audio)}.`;
}

const pixels = () => Math.min(WIDEST, (plot.clientWidth || 900) * zoom) / audio.reference.duration_s;

function draw() {
  const kept = plot.scrollLeft / Math.max(1, plot.scrollWidth);
  plot.replaceChildren(drawing(audio, levels, pixels()));
  plot.scrollLeft = kept * plot.scrollWidth;
  position.max = audio.reference.duration_s.toFixed(1);
  const kinds = Object.keys(KINDS).filter((kind) => audio[kind].length);
  legend.replaceChildren(...kinds.map((kind) => make("li", {}, swatch(kind), ` ${kind}: ${audio[kind].length}, ${total(audio[kind])} s`)));
  buttons.wider.disabled = zoom === 1;
  buttons.closer.disabled = (plot.clientWidth || 900) * zoom >= WIDEST;
  point();
}

const total = (passages) => passages.reduce((sum, { start_s: start, end_s: end }) => sum + end - start, 0).toFixed(1);

function zoomTo(next) {
  const middle = Number(position.value);
  zoom = next;
  draw();
  plot.scrollLeft = middle * pixels() - plot.clientWidth / 2;
}

buttons.closer.addEventListener("click", () => zoomTo(zoom * 2));
buttons.wider.addEventListener("click", () => zoomTo(Math.max(1, zoom / 2)));

/** The chunks that have a second of the reference, and where in them it is. */
const holding = (second) => audio.matches
  .filter((match) => match.reference_start_s !== null && second >= match.reference_start_s && second < match.reference_end_s)
  .map((match) => ({ chunk: match.chunk, at: match.start_s + second - match.reference_start_s }));

const kindsAt = (second) => Object.keys(KINDS).filter((kind) =>
  audio[kind].some(({ start_s: start, end_s: end }) => second >= start && second < end));

/** What is known of one second, in words. */
function words(second) {
  const held = holding(second).map(({ chunk, at }) => `chunk ${chunk} at ${at.toFixed(1)} s`);
  return [`${second.toFixed(1)} s`, held.join(" and ") || "in no chunk", ...kindsAt(second)].join(" · ");
}

/** Show the position's second; moves the line, not the drawing. */
function point(second = Number(position.value)) {
  const line = plot.querySelector(".cursor");
  line?.setAttribute("transform", `translate(${(second * pixels()).toFixed(1)} 0)`);
  readout.textContent = words(second);
  if (second === Number(position.value)) position.setAttribute("aria-valuetext", words(second));
  buttons.reference.textContent = `Play the reference from ${clock(Number(position.value))}`;
  buttons.arrived.disabled = !holding(Number(position.value)).length;
}

const secondAt = (event) => {
  const box = plot.firstElementChild.getBoundingClientRect();
  return { second: Math.min(audio.reference.duration_s, Math.max(0, (event.clientX - box.left) / pixels())), y: event.clientY - box.top };
};

plot.addEventListener("pointermove", (event) => audio && point(secondAt(event).second));
plot.addEventListener("pointerleave", () => audio && point());
plot.addEventListener("click", (event) => {
  const { second, y } = secondAt(event);
  position.value = second;
  point();
  play(isReference(y) ? "reference" : "arrived");
});
position.addEventListener("input", () => point());
position.addEventListener("keydown", (event) => {
  const sign = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (!sign) return;
  // A second, and with Shift a tenth: the browser's own step is too small for an hour.
  event.preventDefault();
  position.value = Number(position.value) + sign * (event.shiftKey ? 0.1 : 1);
  point();
});
for (const source of ["reference", "arrived"]) buttons[source].addEventListener("click", () => play(source));

/** Play the reference from the position on, or the chunk that has it. */
async function play(source) {
  const second = Number(position.value);
  const held = holding(second)[0];
  if (source === "arrived" && !held) return;
  const name = chunks.find((chunk) => chunk.sequence === held?.chunk)?.name;
  const path = source === "reference" ? `${address}/reference` : `${address}/chunks/${name}`;
  const label = source === "reference" ? "The reference" : `Chunk ${held.chunk}`;
  try {
    if (player.dataset.path !== path) await load(path);
    player.currentTime = source === "reference" ? second : held.at;
    player.setAttribute("aria-label", label);
    player.hidden = false;
    await player.play();
    player.dataset.played = source;
  } catch (error) {
    readout.textContent = error instanceof Refusal ? error.message : `${label} can't be played by this browser.`;
  }
}

async function load(path) {
  const answer = await request(path);
  if (!answer.ok) throw new Refusal(answer.status, (await answer.json()).error);
  URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(await answer.blob());
  player.dataset.path = path;
  await new Promise((resolve, reject) => { player.onloadedmetadata = resolve; player.onerror = reject; });
}

function showTable() {
  const found = Object.keys(KINDS).flatMap((kind) => audio[kind].map((passage) => ({ kind, ...passage })))
    .sort((one, other) => one.start_s - other.start_s);
  rows.replaceChildren(...found.slice(0, MOST).map(passageRow));
  rows.closest(".table").hidden = !found.length;
  more.textContent = found.length > MOST ? `The first ${MOST} of ${found.length}; the ledger has all.` : "";
  matches.replaceChildren(...audio.matches.slice(0, MOST).map((match) => make("li", {}, matchWords(match))));
}

function passageRow({ kind, start_s: start, end_s: end, chunk }) {
  const listen = make("button", { type: "button", className: "tiny", ariaLabel: `Play the reference from ${start.toFixed(1)} s` }, "Play");
  listen.addEventListener("click", () => {
    position.value = start;
    point();
    play("reference");
  });
  const where = kind === "missing" ? chunk === null ? "before all chunks" : `after chunk ${chunk}` : chunk === null ? "" : `chunk ${chunk}`;
  return make("tr", {}, make("td", {}, `${KINDS[kind].sign} ${kind}`), make("td", { className: "number" }, start.toFixed(1)),
    make("td", { className: "number" }, end.toFixed(1)), make("td", {}, where), make("td", {}, KINDS[kind].says), make("td", {}, listen));
}

function matchWords({ chunk, start_s: start, end_s: end, reference_start_s: from, reference_end_s: to }) {
  const part = `${chunk === null ? "The file" : `Chunk ${chunk}`}, ${start.toFixed(1)} to ${end.toFixed(1)} s`;
  return from === null ? `${part}: not in the reference` : `${part}: seconds ${from.toFixed(1)} to ${to.toFixed(1)} of the reference`;
}

async function put(options) {
  const answer = await request(`${address}/reference`, { method: "PUT", ...options });
  if (!answer.ok) throw new Refusal(answer.status, (await answer.json()).error);
}

async function change(work) {
  problem.textContent = "Comparing…";
  try {
    await work();
    await asking;
    await look();
    problem.textContent = "";
  } catch (error) {
    problem.textContent = error.message;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file, fixture] = [form.elements.file.files[0], form.elements.fixture.value.trim()];
  if (!file && !fixture) {
    problem.textContent = "Choose a file, or name a recording of the fixtures.";
    return;
  }
  change(() => put(file ? { body: file, headers: { "Content-Type": file.type.startsWith("audio/") ? file.type : "application/octet-stream" } }
    : { body: JSON.stringify({ fixture }), headers: { "Content-Type": "application/json" } }));
});
// The last choice of the reader counts.
form.elements.file.addEventListener("input", () => { form.elements.fixture.value = ""; });
form.elements.fixture.addEventListener("input", () => { form.elements.file.value = ""; });
forget.addEventListener("click", async () => {
  await change(() => ask(`${address}/reference`, "DELETE"));
  if (audio) problem.textContent = "This is the recording of the session's scenario: its transcript follows the audio.";
});
addEventListener("resize", () => audio && draw());
