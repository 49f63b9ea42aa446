/** A session's audio: the timeline of its sequence numbers, and each chunk with what is known of it. */
import { request } from "./control.js";
import { bytes, keyed, make } from "./dom.js";
import { joined, showWaveform } from "./waveform.js";

/** A page shows so many chunks at once. */
export const CHUNKS_SHOWN = 200;

const [timeline, list, whole, none, pages, range, earlier, later] =
  ["timeline", "chunks", "whole", "no-audio", "pages", "range", "earlier", "later"].map((id) => document.getElementById(id));
const { id } = document.getElementById("session").dataset;
const keyOf = (chunk) => `${chunk.name} ${chunk.sha256}`;

const addressOf = (chunk) => `/_mock/sessions/${encodeURIComponent(id)}/chunks/${chunk.name}`;

async function load(chunk) {
  const answer = await request(addressOf(chunk));
  return answer.blob();
}

/** A link that saves the bytes of a chunk; a link alone could send no token. */
function downloadLink(chunk) {
  const name = `${id}_${chunk.name}`;
  const link = make("a", { className: "button tiny", href: addressOf(chunk), download: name, ariaLabel: `Download ${chunk.name}` }, "Download");
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const address = URL.createObjectURL(await load(chunk));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  });
  return link;
}

/** A chunk's waveform is loaded when the chunk comes into view. */
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    const speech = (target.chunk.audio?.speech_regions ?? []).map(([start, end]) => ({ start, end }));
    load(target.chunk).then((blob) => showWaveform(target, blob, target.chunk.name, speech));
  }
}, { rootMargin: "200px" });

let offset = 0;
/** How many chunks are before those that are shown. */
export const skipped = () => offset;

function showPages({ chunks, chunks_total: total }, refresh) {
  pages.hidden = !offset && total <= CHUNKS_SHOWN;
  range.textContent = `${offset + Math.min(1, chunks.length)} to ${offset + chunks.length} of ${total}`;
  earlier.disabled = !offset;
  later.disabled = offset + chunks.length >= total;
  earlier.onclick = () => { offset = Math.max(0, offset - CHUNKS_SHOWN); refresh(); };
  later.onclick = () => { offset += CHUNKS_SHOWN; refresh(); };
}

/** Show the chunks as they are now; `refresh` asks for those of another page. */
export function showChunks(session, refresh) {
  const { chunks } = session;
  showPages(session, refresh);
  none.hidden = chunks.length > 0;
  if (!chunks.length) none.replaceChildren(...adviceFor(session));
  keyed(timeline, slots(chunks), (slot) => slot.key, slotElement);
  keyed(list, chunks, keyOf, chunkElement);
  showWhole(chunks.length === session.chunks_total ? chunks : []);
}

function adviceFor(session) {
  if (session.upload_type === "stream") return [make("p", {}, "No audio yet. It comes through the WebSocket of "), make("p", {}, make("code", {}, session.upload_url))];
  const open = ["created", "recording"].includes(session.status);
  return [make("p", {}, open ? "No audio yet. Upload the first chunk to " : "This session has no audio."), open && make("p", {}, make("code", {}, `${session.upload_url}/audio_0.webm`))].filter(Boolean);
}

/** Sequence numbers in order, and the gaps between them. */
function slots(chunks) {
  const found = [];
  const first = Math.min(...chunks.map((chunk) => Date.parse(chunk.received_at)));
  let expected = offset ? chunks[0]?.sequence : 0;
  for (const chunk of chunks) {
    if (chunk.sequence > expected) found.push({ key: `gap ${expected} ${chunk.sequence}`, from: expected, to: chunk.sequence - 1 });
    found.push({ key: `${keyOf(chunk)} ${chunk.replaced} ${first}`, chunk, after: (Date.parse(chunk.received_at) - first) / 1000 });
    expected = chunk.sequence + 1;
  }
  return found;
}

function slotElement({ chunk, after, from, to }) {
  if (!chunk) {
    return make("li", { className: "gap" }, make("strong", {}, from === to ? `${from}` : `${from}–${to}`), make("span", {}, "missing"));
  }
  return make("li", { className: chunk.diagnostics.some((finding) => finding.serious) ? "serious" : "" },
    make("a", { href: `#chunk-${chunk.sequence}`, title: chunk.received_at }, make("strong", {}, `${chunk.sequence}`), make("span", {}, `+${after.toFixed(1)} s`)),
    chunk.replaced > 0 && make("span", { className: "badge warn" }, chunk.replaced === 1 ? "replaced" : `replaced ${chunk.replaced}×`));
}

function chunkElement(chunk) {
  const place = make("div", { className: "waveform" });
  place.chunk = chunk;
  seen.observe(place);
  const facts = [bytes(chunk.size), chunk.content_type, ...durations(chunk), ...speech(chunk), `arrived ${chunk.received_at.slice(11, 23)}`];
  return make("li", { className: "card chunk", id: `chunk-${chunk.sequence}` },
    make("div", { className: "row" },
      make("strong", { className: "mono" }, chunk.name),
      make("span", { className: "small quiet name" }, `sent as ${chunk.original_filename}`),
      chunk.replaced > 0 && make("span", { className: "badge warn" }, "replaced"),
      downloadLink(chunk)),
    make("p", { className: "small quiet" }, facts.join(" · ")),
    make("p", { className: "small quiet mono digest" }, `sha256 ${chunk.sha256}`),
    place,
    chunk.diagnostics.length > 0 && make("ul", { className: "findings", ariaLabel: `Findings about ${chunk.name}` }, ...chunk.diagnostics.map(finding)));
}

function durations(chunk) {
  const found = [];
  if (chunk.duration_s !== null) found.push(`${chunk.duration_s.toFixed(1)} s long`);
  if (chunk.start_s !== null && chunk.end_s !== null) found.push(`${chunk.start_s.toFixed(1)} to ${chunk.end_s.toFixed(1)} s of the recording`);
  return found;
}

function speech({ audio }) {
  return audio?.speech_share == null ? [] : [`${Math.round(audio.speech_share * 100)} % speech (shaded)`];
}

function finding({ code, sentence, message, advice, serious }) {
  return make("li", { className: serious ? "notice bad" : "notice warn" },
    make("strong", {}, code ?? "finding"), ` ${sentence ?? message ?? ""} `, advice && make("span", { className: "quiet" }, advice));
}

/** The whole recording is put together when it is asked for: it may be long. */
function showWhole(chunks) {
  const key = chunks.map(keyOf).join();
  whole.hidden = chunks.length < 2;
  if (whole.dataset.key === key || chunks.length < 2) return;
  whole.dataset.key = key;
  const place = make("div", { className: "waveform" });
  const button = make("button", { type: "button", onclick: async () => {
    button.disabled = true;
    button.textContent = "Putting it together…";
    const { blob, regions, missing } = await joined(chunks, load);
    await showWaveform(place, blob, "the whole recording", regions);
    if (missing.length) place.append(make("p", { className: "small quiet" }, `Without ${missing.join(", ")}: not decodable.`));
    button.remove();
  } }, "Show the whole recording");
  whole.replaceChildren(make("div", { className: "row spread" }, make("strong", {}, "The whole recording"), button), place);
}
