/** Requests that are held, each with buttons that let it go on or refuse it. */
import { age } from "./clock.js";
import { ask } from "./control.js";
import { keyed, make } from "./dom.js";

const MOST = 300;
const [list, none] = ["held", "none-held"].map((id) => document.getElementById(id));

/** Show the held requests; `act` carries out what a button does, and shows how that went. */
export function showHeld(held, act) {
  none.hidden = held.length > 0;
  keyed(list, held.slice(0, MOST), (one) => one.request_id, (one) => line(one, act));
}

function line({ request_id: id, operation, session_id: session, sequence, held_since: since }, act) {
  const address = `/_mock/held/${encodeURIComponent(id)}`;
  const what = sequence === null ? operation : `${operation} ${sequence}`;
  const status = make("input", { type: "number", min: 400, max: 599, value: 503, ariaLabel: `Status to refuse ${what} with` });
  const button = (label, act_, kind = "") => make("button", { type: "button", className: `tiny ${kind}`, ariaLabel: `${label} ${what}`, onclick: act_ }, label);
  return make("li", { className: "card row spread" },
    make("div", {},
      make("strong", {}, what), " ", make("span", { className: "small quiet" }, "arrived ", age(since)),
      make("div", { className: "small mono name" }, session ?? "no session"), make("div", { className: "small quiet mono name" }, id)),
    make("div", { className: "row" },
      button("Release", () => act(() => ask(`${address}/release`, "POST", {})), "primary"),
      status,
      button("Refuse", () => act(() => ask(`${address}/refuse`, "POST", { status: Number(status.value) })), "danger")));
}
