// A client of mediamill's HTTP API: upload, wait, list, show. For browsers and Node 18 or newer.
//
//     const client = new Client(url, { token });
//     const key = await client.upload(file, { onProgress });
//     image.srcset = (await client.wait(key)).srcset["image/webp"];

const SINGLE_BYTES = 100_000_000; // from here on the API has a file come in parts
const AT_ONCE = 4;
const LINKS = 50; // parts whose links are asked for at once
const TRIES = 5;
const POLL_SECONDS = 20;
const BUSY = new Set([429, 500, 502, 503, 504]);

/** The API, or S3, says no; `code` is stable, as docs/api.md lists them. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(`${detail} (${status} ${code})`);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }
}

/** An asset is still being processed, or has not come, though the time is over. */
export class NotDone extends Error {
  constructor(message) {
    super(message);
    this.name = "NotDone";
  }
}

export class Client {
  #url;
  #token;
  #storage;
  #fetch;

  constructor(url, { token, storage, fetch: given } = {}) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#storage = storage === undefined ? ownStorage() : storage;
    this.#fetch = given ?? ((...call) => globalThis.fetch(...call));
  }

  async upload(file, options = {}) {
    const key = options.key ?? file.name;
    if (!key) throw new TypeError("Without a name of its own, a file needs a key.");
    const asked = {
      key,
      bytes: file.size,
      content_type: options.contentType ?? (file.type || "application/octet-stream"),
      overwrite: options.overwrite ?? false,
      metadata: options.metadata ?? {},
    };
    const tell = options.onProgress ?? (() => {});
    if (file.size < SINGLE_BYTES) {
      const digest = await sha256(file);
      const begun = await this.#ask("POST", "/uploads", {
        body: digest ? { ...asked, sha256: digest } : asked,
        signal: options.signal,
      });
      tell(0, file.size);
      await this.#put(begun.put.url, begun.put.headers, file, options.signal);
      tell(file.size, file.size);
      return begun.key;
    }
    return this.#inParts(file, asked, tell, options.signal);
  }

  async wait(key, { seconds = 600, signal } = {}) {
    const until = Date.now() + seconds * 1000;
    let { after } = await this.#ask("GET", "/events", { query: { prefix: key, wait: 0 }, signal });
    for (;;) {
      const found = await this.#look(key, signal);
      if (found && found.status !== "processing") return found;
      const left = (until - Date.now()) / 1000;
      if (left <= 0) throw new NotDone(`${key} is not done after ${seconds} s; it goes on.`);
      const wait = Math.max(1, Math.min(POLL_SECONDS, Math.floor(left)));
      ({ after } = await this.#ask("GET", "/events", { query: { prefix: key, after, wait }, signal }));
    }
  }

  asset(key) {
    return this.#ask("GET", `/assets/${path(key)}`);
  }

  async *assets({ prefix, kind, status, day, limit = 100 } = {}) {
    const query = { prefix, kind, status, day, limit };
    for (;;) {
      const page = await this.#ask("GET", "/assets", { query });
      yield* page.assets;
      if (!page.next) return;
      query.cursor = page.next;
    }
  }

  async *events({ prefix, signal } = {}) {
    let told = await this.#ask("GET", "/events", { query: { prefix, wait: 0 }, signal });
    for (;;) {
      const query = { prefix, after: told.after, wait: POLL_SECONDS };
      told = await this.#ask("GET", "/events", { query, signal });
      yield* told.events;
    }
  }

  async srcset(key, contentType = "image/webp") {
    return (await this.asset(key)).srcset?.[contentType] ?? "";
  }

  async picture(key, { width = 800, dpr = globalThis.devicePixelRatio ?? 1 } = {}) {
    // A redirect leads to S3, and there fetch leaves the token out.
    const answer = await this.#call("GET", `/picture/${path(key)}`, { query: { w: width, dpr } });
    return answer.blob();
  }

  async delete(key) {
    await this.#ask("DELETE", `/assets/${path(key)}`);
  }

  async restore(key) {
    await this.#ask("POST", `/assets/${path(key)}/restore`);
  }

  async reprocess(key) {
    await this.#ask("POST", `/assets/${path(key)}/reprocess`);
  }

  async #inParts(file, asked, tell, signal) {
    const name = `mediamill:${await fingerprint(this.#url, file, asked.key)}`;
    let begun = await this.#resumed(name, signal);
    if (!begun) {
      begun = await this.#ask("POST", "/uploads", { body: asked, signal });
      this.#storage?.setItem(name, JSON.stringify({ key: begun.key, multipart: begun.multipart }));
    }
    const { key, multipart } = begun;
    const { upload_id, part_bytes, parts } = multipart;
    const window = (number) => file.slice((number - 1) * part_bytes, number * part_bytes);
    const there = new Set(
      (begun.there ?? [])
        .filter((part) => part.bytes === window(part.number).size)
        .map((part) => part.number),
    );
    let done = [...there].reduce((sum, number) => sum + window(number).size, 0);
    tell(done, file.size);
    const missing = Array.from({ length: parts }, (_, at) => at + 1).filter((n) => !there.has(n));
    for (let first = 0; first < missing.length; first += LINKS) {
      const numbers = missing.slice(first, first + LINKS);
      const body = { key, upload_id, numbers };
      const { urls } = await this.#ask("POST", "/uploads/parts", { body, signal });
      const left = [...numbers];
      const work = async () => {
        for (let number = left.shift(); number !== undefined; number = left.shift()) {
          const part = window(number);
          await this.#put(urls[number], {}, part, signal);
          done += part.size;
          tell(done, file.size);
        }
      };
      await all(Array.from({ length: AT_ONCE }, work), () => (left.length = 0));
    }
    const body = { key, upload_id, bytes: file.size, overwrite: asked.overwrite };
    await this.#ask("POST", "/uploads/complete", { body, signal });
    this.#storage?.removeItem(name);
    return key;
  }

  async #resumed(name, signal) {
    let begun;
    try {
      begun = JSON.parse(this.#storage?.getItem(name) ?? "null");
    } catch {
      return null;
    }
    if (!begun) return null;
    try {
      const query = { key: begun.key, upload_id: begun.multipart.upload_id };
      const { parts } = await this.#ask("GET", "/uploads/parts", { query, signal });
      return { ...begun, there: parts };
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }

  async #look(key, signal) {
    try {
      return await this.#ask("GET", `/assets/${path(key)}`, { signal });
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }

  #put(url, headers, body, signal) {
    return this.#send(url, () => ({ method: "PUT", headers, body, signal }), true);
  }

  async #ask(method, where, more) {
    const answer = await this.#call(method, where, more);
    return answer.status === 204 ? null : answer.json();
  }

  async #call(method, where, { query = {}, body, signal } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const url = this.#url + where + (given.length ? `?${new URLSearchParams(given)}` : "");
    const call = async () => {
      const headers = {};
      const token = typeof this.#token === "function" ? await this.#token() : this.#token;
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body !== undefined) headers["Content-Type"] = "application/json";
      return { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal };
    };
    return this.#send(url, call, method !== "POST");
  }

  // What is not repeatable is tried again only where the answer says that nothing was done.
  async #send(url, call, isRepeatable) {
    for (let attempt = 1; ; attempt += 1) {
      const given = await call();
      let answer;
      try {
        answer = await this.#fetch(url, given);
      } catch (error) {
        if (given.signal?.aborted || attempt === TRIES || !isRepeatable) throw error;
        await pause(attempt, null, given.signal);
        continue;
      }
      if (answer.ok) return answer;
      const problem = await told(answer);
      const isSafe = isRepeatable || answer.status === 429 || answer.status === 503;
      if (!BUSY.has(answer.status) || attempt === TRIES || !isSafe) throw problem;
      await pause(attempt, answer.headers.get("retry-after"), given.signal);
    }
  }
}

