/** Buttons that copy a text, and texts that a shell reads as one word. */
import { make } from "./dom.js";

/** A button that copies what `text()` returns; where the page may not copy, `shown` is selected. */
export function copyButton(label, text, shown) {
  const button = make("button", { type: "button", className: "tiny" }, label);
  button.addEventListener("click", async () => {
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      shown.textContent = text();
      getSelection().selectAllChildren(shown);
      done = "Selected";
    }
    button.textContent = done;
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

/** A word for a POSIX shell. */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
