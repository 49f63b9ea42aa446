/** One request of the journal: its header fields, its first bytes, the faults that fired, and a curl command. */
import { ask, Refusal, revisionNow, watch } from "./control.js";
import { copyButton, quoted } from "./copy.js";
import { bytes, make } from "./dom.js";
import { outcomeBadges } from "./outcome.js";

const page = document.getElementById("request");
const [line, facts, copies, hex, noBody, noAnswer, curlText, curlNote, gone] =
  ["line", "facts", "copies", "hex", "no-body", "no-answer", "curl", "curl-note", "gone"].map((id) => document.getElementById(id));
/** Header fields that curl writes itself. */
const CURLS_OWN = new Set(["host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade", "keep-alive"]);
const HIDDEN = "…";
const BYTES_PER_LINE = 16;

const to = (address, text) => make("a", { href: address, className: "mono" }, text);

function fact(name, ...content) {
  return [make("dt", {}, name), make("dd", {}, ...content)];
}

function showFacts(entry) {
  const announced = entry.announced_bytes !== null && entry.announced_bytes !== entry.request_bytes ? ` of ${entry.announced_bytes} announced` : "";
  facts.replaceChildren(
    ...fact("Answer", ...outcomeBadges(entry), entry.code && make("code", {}, entry.code)),
    ...fact("Arrived", entry.at, entry.duration_ms !== null && `, answered after ${entry.duration_ms} ms`),
    ...fact("Operation", entry.operation ?? "none", entry.sequence !== null && `, sequence ${entry.sequence}`),
    ...(entry.session_id ? fact("Session", to(`/_mock/ui/sessions/${encodeURIComponent(entry.session_id)}`, entry.session_id)) : []),
    ...fact("Body", `${bytes(entry.request_bytes)}${announced}`, entry.sha256 && make("div", { className: "small quiet mono name" }, `sha256 ${entry.sha256}`)),
    ...(entry.faults.length ? fact("Faults that fired", to("/_mock/ui/faults", entry.faults.join(", "))) : []),
    ...(entry.reply_to ? fact("Repeats", to(`/_mock/ui/requests/${encodeURIComponent(entry.reply_to)}`, entry.reply_to), ", with the same bytes") : []),
    ...(entry.warning ? fact("Warning", entry.warning) : []));
}

function showFields(id, fields) {
  const rows = fields.map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", { className: "mono name" }, value)));
  document.getElementById(id).replaceChildren(...rows);
}

/** Bytes in hex with their offsets, and beside them as ASCII. */
function hexDump(text) {
  const codes = (text.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  const lines = [];
  for (let start = 0; start < codes.length; start += BYTES_PER_LINE) {
    const part = codes.slice(start, start + BYTES_PER_LINE);
    const pairs = part.map((code) => code.toString(16).padStart(2, "0")).join(" ");
    const letters = part.map((code) => (code >= 32 && code < 127 ? String.fromCharCode(code) : ".")).join("");
    lines.push(`${start.toString(16).padStart(4, "0")}  ${pairs.padEnd(BYTES_PER_LINE * 3)} ${letters}`);
  }
  return lines.join("\n");
}

/** The request as a curl command; secrets and the body are variables and a file. */
function curl(entry) {
  const query = entry.query ? `?${entry.query}` : "";
  const address = /^https?:/.test(entry.path) ? entry.path : location.origin + entry.path;
  const method = entry.method === "HEAD" ? "--head" : `-X ${entry.method}`;
  const parts = [`curl ${method} ${quoted(address + query)}`];
  for (const [name, value] of entry.request_headers) {
    if (CURLS_OWN.has(name.toLowerCase())) continue;
    if (name.toLowerCase() === "authorization") parts.push('-H "Authorization: Bearer $TOKEN"');
    else if (value !== HIDDEN) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  if (entry.request_bytes || entry.announced_bytes) parts.push("--data-binary @body");
  return parts.join(" \\\n  ");
}

let shown = null;

function show(entry) {
  const text = JSON.stringify(entry);
  if (text === shown) return; // what is selected stays so
  shown = text;
  line.textContent = `${entry.method} ${entry.path}${entry.query ? `?${entry.query}` : ""}`;
  showFacts(entry);
  showFields("request-fields", entry.request_headers);
  showFields("answer-fields", entry.answer_headers);
  noAnswer.hidden = entry.answer_headers.length > 0;
  noAnswer.textContent = entry.outcome === null || entry.outcome === "held" ? "None yet." : "None was sent.";
  noBody.hidden = entry.first_bytes !== "";
  hex.hidden = !noBody.hidden;
  hex.textContent = hexDump(entry.first_bytes);
  const stream = entry.operation === "streamAudio";
  curlNote.textContent = stream ? "This is a WebSocket, which curl can't repeat." : "Put the token into TOKEN, and the body into a file named body: neither is stored here.";
  curlText.hidden = copies.hidden = stream;
  curlText.textContent = curl(entry);
}

async function refresh() {
  const revision = await revisionNow();
  try {
    show(await ask(`/_mock/requests/${encodeURIComponent(page.dataset.id)}`));
    page.hidden = false;
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    page.hidden = true;
  }
  gone.hidden = !page.hidden;
  return { revision, due: null };
}

copies.append(copyButton("Copy as curl", () => curlText.textContent, curlText));
watch(refresh);
