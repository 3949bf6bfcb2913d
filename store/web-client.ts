/**
 * Requests to public web servers: plain HEAD and GET, without any credential of ours, tried again while a server is busy.
 * A server may send a request on to another path of its own host; to other hosts, which no catalogue has named, nobody
 * follows. Certificates are checked against Node's authorities and those of NODE_EXTRA_CA_CERTS.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress, shownAddress } from './address.js';
import { certificateFault } from './certificate.js';
import { ObjectMissing, StoreDenied, StoreFailure, StoreUntrusted } from './object-store.js';
import { isBusy, retryAfterMs } from './web-answer.js';

export interface WebTiming {
  /** A connection that brings nothing for so long counts as cut. */
  readonly idleMs: number;
  /** Tries of a request that was refused, throttled or answered by 5xx. */
  readonly attempts: number;
  /** A server that wants to be left alone for longer is asked again by the caller. */
  readonly patienceMs: number;
}

export interface WebRequest {
  readonly method: 'HEAD' | 'GET';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are answers too, beside 200, 206 and 416. */
  readonly bearable?: readonly number[];
}

const TIMING: WebTiming = { idleMs: 60_000, attempts: 4, patienceMs: 5_000 };
/** A server that says "busy", or nothing at all, without saying for how long. */
const PAUSE_MS = 500;
const MAX_REDIRECTS = 5;

class WebFailure extends StoreFailure {
  constructor(
    message: string,
    /** When the server wants to be asked again, where it says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export class WebClient {
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };

  constructor(private readonly timing: WebTiming = TIMING) {}

  /**
   * One request, tried again while the server is busy or does not answer.
   * @throws ObjectMissing, StoreDenied, StoreUntrusted, StoreFailure
   */
  async ask(key: string, request: WebRequest): Promise<IncomingMessage> {
    const address = parseAddress(key);
    if (address.kind !== 'web')
      throw new StoreDenied(`${shownAddress(key)} is not an address of a web server`);
    const { signal } = request;
    for (let tries = 1; ; tries++) {
      const answer = await this.#try(address.url, request).catch((error: unknown) => {
        if (signal?.aborted === true) throw reasonOf(signal);
        return asFailure(error, address.url);
      });
      if (!(answer instanceof WebFailure)) return answer;
      const pause = answer.retryAfterMs ?? PAUSE_MS * 2 ** (tries - 1);
      if (tries >= this.timing.attempts || pause > this.timing.patienceMs) throw answer;
      await delay(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted === true) throw reasonOf(signal);
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** @returns the failure where the server is busy. */
  async #try(url: URL, request: WebRequest): Promise<IncomingMessage | WebFailure> {
    const answer = await this.#follow(url, request);
    const status = answer.statusCode ?? 0;
    if ([200, 206, 416, ...(request.bearable ?? [])].includes(status)) return answer;
    answer.destroy();
    const where = shownAddress(url.href);
    if (status === 404 || status === 410) throw new ObjectMissing(where);
    if (!isBusy(status)) throw refusal(status, where);
    const wait = retryAfterMs(answer.headers['retry-after']);
    return new WebFailure(`${where}: ${status} ${answer.statusMessage ?? ''}`, wait);
  }

  async #follow(url: URL, request: WebRequest): Promise<IncomingMessage> {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#send(at, request);
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

  #send(url: URL, { method, headers, signal }: WebRequest): Promise<IncomingMessage> {
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

/** The reason a signal was aborted with, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}

/** What of a request that brought no answer may be tried again. @throws all that won't change by itself. */
function asFailure(error: unknown, url: URL): WebFailure {
  if (error instanceof ObjectMissing || error instanceof StoreDenied) throw error;
  const where = shownAddress(url.href);
  const fault = certificateFault(error, url.host);
  if (fault?.mayPass === false) throw new StoreUntrusted(`${where}: ${fault.why}`);
  return new WebFailure(`${where}: ${fault?.why ?? messageOf(error)}`);
}

function refusal(status: number, where: string): StoreDenied {
  const why =
    status === 401 || status === 403
      ? 'it is not public, and no credentials are sent to web servers'
      : 'refused';
  return new StoreDenied(`${where}: ${status}: ${why}`);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
}
