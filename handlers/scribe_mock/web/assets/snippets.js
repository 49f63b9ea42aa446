/** Gives every snippet a copy button, and every group of tabs its keys. A classic script: it works from file:// too. */
(() => {
  function copyButton(text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy tiny";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(text());
      } catch {
        done = selectInstead(button);
      }
      button.textContent = done ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    return button;
  }

  /** Without a clipboard (plain http, no permission) at least select, so that Ctrl+C works. */
  function selectInstead(button) {
    const shown = [...button.parentElement.querySelectorAll("pre")].find((pre) => !pre.closest("[hidden]"));
    getSelection().selectAllChildren(shown);
    return false;
  }

  for (const snippet of document.querySelectorAll(".snippet")) {
    snippet.append(copyButton(() => snippet.querySelector("code").textContent));
  }

  for (const group of document.querySelectorAll(".tabs")) {
    const tabs = [...group.querySelectorAll("[role=tab]")];
    const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
    function select(chosen) {
      for (const tab of tabs) {
        tab.setAttribute("aria-selected", String(tab === chosen));
        tab.tabIndex = tab === chosen ? 0 : -1;
        panel(tab).hidden = tab !== chosen;
      }
    }
    for (const [number, tab] of tabs.entries()) {
      tab.addEventListener("click", () => select(tab));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(number + step + tabs.length) % tabs.length];
        select(next);
        next.focus();
      });
    }
    group.append(copyButton(() => panel(tabs.find((tab) => tab.tabIndex === 0)).textContent));
  }
})();
