/**
 * Objects on public web servers, by their address: plain HEAD and GET, without any credential of ours. A server may send
 * a request on to another path of its own host; to other hosts, which no catalogue has named, nobody follows.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress, shownAddress } from './address.js';
import { downloadTo, type EtagTrust, ObjectReplaced } from './download.js';
import {
  type DownloadOptions,
  type ObjectInfo,
  ObjectMissing,
  type ObjectStore,
  StoreDenied,
  StoreFailure,
} from './object-store.js';
import { isBusy, retryAfterMs, versionOf, type WebVersion } from './web-answer.js';

export interface WebTiming {
  /** A connection that brings nothing for so long counts as cut. */
  readonly idleMs: number;
  /** Tries of a request that was refused, throttled or answered by 5xx. */
  readonly attempts: number;
  /** A server that wants to be left alone for longer is asked again by the caller. */
  readonly patienceMs: number;
}

const TIMING: WebTiming = { idleMs: 60_000, attempts: 4, patienceMs: 5_000 };
/** A server that says "busy", or nothing at all, without saying for how long. */
const PAUSE_MS = 500;
const MAX_REDIRECTS = 5;
/** How often a download starts anew because the object was replaced under it. */
const MAX_REPLACED = 3;

type Headers = Readonly<Record<string, string>>;

class WebFailure extends StoreFailure {
  constructor(
    message: string,
    /** When the server wants to be asked again, where it says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export class WebStore implements ObjectStore {
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };
  /** What each host has shown of its ETags. */
  readonly #etags = new Map<string, EtagTrust>();

  constructor(private readonly timing: WebTiming = TIMING) {}

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
    const answer = await this.#ask('GET', key, { range: `bytes=${from}-${from + bytes - 1}` }, signal);
    if (answer.statusCode === 416) return drained(answer, Buffer.alloc(0));
    // A server that knows no ranges sends it all; what comes after the wanted bytes is not waited for.
    const skip = answer.statusCode === 206 ? 0 : from;
    const pieces: Buffer[] = [];
    let got = 0;
    try {
      for await (const piece of answer as AsyncIterable<Buffer>) {
        pieces.push(piece);
        got += piece.length;
        if (got >= skip + bytes) break;
      }
    } catch {
      throw signal?.aborted === true ? reasonOf(signal) : new StoreFailure(`${shownAddress(key)}: cut`);
    }
    return Buffer.concat(pieces).subarray(skip, skip + bytes);
  }

