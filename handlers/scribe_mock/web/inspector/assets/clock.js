/** The mock's clock: shown, ticking, and moved; and every age on the page, which follows it. */
import { ask } from "./control.js";
import { span } from "./dom.js";

let offset = 0;
let stoppedAt = null;
let ofScope = (body) => body;

/** The mock's time, in milliseconds. */
export const mockNow = () => stoppedAt ?? Date.now() + offset;

/** Set the clock to the server's answer; `scoped` says in a body whose clock it is. */
export function setClock(now, frozen, scoped) {
  const time = Date.parse(now);
  offset = time - Date.now();
  stoppedAt = frozen ? time : null;
  ofScope = scoped;
  document.getElementById("frozen").hidden = !frozen;
  const freeze = document.getElementById("freeze");
  freeze.textContent = frozen ? "Go on" : "Stop";
  freeze.onclick = () => ask("/_mock/clock", "POST", ofScope({ freeze: !frozen }));
  tick();
}

/** Seconds until a time of the mock, or null for never and for a clock that stands still. */
export const secondsUntil = (time) => (time && stoppedAt === null ? (Date.parse(time) - mockNow()) / 1000 : null);

/** Seconds until a session's state changes by time alone, by the clock of the session; or null. */
export const secondsUntilChange = ({ changes_at: time, now, frozen }) =>
  (time && !frozen ? Math.max(0, Date.parse(time) - Date.parse(now)) / 1000 : null);

/** An element that shows how long ago, or how far ahead, a time is; it updates itself. */
export function age(time) {
  const element = document.createElement("time");
  setAge(element, time);
  return element;
}

/** Change the time that such an element shows. */
export function setAge(element, time) {
  if (element.dateTime === time) return;
  element.dateTime = time;
  element.title = time;
  showAge(element);
}

function showAge(element) {
  const seconds = (mockNow() - Date.parse(element.dateTime)) / 1000;
  const text = seconds < -0.5 ? `in ${span(-seconds)}` : `${span(seconds)} ago`;
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  document.getElementById("now").textContent = new Date(mockNow()).toISOString().slice(0, 19).replace("T", " ");
  for (const element of document.querySelectorAll("time[datetime]")) showAge(element);
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () => ask("/_mock/clock", "POST", ofScope({ advance_seconds: Number(button.dataset.advance) })));
}
setInterval(() => { if (!document.hidden && stoppedAt === null && offset) tick(); }, 1000);
