/** Draws a reference and what arrived of it, one above the other, as SVG on one axis of seconds. */

const SVG = "http://www.w3.org/2000/svg";
const [AXIS, LANE, BAND, PADDING] = [18, 60, 20, 3];
/** At most so many rows of what arrived: chunks that have the same seconds lie in different ones. */
const MOST_ROWS = 3;
/** A gap is at least so wide, in pixels, however long the recording is. */
const NARROWEST = 3;

/** What can have become of a stretch; the sign tells them apart without colour. */
export const KINDS = {
  missing: { sign: "✕", says: "did not arrive" },
  repeated: { sign: "×2", says: "arrived twice" },
  reordered: { sign: "⇄", says: "arrived out of order" },
  distorted: { sign: "≈", says: "something else arrived in its place" },
};

export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * The drawing; `pixels` is how many a second has. `audio` is the ledger's, and `levels` how loud the
 * reference and each chunk are; null while that is not known.
 */
export function drawing(audio, levels, pixels) {
  const { duration_s: duration } = audio.reference;
  const width = Math.max(1, Math.ceil(duration * pixels));
  const rows = rowsOf(audio.matches);
  const below = AXIS + LANE + BAND;
  const height = below + Math.max(1, rows.length) * LANE;
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary(audio), class: "drawing" });
  svg.append(patterns(), ...axis(duration, pixels, height));
  svg.append(shape("rect", { class: "lane", x: 0, y: AXIS, width, height: LANE }));
  if (levels) svg.append(wave(levels.reference, levels.step_s, 0, duration, 0, pixels, AXIS));
  const heard = new Map((levels?.chunks ?? []).map((chunk) => [chunk.sequence, chunk.levels]));
  rows.forEach((matches, row) => {
    const top = below + row * LANE;
    for (const match of matches) svg.append(...matched(match, heard.get(match.chunk), levels?.step_s, pixels, top));
  });
  for (const kind of Object.keys(KINDS)) svg.append(...marks(kind, audio[kind], pixels, height));
  svg.append(shape("line", { class: "cursor", x1: 0, x2: 0, y1: AXIS, y2: height }));
  return svg;
}

/** Whether a height in the drawing is that of the reference, and not of what arrived. */
export const isReference = (y) => y < AXIS + LANE + BAND / 2;

/** What a listener would tell of the drawing in one sentence. */
export function summary(audio) {
  const found = Object.keys(KINDS).filter((kind) => audio[kind].length).map((kind) => `${kind} ${audio[kind].length}`);
  const share = `${audio.coverage_percent.toFixed(1)} % of ${audio.reference.duration_s.toFixed(1)} s arrived`;
  return found.length ? `${share}; stretches: ${found.join(", ")}` : `${share}, in order`;
}

/** The matches that belong somewhere, in rows in which none covers another. */
function rowsOf(matches) {
  const placed = matches.filter((match) => match.reference_start_s !== null)
    .sort((one, other) => one.reference_start_s - other.reference_start_s);
  const rows = [];
  for (const match of placed) {
    let row = rows.find(({ end }) => match.reference_start_s >= end - 0.05);
    if (!row && rows.length < MOST_ROWS) rows.push(row = { end: 0, matches: [] });
    row ??= rows[MOST_ROWS - 1];
    row.matches.push(match);
    row.end = Math.max(row.end, match.reference_end_s);
  }
  return rows.map((row) => row.matches);
}

function matched(match, levels, step, pixels, top) {
  const { reference_start_s: start, reference_end_s: end } = match;
  const box = { x: start * pixels, y: top + PADDING, width: Math.max(1, (end - start) * pixels), height: LANE - 2 * PADDING };
  const parts = [shape("rect", { class: "arrived", rx: 3, ...box })];
  if (levels) parts.push(wave(levels, step, match.start_s, match.end_s, start, pixels, top));
  if (match.chunk !== null && box.width > 18) parts.push(shape("text", { class: "number", x: box.x + 4, y: top + LANE - 7 }, `${match.chunk}`));
  return parts;
}

