/** Objects on public web servers, by their address: sizes, versions and bytes, as far as a server tells them. */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { parseAddress, shownAddress } from './address.js';
import { downloadTo, type EtagTrust, readPart, skipping } from './download.js';
import { fetchRange, ObjectReplaced, type OpenAt, rangeHeader, RangesIgnored } from './fetch-range.js';
import {
  type ByteSpan,
  type DownloadOptions,
  type ObjectInfo,
  ObjectMissing,
  type ObjectStore,
  StoreDenied,
  StoreFailure,
} from './object-store.js';
import type { AllowedAddresses } from './allowed-addresses.js';
import { notTheObject, versionOf, type WebVersion } from './web-answer.js';
import { reasonOf, WebClient, type WebTiming } from './web-client.js';

/** How often a download starts anew because the object was replaced under it. */
const MAX_REPLACED = 3;

export class WebStore implements ObjectStore {
  readonly #client: WebClient;
  /** What each host has shown of its ETags. */
  readonly #etags = new Map<string, EtagTrust>();

  constructor(timing?: WebTiming, allowed?: AllowedAddresses) {
    this.#client = new WebClient(timing, allowed);
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    try {
      const { bytes, etag } = await this.#look(key, signal);
      return etag === undefined ? { key, bytes } : { key, bytes, etag };
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined;
      throw error;
    }
  }

  async read(
    key: string,
    { from, bytes }: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    const headers = { range: `bytes=${from}-${from + bytes - 1}` };
    const answer = await this.#client.ask(key, { method: 'GET', headers, signal });
    if (answer.statusCode === 416) {
      answer.destroy();
      return Buffer.alloc(0);
    }
    requireObject(key, answer);
    const isPart = answer.statusCode === 206;
    if (isPart && versionOf(answer).from !== from) throw otherRange(key, answer);
    try {
      return await readPart(answer, isPart ? 0 : from, bytes);
    } catch {
      throw signal?.aborted === true ? reasonOf(signal) : new StoreFailure(`${shownAddress(key)}: cut`);
    }
  }

  async download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    const trust = this.#trust(object.key);
    let wanted = object;
    for (let replaced = 0; ; replaced += 1) {
      try {
        const version = wanted;
        // Known by its address without the query: signatures change, and must not be seen.
        const shown = { ...version, key: shownAddress(version.key) };
        const openAt: OpenAt = (from, to) => this.#openAt(version, { from, to }, options.signal);
        await downloadTo(shown, path, openAt, trust, options);
        return;
      } catch (error) {
        if (!(error instanceof ObjectReplaced)) throw error;
        if (replaced === MAX_REPLACED)
          throw new StoreFailure(`${shownAddress(object.key)} is replaced again and again`);
        const now = await this.head(object.key, options.signal);
        if (now === undefined) throw new ObjectMissing(shownAddress(object.key));
        wanted = now;
      }
    }
  }

  fetch(object: ObjectInfo, span: ByteSpan, file: FileHandle, options: DownloadOptions = {}): Promise<void> {
    const shown = { ...object, key: shownAddress(object.key) };
    const openAt: OpenAt = (from, to) => this.#openAt(object, { from, to }, options.signal);
    return fetchRange(shown, span, file, openAt, options);
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    throw new StoreDenied(`${shownAddress(prefix)}: web servers can't be listed`);
  }

  folders(prefix: string): AsyncIterable<string> {
    throw new StoreDenied(`${shownAddress(prefix)}: web servers can't be listed`);
  }

  close(): void {
    this.#client.close();
  }

  /**
   * Size and version; by a byte of it where HEAD is not answered in full: signed addresses are for GET only, and some
   * servers say 0 of what they made up no answer for.
   */
  async #look(key: string, signal: AbortSignal | undefined): Promise<WebVersion & { bytes: number }> {
    const head = await this.#client.ask(key, { method: 'HEAD', signal, bearable: NO_HEAD });
    head.resume();
    const first = { method: 'GET', headers: { range: 'bytes=0-0' }, signal } as const;
    const said = head.statusCode === 200 && (versionOf(head).bytes ?? 0) > 0;
    const answer = said ? head : await this.#client.ask(key, first);
    const version = versionOf(answer);
    if (answer !== head) answer.destroy();
    requireObject(key, answer);
    // An empty object has no first byte.
    const bytes = version.bytes ?? (answer.statusCode === 416 ? 0 : undefined);
    if (bytes === undefined) throw new StoreFailure(`${shownAddress(key)}: the server does not say its size`);
    return { ...version, bytes };
  }

  /** Opens one version of an object at a byte, and makes sure that it is that version and that byte. */
  async #openAt(
    { key, bytes, etag }: ObjectInfo,
    span: ByteSpan,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const strong = etag !== undefined && !etag.startsWith('W/');
    const range = rangeHeader(span, bytes);
    const headers = {
      ...(range !== undefined && { range }),
      ...(strong && { 'if-match': `"${etag}"` }),
    };
    const answer = await this.#client.ask(key, { method: 'GET', headers, signal, bearable: [412] });
    requireObject(key, answer);
    const now = versionOf(answer);
    // A body sent in chunks has no size; its ETag tells the version, and its end is watched.
    const isSame = now.bytes === undefined && etag !== undefined && answer.statusCode === 200;
    const isOther = (!isSame && now.bytes !== bytes) || (etag !== undefined && now.etag !== etag);
    if (answer.statusCode === 412 || answer.statusCode === 416 || isOther) {
      answer.destroy();
      throw new ObjectReplaced(`${shownAddress(key)} was replaced meanwhile`);
    }
    if (answer.statusCode !== 206) {
      if (span.to === bytes) return skipping(answer, span.from);
      answer.destroy();
      throw new RangesIgnored(`${shownAddress(key)}: the server sends all of it in place of a part`);
    }
    if (now.from === span.from) return answer;
    throw otherRange(key, answer);
  }

  #trust(key: string): EtagTrust {
    const address = parseAddress(key);
    const host = address.kind === 'web' ? address.url.host : '';
    const trust = this.#etags.get(host) ?? { md5: true };
    this.#etags.set(host, trust);
    return trust;
  }
}

/** Statuses by which servers say that they have no answer to HEAD, or none to that of a signed address. */
const NO_HEAD = [400, 401, 403, 405, 409, 501];

function requireObject(key: string, answer: IncomingMessage): void {
  const { 'content-type': type, 'content-encoding': encoding } = answer.headers;
  const why =
    answer.statusCode === 416 || answer.statusCode === 412 ? undefined : notTheObject({ type, encoding });
  if (why === undefined) return;
  answer.destroy();
  throw new StoreFailure(`${shownAddress(key)}: ${why}`);
}

function otherRange(key: string, answer: IncomingMessage): RangesIgnored {
  answer.destroy();
  return new RangesIgnored(`${shownAddress(key)}: the server sent another range than it was asked for`);
}