function path(key) {
  return key.split("/").map(encodeURIComponent).join("/");
}

/** All of them; the first failure ends the others, and is thrown once they have ended. */
async function all(jobs, stop) {
  const ended = await Promise.allSettled(jobs.map((job) => job.catch((error) => {
    stop();
    throw error;
  })));
  const failed = ended.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

function pause(attempt, asked, signal) {
  const usual = 300 * 2 ** attempt * (0.5 + Math.random() / 2);
  const wait = /^\d+$/.test(asked ?? "") ? Math.max(usual, Math.min(Number(asked), 30) * 1000) : usual;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, wait);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** Problem details of the API, API Gateway's own message, or S3's XML. */
async function told(answer) {
  const text = await answer.text();
  let said = {};
  try {
    said = JSON.parse(text) ?? {};
  } catch {
    // not JSON
  }
  const element = (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const code = said.code ?? element("Code") ?? `http_${answer.status}`;
  const detail = said.detail ?? said.message ?? element("Message") ?? "The call was refused.";
  return new Problem(answer.status, code, detail);
}

async function sha256(file) {
  const subtle = globalThis.crypto?.subtle; // pages without TLS have none
  if (!subtle) return null;
  return hex(await subtle.digest("SHA-256", await file.arrayBuffer()));
}

/** What tells an upload from another: the same file, unchanged, to the same place. */
async function fingerprint(url, file, key) {
  const said = JSON.stringify([url, key, file.name ?? "", file.size, file.lastModified ?? 0]);
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return said;
  return hex(await subtle.digest("SHA-256", new TextEncoder().encode(said)));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function ownStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // a page that may not
  }
}