/** The loudness from `from` to `to` seconds of a sound, drawn from the second `at` on. */
function wave(levels, step, from, to, at, pixels, top) {
  const middle = top + LANE / 2;
  const first = Math.floor(from / step);
  const last = Math.min(levels.length, Math.max(first + 1, Math.ceil(to / step)));
  // Not more points than pixels: an hour has 36,000 steps.
  const bundle = Math.max(1, Math.floor(1 / (pixels * step)));
  const upper = [];
  for (let place = first; place < last; place += bundle) {
    // The mean: the loudest of each would make an hour of speech one block.
    const bundled = levels.slice(place, Math.min(place + bundle, last));
    const loudness = bundled.reduce((sum, one) => sum + one, 0) / Math.max(1, bundled.length);
    const x = (at + Math.max(0, place * step - from)) * pixels;
    upper.push([x.toFixed(1), 0.5 + (loudness / 100) ** 2 * (LANE / 2 - PADDING - 2)]);
  }
  if (upper.length) upper.push([((at + (to - from)) * pixels).toFixed(1), upper.at(-1)[1]]);
  const line = (points, side) => points.map(([x, size]) => `${x} ${(middle - side * size).toFixed(1)}`).join("L");
  return shape("path", { class: "wave", d: upper.length ? `M${line(upper, 1)}L${line(upper.toReversed(), -1)}Z` : "" });
}

function marks(kind, passages, pixels, height) {
  let free = -Infinity;
  return passages.map(({ start_s: start, end_s: end }) => {
    const width = Math.max(NARROWEST, (end - start) * pixels);
    const x = Math.max(0, (start + end) / 2 * pixels - width / 2);
    const mark = shape("g", { class: `mark ${kind}` },
      shape("rect", { class: "tint", x, y: AXIS, width, height: height - AXIS }),
      shape("rect", { fill: `url(#${kind})`, x, y: AXIS + LANE, width, height: BAND }));
    // A sign for each, as long as they do not lie on one another.
    const middle = x + width / 2;
    if (middle - free > 18) {
      mark.append(shape("text", { class: "sign", x: middle, y: AXIS + LANE + BAND - 5 }, KINDS[kind].sign));
      free = middle;
    }
    return mark;
  });
}

function axis(duration, pixels, height) {
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200].find((seconds) => seconds * pixels >= 70) ?? 1800;
  const parts = [];
  for (let second = 0; second < duration; second += step) {
    const x = second * pixels;
    parts.push(shape("line", { class: "tick", x1: x, x2: x, y1: AXIS - 5, y2: height }),
      shape("text", { class: "time", x: x + 3, y: AXIS - 6 }, clock(second)));
  }
  return parts;
}

/** A time for people: "12 s", "3:05", "1:00:00". */
export function clock(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (number) => `${number}`.padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A pattern for each kind, so that colour is not all that tells them apart. */
function patterns() {
  const lines = { missing: "M0 8L8 0M-2 2L2 -2M6 10L10 6", repeated: "M2 0V8M6 0V8", reordered: "M0 4H8", distorted: "M0 6L2 2L6 6L8 2" };
  return shape("defs", {}, ...Object.entries(lines).map(([kind, d]) =>
    shape("pattern", { id: kind, width: 8, height: 8, patternUnits: "userSpaceOnUse" }, shape("path", { class: `pattern ${kind}`, d }))));
}

/** The sign and the pattern of a kind, for the legend. */
export function swatch(kind) {
  return shape("svg", { class: `swatch mark ${kind}`, width: 30, height: 18, "aria-hidden": "true" },
    shape("rect", { class: "tint", width: 30, height: 18 }), shape("rect", { fill: `url(#${kind})`, width: 30, height: 18 }),
    shape("text", { class: "sign", x: 15, y: 13 }, KINDS[kind].sign));
}