  async download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    const trust = this.#trust(object.key);
    let wanted = object;
    for (let replaced = 0; ; replaced += 1) {
      try {
        const version = wanted;
        // Known by its address without the query: signatures change, and must not be seen.
        const shown = { ...version, key: shownAddress(version.key) };
        const openAt = (from: number): Promise<AsyncIterable<Uint8Array>> =>
          this.#openAt(version, from, options.signal);
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

  list(prefix: string): AsyncIterable<ObjectInfo> {
    throw new StoreDenied(`${shownAddress(prefix)}: web servers can't be listed`);
  }

  folders(prefix: string): AsyncIterable<string> {
    throw new StoreDenied(`${shownAddress(prefix)}: web servers can't be listed`);
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** Size and version; by a byte of it where the server has no answer to HEAD (signed addresses are for GET only). */
  async #look(key: string, signal: AbortSignal | undefined): Promise<WebVersion & { bytes: number }> {
    const head = drained(await this.#ask('HEAD', key, {}, signal, [403, 405, 501]));
    const answer =
      head.statusCode === 200 && versionOf(head).bytes !== undefined
        ? head
        : await this.#ask('GET', key, { range: 'bytes=0-0' }, signal);
    const version = versionOf(answer);
    // An empty object has no first byte.
    const bytes = version.bytes ?? (answer.statusCode === 416 ? 0 : undefined);
    if (answer !== head) answer.destroy();
    if (bytes === undefined) throw new StoreFailure(`${shownAddress(key)}: the server does not say its size`);
    return { ...version, bytes };
  }

  /** Opens one version of an object at a byte, and makes sure that it is that version and that byte. */
  async #openAt(
    { key, bytes, etag }: ObjectInfo,
    from: number,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const strong = etag !== undefined && !etag.startsWith('W/');
    const headers: Headers = {
      ...(from > 0 && { range: `bytes=${from}-` }),
      ...(strong && { 'if-match': `"${etag}"` }),
    };
    const answer = await this.#ask('GET', key, headers, signal, [412]);
    const now = versionOf(answer);
    const isOther = now.bytes !== bytes || (etag !== undefined && now.etag !== etag);
    if (answer.statusCode === 412 || answer.statusCode === 416 || isOther) {
      answer.destroy();
      throw new ObjectReplaced(`${shownAddress(key)} was replaced meanwhile`);
    }
    if (answer.statusCode !== 206) return skipping(answer, from);
    if (now.from === from) return answer;
    answer.destroy();
    throw new StoreFailure(`${shownAddress(key)}: the server sent another range than it was asked for`);
  }

  #trust(key: string): EtagTrust {
    const address = parseAddress(key);
    const host = address.kind === 'web' ? address.url.host : '';
    const trust = this.#etags.get(host) ?? { md5: true };
    this.#etags.set(host, trust);
    return trust;
  }

  /**
   * One request, tried again while the server is busy or does not answer.
   * @returns the answer of 200, 206 and 416, and of the statuses in `bearable`.
   * @throws ObjectMissing, StoreDenied, StoreFailure
   */
  async #ask(
    method: 'HEAD' | 'GET',
    key: string,
    headers: Headers,
    signal: AbortSignal | undefined,
    bearable: readonly number[] = [],
  ): Promise<IncomingMessage> {
    const address = parseAddress(key);
    if (address.kind !== 'web')
      throw new StoreDenied(`${shownAddress(key)} is not an address of a web server`);
    const where = shownAddress(key);
    for (let tries = 1; ; tries++) {
      let failure: WebFailure;
      try {
        const answer = await this.#follow(method, address.url, headers, signal);
        const status = answer.statusCode ?? 0;
        if ([200, 206, 416, ...bearable].includes(status)) return answer;
        answer.destroy();
        if (status === 404 || status === 410) throw new ObjectMissing(where);
        if (!isBusy(status)) throw refusal(status, where);
        const wait = retryAfterMs(answer.headers['retry-after']);
        failure = new WebFailure(`${where}: ${status} ${answer.statusMessage ?? ''}`, wait);
      } catch (error) {
        if (signal?.aborted === true) throw reasonOf(signal);
        if (error instanceof ObjectMissing || error instanceof StoreDenied) throw error;
        failure = new WebFailure(`${where}: ${messageOf(error)}`);
      }
      const pause = failure.retryAfterMs ?? PAUSE_MS * 2 ** (tries - 1);
      if (tries >= this.timing.attempts || pause > this.timing.patienceMs) throw failure;
      await delay(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted === true) throw reasonOf(signal);
    }
  }

  async #follow(
    method: 'HEAD' | 'GET',
    url: URL,
    headers: Headers,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#send(method, at, headers, signal);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined)
        return answer;
      answer.destroy();
      const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
      const safer = next?.protocol === at.protocol || next?.protocol === 'https:';
      if (next?.hostname !== url.hostname || !safer || redirects === MAX_REDIRECTS) {
        throw new StoreDenied(
          `${shownAddress(url.href)} leads to ${shownAddress(location)}, which is not followed: the catalogue names ${url.hostname}`,
        );
      }
      at = next;
    }
  }

  #send(
    method: 'HEAD' | 'GET',
    url: URL,
    headers: Headers,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const { idleMs } = this.timing;
    return new Promise((resolve, reject) => {
      const request = secure ? httpsRequest : httpRequest;
      const sent = request(
        url,
        {
          method,
          agent: this.#agents[secure ? 'https:' : 'http:'],
          timeout: idleMs,
          headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'parcelwise', ...headers },
          ...(signal && { signal }),
        },
        resolve,
      );
      // Ends the body too, where the connection falls silent in the middle of it.
      sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
      sent.on('error', reject);
      sent.end();
    });
  }
}

/** Throws away the first bytes of a body that begins at the beginning though it was asked for from later on. */
async function* skipping(body: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Uint8Array, void> {
  let left = from;
  for await (const piece of body) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

function drained(answer: IncomingMessage): IncomingMessage;
function drained<T>(answer: IncomingMessage, value: T): T;
function drained(answer: IncomingMessage, value: unknown = answer): unknown {
  answer.resume();
  return value;
}

function refusal(status: number, where: string): StoreDenied {
  const why =
    status === 401 || status === 403
      ? 'it is not public, and no credentials are sent to web servers'
      : 'refused';
  return new StoreDenied(`${where}: ${status}: ${why}`);
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
}
