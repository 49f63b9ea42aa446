/** Shows window.apiDocument with Swagger UI, its token filled in, beside a list of contents that can be searched. */
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();

  const ui = SwaggerUIBundle({
    spec: apiDocument,
    dom_id: "#reference",
    plugins: [referenceParts],
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    defaultModelExpandDepth: 2,
    displayRequestDuration: true,
    showExtensions: true,
    validatorUrl: null,
    persistAuthorization: false,
    tryItOutEnabled: true,
    syntaxHighlight: { activated: false },
    onComplete: () => queueMicrotask(authorize),
  });

  const token = document.getElementById("token");
  try {
    token.value = sessionStorage.getItem("scribe-mock token") || token.value;
  } catch { /* no storage: the field alone remembers */ }
  token.addEventListener("input", () => {
    authorize();
    try { sessionStorage.setItem("scribe-mock token", token.value); } catch { /* as above */ }
  });

  function authorize() {
    for (const [name, scheme] of Object.entries(apiDocument.components?.securitySchemes ?? {})) {
      if (scheme.scheme !== "bearer") continue;
      const { authActions, authSelectors } = ui.getSystem();
      if (token.value) ui.preauthorizeApiKey(name, token.value);
      else if (authSelectors.authorized()?.has(name)) authActions.logout([name]);
    }
  }

  function openOperation(tag, id) {
    const { layoutActions } = ui.getSystem();
    layoutActions.show(["operations-tag", tag], true);
    layoutActions.show(["operations", tag, id], true);
    const anchor = `operations-${tag.trim().replace(/\s/g, "_")}-${id}`;
    setTimeout(() => document.getElementById(anchor)?.scrollIntoView());
  }

  function openSection(number) {
    const section = document.getElementById(`section-${number}`);
    section.open = true;
    section.scrollIntoView();
  }

  /** Everything that the list leads to: a group, a label, the text that a search looks at, and how it opens. */
  function* entries() {
    for (const [number, { title, text }] of apiDocument.info["x-sections"].entries()) {
      yield { group: "Introduction", label: title, text: `${title} ${text}`, open: () => openSection(number) };
    }
    const operations = Object.entries(apiDocument.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
    const tags = new Set([...(apiDocument.tags ?? []).map(({ name }) => name), ...operations.flatMap(({ operation }) => operation.tags ?? ["default"])]);
    for (const tag of tags) {
      for (const { path, method, operation } of operations.filter((one) => (one.operation.tags ?? ["default"])[0] === tag)) {
        const { "x-samples": _, ...searched } = operation;
        yield {
          group: tag,
          method,
          label: operation.summary ?? operation.operationId,
          text: `${method} ${path} ${JSON.stringify(searched)}`,
          open: () => openOperation(tag, operation.operationId),
        };
      }
    }
  }

  const contents = document.getElementById("contents");
  const items = [];
  for (const entry of entries()) {
    let group = contents.lastElementChild;
    if (group?.dataset.group !== entry.group) {
      group = document.createElement("section");
      group.dataset.group = entry.group;
      const heading = document.createElement("h2");
      heading.textContent = entry.group;
      group.append(heading, document.createElement("ul"));
      contents.append(group);
    }
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", entry.open);
    if (entry.method) {
      const verb = document.createElement("span");
      verb.className = `verb ${entry.method}`;
      verb.textContent = entry.method.toUpperCase();
      button.append(verb, " ");
    }
    button.append(entry.label);
    item.append(button);
    group.lastElementChild.append(item);
    items.push({ item, text: entry.text.toLowerCase(), open: entry.open });
  }

  const search = document.getElementById("search");
  const result = document.getElementById("search-result");
  const found = () => items.filter(({ item }) => !item.hidden);
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { item, text } of items) item.hidden = !words.every((word) => text.includes(word));
    for (const group of contents.children) group.hidden = !group.querySelector("li:not([hidden])");
    result.textContent = words.length ? `${found().length} of ${items.length}` : "";
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") found()[0]?.open();
  });

  // Beside the text the list is always there; above it, on a narrow screen, it opens on request.
  const box = document.querySelector(".contents > details");
  const wide = matchMedia("(min-width: 60rem)");
  const fit = () => { box.open = wide.matches; };
  wide.addEventListener("change", fit);
  fit();
})();
