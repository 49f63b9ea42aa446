// node.mjs VARIANT FILE URL...: posts a file with one of Node's HTTP clients.
import { createReadStream, openAsBlob, readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { Readable } from "node:stream";

const [variant, file, ...urls] = process.argv.slice(2);
const [client, body] = variant.split("_");
const require = createRequire(`${process.cwd()}/`);
const load = async (name) => import(require.resolve(name));
const bodies = {
  blob: () => new Blob([readFileSync(file)]),
  open: () => openAsBlob(file),
  buffer: () => readFileSync(file),
  stream: () => createReadStream(file),
};
/** The status of an answer whose body was read, so that its connection is used again. */
async function read(answer) {
  await answer.arrayBuffer();
  return answer.status;
}
const agent = new http.Agent({ keepAlive: true });
const clients = {
  fetch: async (url, it) => read(await fetch(url, { method: "POST", body: it.pipe ? Readable.toWeb(it) : it, duplex: "half" })),
  undici: async (url, it) => {
    const answer = await (await load("undici")).request(url, { method: "POST", body: it });
    await answer.body.dump();
    return answer.statusCode;
  },
  axios: async (url, it) => (await (await load("axios")).default.post(url, it, { validateStatus: null, httpAgent: agent })).status,
  got: async (url, it) => (await (await load("got")).default.post(url, { body: it, throwHttpErrors: false, agent: { http: agent } })).statusCode,
  superagent: async (url, it) => (await (await load("superagent")).default.post(url).agent(agent).ok(() => true).send(it)).status,
  nodefetch: async (url, it) => read(await (await load("node-fetch")).default(url, { method: "POST", body: it, agent })),
  ky: async (url, it) => read(await (await load("ky")).default.post(url, { body: it, throwHttpErrors: false })),
  http: (url, it) => new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", agent }, (answer) => answer.resume().on("end", () => resolve(answer.statusCode)));
    request.on("error", reject).end(it);
  }),
};
if (body === "version") {
  const name = client === "nodefetch" ? "node-fetch" : client;
  const own = client === "fetch" || client === "http";
  console.log(own ? `Node.js ${process.version.slice(1)}` : JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version);
  process.exit();
}
const said = [];
try {
  for (const url of urls) said.push(await clients[client](url, await bodies[body]()));
} catch (error) {
  said.push(`${error.name}${error.code ?? error.cause?.code ? ` ${error.code ?? error.cause.code}` : ""}`);
}
console.log(said.join(" "));
process.exit();
