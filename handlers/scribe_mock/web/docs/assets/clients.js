/** Filters the tables of clients, and shows what this very browser sends. */
(() => {
  const find = document.getElementById("find");
  const found = document.getElementById("found");

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...document.querySelectorAll(".clients tbody tr")];
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    found.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  }
  find.addEventListener("input", filter);
  filter();

  const button = document.getElementById("try");
  if (!button) return; // the pages are files: there is no server to send anything to

  const token = document.getElementById("token");
  try {
    token.value = sessionStorage.getItem("scribe-mock token") || token.value;
    token.addEventListener("change", () => sessionStorage.setItem("scribe-mock token", token.value));
  } catch { /* no storage: the field alone remembers */ }

  /** Types that files and recordings have in browsers, each with an extension that goes with it. */
  const TYPES = {
    "audio/webm;codecs=opus": "webm", "audio/webm; codecs=opus": "webm", 'audio/webm;codecs="opus"': "webm",
    "AUDIO/WEBM;CODECS=OPUS": "webm", "audio/webm": "webm", "video/webm": "webm",
    "audio/wav": "wav", "audio/x-wav": "wav", "audio/ogg": "ogg", "audio/ogg; codecs=opus": "ogg", "application/ogg": "ogg",
    "audio/mp4": "mp4", "audio/mp4;codecs=opus": "mp4", "video/mp4": "mp4", "audio/m4a": "m4a", "audio/x-m4a": "m4a",
    "audio/mp3": "mp3", "audio/mpeg": "mp3",
  };
  /** A short recording of each container, so that the answer is about the type alone. */
  const SAMPLES = { webm: "speech.webm", wav: "speech.wav", ogg: "speech.ogg", mp4: "speech.mp4", m4a: "speech.m4a", mp3: "speech.mp3" };

  async function samples() {
    const entries = Object.entries(SAMPLES).map(async ([extension, name]) => {
      const answer = await fetch(`/fixtures/audio/${name}`);
      if (!answer.ok) throw new Error(`the mock has no ${name}`);
      return [extension, await answer.arrayBuffer()];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** What is sent: a name, the body, the extension. */
  async function bodies() {
    const bytes = await samples();
    const typed = new File([bytes.webm], "0.webm", { type: "video/webm" });
    const form = new FormData();
    form.append("file", typed);
    return [
      ["new Blob([bytes])", new Blob([bytes.webm]), "webm"],
      ["new Blob([file])", new Blob([typed]), "webm"],
      ["file.slice()", typed.slice(), "webm"],
      ["ArrayBuffer", bytes.webm, "webm"],
      ["FormData", form, "webm"],
      ...Object.entries(TYPES).map(([type, extension]) => ["File", new File([bytes[extension]], `0.${extension}`, { type }), extension]),
    ];
  }

  const headers = () => ({ Authorization: `Bearer ${token.value || "any"}` });

  async function ask(path, options = {}) {
    const answer = await fetch(path, { ...options, headers: headers() });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error?.message ?? `the mock answered ${answer.status}`);
    return body;
  }

  function cell(name, text, badge) {
    const made = document.createElement(name);
    if (badge) made.append(Object.assign(document.createElement("span"), { className: `badge ${badge}`, textContent: text.slice(0, 3) }), text.slice(3));
    else made.textContent = text;
    return made;
  }

  function shown(name, body, extension, entry, { status, error }) {
    const row = document.createElement("tr");
    const head = cell("th", `${name}, .${extension}`);
    head.scope = "row";
    const type = body instanceof Blob ? body.type || "none" : "no blob";
    const said = error ? `${status} ${error.code}. ${error.details?.hint ?? error.message}` : `${status}`;
    const arrived = entry ? entry.content_type || "none" : "not in the journal";
    row.append(head, cell("td", type), cell("td", arrived), cell("td", said, status < 300 ? "completed" : "bad"));
    return row;
  }

  async function send(session, number, [, body, extension]) {
    const path = `/voice/v1/sessions/${session}/audio/audio_${number}.${extension}`;
    const answer = await fetch(path, { method: "POST", headers: headers(), body });
    return { id: answer.headers.get("X-Request-Id"), status: answer.status, error: (await answer.json()).error };
  }

  async function run() {
    const kinds = await bodies();
    const { session_id: session } = await ask("/voice/v1/sessions", { method: "POST", body: JSON.stringify({ upload_type: "chunked" }) });
    const answers = [];
    for (const [number, kind] of kinds.entries()) answers.push(await send(session, number, kind));
    const { requests } = await ask(`/_mock/requests?session_id=${session}&operation=uploadAudio&limit=100`);
    const arrived = new Map(requests.map((entry) => [entry.id, entry]));
    const table = document.getElementById("own");
    table.querySelector("tbody").replaceChildren(
      ...kinds.map(([name, body, extension], number) => shown(name, body, extension, arrived.get(answers[number].id), answers[number])),
    );
    table.hidden = false;
    filter();
    return `${kinds.length} bodies sent in session ${session}`;
  }

  button.addEventListener("click", async () => {
    const tried = document.getElementById("tried");
    button.disabled = true;
    tried.textContent = "Sending…";
    try {
      tried.textContent = await run();
    } catch (error) {
      tried.textContent = `That did not work: ${error.message}`;
    }
    button.disabled = false;
  });
})();
