// What a page would do with the client, one deed a run: node client.mjs URL DEED [JSON]
// Prints one JSON document. The file is SIZE bytes of one letter; storage is a file.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Client } from "../../clients/js/mediamill.js";

const [url, deed, given = "{}"] = process.argv.slice(2);
const { token = "ann", key, size = 0, stop, state, type = "", ...more } = JSON.parse(given);

const stored = () => (state && existsSync(state) ? JSON.parse(readFileSync(state, "utf8")) : {});
const storage = {
  getItem: (name) => stored()[name] ?? null,
  setItem: (name, value) => writeFileSync(state, JSON.stringify({ ...stored(), [name]: value })),
  removeItem: (name) => {
    const { [name]: _, ...rest } = stored();
    writeFileSync(state, JSON.stringify(rest));
  },
};
const client = new Client(url, { token: token === "none" ? undefined : () => token, storage });

const deeds = {
  async upload() {
    const file = new Blob([Buffer.alloc(size, "x")], { type });
    const leaving = new AbortController();
    const told = [];
    const onProgress = (there, of) => {
      told.push([there, of]);
      if (stop !== undefined && there >= stop) leaving.abort(new Error("the page was closed"));
    };
    const done = await client.upload(file, { key, onProgress, signal: leaving.signal, ...more });
    return { key: done, told };
  },
  wait: () => client.wait(key, more),
  asset: () => client.asset(key),
  async list() {
    const found = [];
    for await (const row of client.assets(more)) found.push(row.key);
    return found;
  },
  srcset: () => client.srcset(key),
  picture: async () => (await client.picture(key, more)).size,
  delete: () => client.delete(key),
  restore: () => client.restore(key),
};

try {
  console.log(JSON.stringify((await deeds[deed]()) ?? null));
} catch (error) {
  const { name, message, status, code } = error;
  console.log(JSON.stringify({ error: { name, message, status, code } }));
}
