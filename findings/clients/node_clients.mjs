/**
 * One upload by an HTTP client of Node.js: node node_clients.mjs WAY FILE URL [FIRST_URL].
 *
 * It prints what its caller sees: the status, once the body is read, or the error's code. With FIRST_URL it
 * asks for that first, on the connection that the upload then uses.
 */
import { createReadStream, openAsBlob, readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";

const [way, path, url, first] = process.argv.slice(2);
const [client, form] = way.split(" ");

const bodies = {
  buffer: () => readFileSync(path),
  stream: () => createReadStream(path),
  blob: () => new Blob([readFileSync(path)]),
  typedBlob: () => new Blob([readFileSync(path)], { type: "audio/webm;codecs=opus" }),
  openAsBlob: () => openAsBlob(path),
};

async function byFetch(fetch) {
  if (first) await (await fetch(first)).text();
  const body = await bodies[form]();
  const answer = await fetch(url, { method: "POST", body, ...(form === "stream" && { duplex: "half" }) });
  await answer.text();
  return answer.status;
}

function byHttp() {
  const agent = new http.Agent({ keepAlive: true });
  const send = (method, address, body) => new Promise((resolve, reject) => {
    const request = http.request(address, { method, agent }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode)).on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
  return (first ? send("GET", first) : Promise.resolve()).then(() => send("POST", url, readFileSync(path)));
}

const clients = {
  fetch: () => byFetch(fetch),
  "node-fetch": async () => byFetch((await import("node-fetch")).default),
  ky: async () => {
    const { default: ky } = await import("ky");
    return byFetch((address, options) => ky(address, { throwHttpErrors: false, retry: 0, ...options }));
  },
  undici: async () => {
    const { request } = await import("undici");
    if (first) await (await request(first)).body.text();
    const answer = await request(url, { method: "POST", body: await bodies[form]() });
    await answer.body.text();
    return answer.statusCode;
  },
  axios: async () => {
    const { default: axios } = await import("axios");
    const options = { validateStatus: null, maxBodyLength: Infinity, httpAgent: new http.Agent({ keepAlive: true }) };
    if (first) await axios.get(first, options);
    return (await axios.post(url, await bodies[form](), options)).status;
  },
  got: async () => {
    const { default: got } = await import("got");
    const options = { throwHttpErrors: false, retry: { limit: 0 }, agent: { http: new http.Agent({ keepAlive: true }) } };
    if (first) await got(first, options);
    return (await got.post(url, { ...options, body: await bodies[form]() })).statusCode;
  },
  superagent: async () => {
    const { default: superagent } = await import("superagent");
    return (await superagent.post(url).ok(() => true).send(await bodies[form]())).status;
  },
  "node:http": byHttp,
};

function version(name) {
  if (name === "fetch") return `${process.versions.node}, undici ${process.versions.undici}`;
  if (name === "node:http") return process.versions.node;
  const found = createRequire(import.meta.url).resolve.paths(name)[0];
  return JSON.parse(readFileSync(`${found}/${name}/package.json`)).version;
}

if (client === "--version") console.log(version(path));
else {
  try {
    console.log(await clients[client]());
  } catch (error) {
    console.log(error.cause?.code ?? error.code ?? error.name);
  }
  process.exit(0);
}
