/**
 * Requests to public web servers: plain HEAD and GET, without any credential of ours, tried again while a server is busy.
 * A server may send a request on to another path of its own host; to other hosts, which no STAC item has named, nobody
 * follows. Which hosts may be asked at all: see allowed-addresses.ts.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress, shownAddress } from './address.js';
import { networkFault } from './network-fault.js';
import { AddressRefused, ObjectMissing, StoreDenied, StoreFailure, StoreUntrusted } from './object-store.js';
import { type AllowedAddresses, AddressNotAllowed, readAllowedAddresses } from './allowed-addresses.js';
import { printable } from './printable.js';
import { redirectOf, redirectTarget, Sender } from './sender.js';
import { isBusy, retryAfterMs } from './web-answer.js';

export interface WebTiming {
  /** A connection that brings nothing for so long counts as cut. */
  readonly idleMs: number;
  /** Tries of a request that was refused, throttled or answered by 5xx. */
  readonly attempts: number;
  /** A server that wants to be left alone for longer is asked again by the caller. */
  readonly longestPauseMs: number;
}

export interface WebRequest {
  readonly method: 'HEAD' | 'GET';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are answers too, beside 200, 206 and 416. */
  readonly bearable?: readonly number[];
}

const TIMING: WebTiming = { idleMs: 60_000, attempts: 4, longestPauseMs: 5_000 };
/** A server that says "busy", or nothing at all, without saying for how long. */
const PAUSE_MS = 500;
const MAX_REDIRECTS = 5;

const SETTING = "the STAC item's address of the object";

export class WebClient {
  readonly #sender = new Sender();

  constructor(
    private readonly timing: WebTiming = TIMING,
    private readonly allowed: AllowedAddresses = readAllowedAddresses(process.env),
  ) {}

  /**
   * One request, tried again while the server is busy or does not answer.
   * @throws ObjectMissing, AddressRefused, StoreUntrusted, StoreFailure
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
      if (!(answer instanceof StoreFailure)) return answer;
      const pause = answer.retryAfterMs ?? PAUSE_MS * 2 ** (tries - 1);
      if (tries >= this.timing.attempts || pause > this.timing.longestPauseMs) throw answer;
      await delay(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted === true) throw reasonOf(signal);
    }
  }

  close(): void {
    this.#sender.close();
  }

  /** @returns the failure where the server is busy. */
  async #try(url: URL, request: WebRequest): Promise<IncomingMessage | StoreFailure> {
    const answer = await this.#follow(url, request);
    const status = answer.statusCode ?? 0;
    if ([200, 206, 416, ...(request.bearable ?? [])].includes(status)) return answer;
    answer.destroy();
    const where = shownAddress(url.href);
    if (status === 404 || status === 410) throw new ObjectMissing(where);
    if (!isBusy(status)) throw refusal(status, where);
    const wait = retryAfterMs(answer.headers['retry-after']);
    return new StoreFailure(`${where}: ${status} ${printable(answer.statusMessage ?? '', 60)}`, wait);
  }

  async #follow(url: URL, request: WebRequest): Promise<IncomingMessage> {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#send(at, request);
      const location = redirectOf(answer);
      if (location === undefined) return answer;
      answer.destroy();
      const next = redirectTarget(location, at);
      if (next?.hostname !== url.hostname || redirects === MAX_REDIRECTS) {
        throw new AddressRefused(
          `${shownAddress(url.href)} leads to ${printable(shownAddress(location))}, which is not followed: the STAC item names ${url.hostname}`,
        );
      }
      at = next;
    }
  }

  #send(url: URL, { method, headers, signal }: WebRequest): Promise<IncomingMessage> {
    const all = { accept: '*/*', 'accept-encoding': 'identity', ...headers };
    const { idleMs } = this.timing;
    return this.#sender.send(url, { method, headers: all, signal, idleMs }, this.allowed);
  }
}

/** The reason a signal was aborted with, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}

/** What of a request that brought no answer may be tried again. @throws all that won't change by itself. */
function asFailure(error: unknown, url: URL): StoreFailure {
  if (error instanceof ObjectMissing || error instanceof AddressRefused) throw error;
  const where = shownAddress(url.href);
  if (error instanceof AddressNotAllowed) throw new AddressRefused(`${where}: ${error.message}`);
  const { why, mayPass } = networkFault(error, url.host, SETTING);
  if (!mayPass) throw new StoreUntrusted(`${where}: ${why}`);
  return new StoreFailure(`${where}: ${why}`);
}

function refusal(status: number, where: string): AddressRefused {
  const why =
    status === 401 || status === 403
      ? 'it is not public or its signature has expired, and no credentials are sent to web servers'
      : 'refused';
  return new AddressRefused(`${where}: ${status}: ${why}; the next sync may bring another address`);
}
