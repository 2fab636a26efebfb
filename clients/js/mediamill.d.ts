/** One asset of a list. `bytes` is the original's size; times are ISO 8601, in UTC. */
export interface Row {
  key: string;
  asset_id: string;
  kind: "image" | "video" | "audio" | "document" | "office" | "other";
  status: "processing" | "complete" | "partial" | "failed" | "rejected" | "deleted";
  bytes: number;
  content_type: string;
  created_at: string;
}

/** All that is known of an asset; `links` and `srcset` need no credentials, for `links_seconds`. */
export interface Asset extends Row {
  updated_at?: string;
  completed_at?: string;
  steps: Record<string, unknown>;
  rejection?: { code: string; message: string };
  original?: string;
  links?: Record<string, string>;
  links_seconds: number;
  srcset?: Record<string, string>;
  manifest?: Record<string, unknown>;
}

/** An asset whose status changed; `id` is the same each time that this change is told. */
export interface Event extends Row {
  id: string;
  changed_at: string;
}

/** The API, or S3, says no; `code` is stable. */
export class Problem extends Error {
  status: number;
  code: string;
}

/** An asset is still being processed, though the time is over. */
export class NotDone extends Error {}

export interface Options {
  /** A token, or a function that is asked for one at each call. */
  token?: string | (() => string | Promise<string>);
  /** Where unfinished uploads are remembered: localStorage, unless told; null remembers nothing. */
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
  fetch?: typeof fetch;
}

export interface UploadOptions {
  /** The file's own name, unless told. */
  key?: string;
  contentType?: string;
  overwrite?: boolean;
  metadata?: Record<string, string>;
  onProgress?: (there: number, of: number) => void;
  /** Ends the upload; a large one goes on where it was when it is asked for again. */
  signal?: AbortSignal;
}

export interface ListOptions {
  prefix?: string;
  kind?: Row["kind"];
  status?: Row["status"];
  day?: string;
  limit?: number;
}

export class Client {
  constructor(url: string, options?: Options);
  /** Upload a file; the key that it has got. */
  upload(file: Blob, options?: UploadOptions): Promise<string>;
  /** The asset, as soon as nothing more is to come of it. */
  wait(key: string, options?: { seconds?: number; signal?: AbortSignal }): Promise<Asset>;
  asset(key: string): Promise<Asset>;
  /** The assets, page by page as they are asked for. */
  assets(options?: ListOptions): AsyncGenerator<Row>;
  /** Every change of a status from now on. */
  events(options?: { prefix?: string; signal?: AbortSignal }): AsyncGenerator<Event>;
  /** The `srcset` of an asset's pictures; empty where it has none. */
  srcset(key: string, contentType?: string): Promise<string>;
  /** The stored picture that suits a width in CSS pixels best. */
  picture(key: string, options?: { width?: number; dpr?: number }): Promise<Blob>;
  delete(key: string): Promise<void>;
  restore(key: string): Promise<void>;
  reprocess(key: string): Promise<void>;
}
