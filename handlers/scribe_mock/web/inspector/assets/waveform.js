/** Waveforms that play: one chunk's, or the whole recording's put together from its chunks. */
import { make } from "./dom.js";
import Regions from "./wavesurfer/regions.esm.js";
import WaveSurfer from "./wavesurfer/wavesurfer.esm.js";

const RATE = 16000;
const nonce = document.getElementById("session").dataset.nonce;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Show audio with a play button; `regions` are { start, end, label } in seconds. */
export async function showWaveform(place, blob, label, regions = []) {
  const button = make("button", { type: "button", className: "tiny", disabled: true, ariaLabel: `Play ${label}` }, "Play");
  const time = make("span", { className: "small quiet mono" }, "");
  const wave = make("div", { className: "wave" });
  place.replaceChildren(make("div", { className: "row player" }, button, time), wave);
  const plugin = Regions.create();
  const player = WaveSurfer.create({
    container: wave, height: 56, barWidth: 2, barGap: 1, barRadius: 1, normalize: true, cspNonce: nonce,
    waveColor: colour("--wave"), progressColor: colour("--wave-played"), cursorColor: colour("--accent"), plugins: [plugin],
  });
  const showTime = () => { time.textContent = `${player.getCurrentTime().toFixed(1)} / ${player.getDuration().toFixed(1)} s`; };
  for (const event of ["timeupdate", "ready", "seeking"]) player.on(event, showTime);
  player.on("play", () => { button.textContent = "Pause"; place.dataset.played = "yes"; });
  for (const event of ["pause", "finish"]) player.on(event, () => { button.textContent = "Play"; });
  button.addEventListener("click", () => player.playPause());
  try {
    await player.loadBlob(blob);
  } catch {
    player.destroy();
    place.replaceChildren(make("p", { className: "small quiet" }, "These bytes can't be decoded as audio by this browser."));
    return;
  }
  button.disabled = false;
  for (const { start, end, label: content } of regions) {
    plugin.addRegion({ start, end, content, drag: false, resize: false, color: "rgb(15 107 99 / .14)" });
  }
}

/** One WAV of all chunks, each where it lies in the recording, else one after the other. */
export async function joined(chunks, load) {
  const pieces = [];
  const missing = [];
  let end = 0;
  for (const chunk of chunks) {
    let audio;
    try {
      audio = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await (await load(chunk)).arrayBuffer());
    } catch {
      missing.push(chunk.name);
      continue;
    }
    const start = chunk.start_s ?? end;
    end = Math.max(end, start + audio.duration);
    pieces.push({ start, end: start + audio.duration, label: chunk.name, samples: audio.getChannelData(0) });
  }
  const samples = new Float32Array(Math.ceil(end * RATE));
  for (const piece of pieces) samples.set(piece.samples.subarray(0, samples.length - Math.round(piece.start * RATE)), Math.round(piece.start * RATE));
  return { blob: wav(samples), regions: pieces.map(({ start, end: until, label }) => ({ start, end: until, label })), missing };
}

function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (offset, letters) => [...letters].forEach((letter, place) => view.setUint8(offset + place, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, place) => view.setInt16(44 + place * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([view.buffer], { type: "audio/wav" });
}
