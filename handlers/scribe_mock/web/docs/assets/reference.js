/** Shows window.apiDocument with Swagger UI; the plugin adds what it lacks: grades as badges, and samples in three languages. */
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();

  /** No x-grade means documented; the control API has no grades at all. */
  const graded = JSON.stringify(apiDocument).includes('"x-grade"');

  function plugin({ React }) {
    const make = React.createElement;
    const badge = (grade) => make("span", { className: `badge ${grade}`, title: "How sure this rule is" }, grade);
    const instead = (Original) => (props) => (props.xKey === "x-grade" ? badge(String(props.xVal)) : make(Original, props));

    const gradeOf = (shown) => apiDocument.paths[shown.get("path")][shown.get("method")]["x-grade"] ?? "documented";

    function Samples({ samples }) {
      const [chosen, choose] = React.useState(0);
      return make("div", { className: "samples" },
        make("div", { className: "samples-choice", role: "group", "aria-label": "Language of the sample" },
          samples.map(({ label }, number) =>
            make("button", { key: label, type: "button", className: "tiny", "aria-pressed": number === chosen, onClick: () => choose(number) }, label))),
        make("pre", { tabIndex: 0, role: "region", "aria-label": `Sample in ${samples[chosen].label}` }, make("code", null, samples[chosen].source)));
    }

    return {
      wrapComponents: {
        OperationSummaryPath: (Original) => (props) =>
          make(React.Fragment, null, make(Original, props),
            graded && badge(gradeOf(props.operationProps))),
        parameters: (Original) => (props) => {
          const samples = props.operation?.get("x-samples")?.toJS();
          return make(React.Fragment, null, samples && make(Samples, { samples }), make(Original, props));
        },
        // A link in the button that opens an operation would be a control in a control.
        DeepLink: () => ({ text }) => make("span", null, text),
        Servers: (Original) => (props) => {
          React.useEffect(() => document.getElementById("servers")?.setAttribute("aria-label", "Server"));
          return make(Original, props);
        },
        ParameterExt: instead,
        ResponseExtension: instead,
        OperationExt: () => () => null,
      },
    };
  }

  SwaggerUIBundle({
    spec: apiDocument,
    dom_id: "#reference",
    plugins: [plugin],
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    defaultModelExpandDepth: 2,
    displayRequestDuration: true,
    showExtensions: true,
    validatorUrl: null,
    persistAuthorization: false,
    syntaxHighlight: { activated: false },
  });
})();
