/**
 * What was recorded, in the browser's own database until its session is ended: it is there after a reload, a
 * crash, or an empty battery.
 */

/** The result of a request to IndexedDB. */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function open() {
  const request = indexedDB.open("scribe-mock recorder", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("recordings", { keyPath: "id" });
    request.result.createObjectStore("files", { keyPath: ["id", "name"] });
  };
  return done(request);
}

/** The keys of a recording's files: everything that begins with its id. */
const filesOf = (id) => IDBKeyRange.bound([id], [id, []]);

/** One recording; `about` is what is needed to go on with it. A lock says that a page is still busy with it. */
export class KeptRecording {
  constructor(id, about) {
    Object.assign(this, { id, about });
    navigator.locks?.request(`recording ${id}`, () => new Promise((resolve) => { this.release = resolve; }));
    this.ready = open().then(async (database) => {
      await done(database.transaction("recordings", "readwrite").objectStore("recordings").put({ id, ...about }));
      return database;
    });
    this.ready.catch(() => {}); // without a database the page alone has the files
  }

  async add(name, file) {
    const database = await this.ready;
    await done(database.transaction("files", "readwrite").objectStore("files").put({ id: this.id, name, file }));
  }

  /** The files by name, in the order of their numbers. */
  async files() {
    const database = await this.ready;
    const found = await done(database.transaction("files").objectStore("files").getAll(filesOf(this.id)));
    found.sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
    return new Map(found.map(({ name, file }) => [name, file]));
  }

  /** The server has everything: forget it. */
  async forget() {
    this.release?.();
    const changes = (await this.ready).transaction(["recordings", "files"], "readwrite");
    changes.objectStore("files").delete(filesOf(this.id));
    await done(changes.objectStore("recordings").delete(this.id));
  }
}

/** The recordings that no page is busy with, the oldest first, each as { id, …about, count }: the number of its files. */
export async function leftBehind() {
  if (!navigator.locks) return [];
  const { held } = await navigator.locks.query();
  const busy = new Set(held.map(({ name }) => name));
  const stores = (await open()).transaction(["recordings", "files"]);
  const all = await done(stores.objectStore("recordings").getAll());
  const counts = await Promise.all(all.map(({ id }) => done(stores.objectStore("files").count(filesOf(id)))));
  return all
    .map((recording, place) => ({ ...recording, count: counts[place] }))
    .filter(({ id }) => !busy.has(`recording ${id}`))
    .sort((one, other) => one.begun - other.begun);
}
