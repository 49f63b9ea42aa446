/** Builds elements. What a client sent becomes text, never markup. */

/** An element with properties and children; strings become text nodes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The badge of a session's state. */
export const stateBadge = (state) => make("span", { className: `badge ${state}` }, state);

/** A number of bytes for people. */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

/** A number of seconds for people: "4 s", "2 min", "3 h", "5 d". */
export function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/**
 * Set an element's children by key, keeping those that are there: focus, playing audio and the
 * reader's selection survive. `build(item)` makes one, `update(element, item)` renews it.
 */
export function keyed(parent, items, key, build, update = () => {}) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const name = key(item);
    const element = known.get(name) ?? build(item);
    element.dataset.key = name;
    update(element, item);
    return element;
  });
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((element, place) => {
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null);
  });
}
