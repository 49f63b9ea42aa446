// The code that the tests try: a client of the session API with a token.

export class App {
  constructor({ baseUrl, token }) {
    this.baseUrl = baseUrl;
    this.token = token;
  }

  async create() {
    const body = JSON.stringify({ upload_type: "chunked" });
    const response = await this.#send("POST", "/sessions", body, "application/json");
    this.sessionId = (await response.json()).session_id;
    return this;
  }

  upload(sequence, body = "audio") {
    const path = `/sessions/${this.sessionId}/audio/audio_${sequence}.webm`;
    return this.#send("POST", path, body, "audio/webm;codecs=opus");
  }

  /** A recording of two chunks; what fails is sent once more. */
  async record(audio) {
    await this.create();
    for (const sequence of [0, 1]) {
      const stored = await this.upload(sequence, audio).then(({ ok }) => ok, () => false);
      if (!stored) await this.upload(sequence, audio);
    }
    await this.end(2);
    return this.sessionId;
  }

  end(sent) {
    const body = JSON.stringify({ audio_files_sent: sent });
    return this.#send("POST", `/sessions/${this.sessionId}/end`, body, "application/json");
  }

  get() {
    return this.#send("GET", `/sessions/${this.sessionId}`);
  }

  #send(method, path, body, type) {
    const headers = { Authorization: `Bearer ${this.token}` };
    if (type) headers["Content-Type"] = type;
    return fetch(this.baseUrl + path, { method, headers, body });
  }
}
