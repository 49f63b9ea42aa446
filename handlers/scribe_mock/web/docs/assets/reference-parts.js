/** What Swagger UI lacks, as a plugin: grades as badges, samples in three languages, a sample file for an upload, and long texts that open on request. */
window.referenceParts = ({ React }) => {
  const make = React.createElement;

  /** No x-grade means documented; the control API has no grades at all. */
  const graded = JSON.stringify(apiDocument).includes('"x-grade"');
  const badge = (grade) => make("span", { className: `badge ${grade}`, title: "How sure this rule is" }, grade);
  const badgeInstead = (Original) => (props) => (props.xKey === "x-grade" ? badge(String(props.xVal)) : make(Original, props));
  const gradeOf = (shown) => apiDocument.paths[shown.get("path")][shown.get("method")]["x-grade"] ?? "documented";

  function Introduction({ getComponent }) {
    const Markdown = getComponent("Markdown", true);
    const { title, version, description, "x-sections": sections } = apiDocument.info;
    return make("div", { className: "info" },
      make("h1", { className: "title" }, title, make("span", { className: "badge" }, `version ${version}`)),
      make(Markdown, { source: description }),
      sections.map((section, number) =>
        make("details", { key: section.title, id: `section-${number}`, className: "section" },
          make("summary", null, section.title), make(Markdown, { source: section.text }))));
  }

  function More({ text, getComponent }) {
    const Markdown = getComponent("Markdown", true);
    return make("details", { className: "more" }, make("summary", null, "More about this operation"), make(Markdown, { source: text }));
  }

  /** On a mock's own page the samples lead to that mock. */
  const own = apiDocument.servers[0].url === "/";
  const addressed = (source) => (own ? source.replaceAll("http://127.0.0.1:8080", location.origin) : source);

  function CopyButton({ text }) {
    const [label, say] = React.useState("Copy");
    async function copy() {
      try {
        await navigator.clipboard.writeText(text);
        say("Copied");
      } catch { // plain http, or no permission
        say("Select the text, then press Ctrl+C");
      }
    }
    return make("button", { type: "button", className: "tiny copy", onClick: copy, onBlur: () => say("Copy") }, label);
  }

  function Samples({ samples }) {
    const [chosen, choose] = React.useState(0);
    const source = addressed(samples[chosen].source);
    return make("div", { className: "samples" },
      make("div", { className: "samples-choice", role: "group", "aria-label": "Language of the sample" },
        samples.map(({ label }, number) =>
          make("button", { key: label, type: "button", className: "tiny", "aria-pressed": number === chosen, onClick: () => choose(number) }, label)),
        make(CopyButton, { text: source })),
      make("pre", { tabIndex: 0, role: "region", "aria-label": `Sample in ${samples[chosen].label}` }, make("code", null, source)));
  }

  /** Names for a screen reader, which Swagger UI gives to neither the body's text nor the choice of an example. */
  function useNames() {
    const place = React.useRef();
    React.useEffect(() => {
      place.current.querySelector("textarea")?.setAttribute("aria-label", "Request body");
      for (const choice of place.current.querySelectorAll("select.examples-select-element")) choice.setAttribute("aria-label", "Example");
    });
    return place;
  }

  /** The sample that the document names for a binary body is its value until the reader chooses a file. */
  const withSampleFile = (Original) => function Body(props) {
    const { requestBody, contentType, isExecute, onChange } = props;
    const address = isExecute ? requestBody.getIn(["content", contentType, "x-sample"]) : undefined;
    const [used, use] = React.useState("");
    React.useEffect(() => {
      let wanted = Boolean(address);
      async function takeSample() {
        const answer = await fetch(address);
        if (!answer.ok || !wanted) return;
        const name = address.split("/").pop();
        const file = new File([await answer.blob()], name, { type: contentType });
        onChange(file);
        use(`The sample ${name} (${Math.ceil(file.size / 1024)} KB) will be sent, unless you choose a file.`);
      }
      if (wanted) takeSample().catch(() => {});
      return () => { wanted = false; };
    }, [address, contentType]);
    const changed = (value) => {
      use(value instanceof File ? `${value.name} will be sent.` : "");
      onChange(value);
    };
    const place = useNames();
    return make("div", { ref: place }, make(Original, address ? { ...props, onChange: changed } : props),
      address && make("p", { className: "small sample-file", role: "status" }, used));
  };

  /** Parameters that only the server knows: the answer to another operation has the address, or the id. */
  async function filledParts(first, template) {
    const headers = { Authorization: `Bearer ${document.getElementById("token").value}`, "Content-Type": "application/json" };
    const answer = await fetch(first.path, { method: first.method, headers, body: first.json ? JSON.stringify(first.json) : undefined });
    const given = first.pointer.split("/").slice(1).reduce((part, name) => part?.[name], await answer.json());
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    if (!URL.canParse(given)) return { [names.at(-1)]: given };
    const address = new URL(given);
    const parts = Object.fromEntries(address.searchParams);
    const segments = address.pathname.split("/");
    for (const [number, segment] of template.split("/").entries()) {
      if (segment.startsWith("{")) parts[segment.slice(1, -1)] = decodeURIComponent(segments[number]);
    }
    return parts;
  }

  /** Fills in what only the server can know, where an operation's address is signed. */
  function Filled({ first, parameters, pathMethod, specActions }) {
    const asked = `${first.method} ${first.path}`;
    const [said, say] = React.useState(`Asking ${asked} for valid values.`);
    React.useEffect(() => {
      filledParts(first, pathMethod[0]).then((parts) => {
        for (const parameter of parameters) {
          const value = parts[parameter.get("name")];
          if (value !== undefined) specActions.changeParamByIdentity(pathMethod, parameter, value, false);
        }
        say(`Filled in from the answer to ${asked}.`);
      }).catch(() => say(`Ask ${asked} for valid values, and fill them in.`));
    }, []);
    return make("p", { className: "small filled-in", role: "status" }, said);
  }

  const onRequest = (Original) => function Answers(props) {
    const [open, setOpen] = React.useState(false);
    const statuses = props.responses.keySeq().toArray();
    return make("div", { className: open ? "answers open" : "answers", ref: useNames() },
      make("button", { type: "button", className: "answers-choice", "aria-expanded": open, onClick: () => setOpen(!open) },
        "Documented answers: ", statuses.map((status) => make("code", { key: status }, status))),
      make(Original, props));
  };

  return {
    statePlugins: {
      layout: {
        wrapActions: {
          // Swagger UI scrolls by itself, to a place under the page's header.
          scrollToElement: () => (element) => element?.scrollIntoView(),
        },
      },
    },
    wrapComponents: {
      info: () => Introduction,
      OperationSummaryPath: (Original) => (props) =>
        make(React.Fragment, null, make(Original, props), graded && badge(gradeOf(props.operationProps))),
      parameters: (Original) => (props) => {
        const first = props.operation?.get("x-first")?.toJS();
        const more = props.operation?.get("x-more");
        const samples = props.operation?.get("x-samples")?.toJS();
        return make(React.Fragment, null, more && make(More, { text: more, getComponent: props.getComponent }),
          samples && make(Samples, { samples }),
          first && make(Filled, { ...props, first, parameters: props.operation.get("parameters") }), make(Original, props));
      },
      RequestBody: withSampleFile,
      responses: onRequest,
      // A link in the button that opens an operation would be a control in a control.
      DeepLink: () => ({ text }) => make("span", null, text),
      Servers: (Original) => (props) => {
        React.useEffect(() => document.getElementById("servers")?.setAttribute("aria-label", "Server"));
        return make(Original, props);
      },
      // The field above the reference has the token, for all operations.
      authorizeBtn: () => () => null,
      authorizeOperationBtn: () => () => null,
      ParameterExt: badgeInstead,
      ResponseExtension: badgeInstead,
      OperationExt: () => () => null,
    },
  };
};
