/** How a request ended, as badges. */
import { make } from "./dom.js";

const OUTCOMES = { cut: "cut off", dropped: "answer dropped", client_left: "client left", held: "held" };

/** Badges with the status and, unless the request was simply answered, the outcome. */
export function outcomeBadges({ status, outcome }) {
  const good = status >= 100 && status < 400;
  const badges = [];
  if (outcome === null) badges.push(make("span", { className: "badge processing" }, "going on"));
  else if (outcome !== "answered") badges.push(make("span", { className: `badge ${outcome === "held" ? "processing" : "warn"}` }, OUTCOMES[outcome]));
  if (status) badges.unshift(make("span", { className: `badge ${good ? "completed" : "bad"}` }, status), " ");
  return badges;
}
