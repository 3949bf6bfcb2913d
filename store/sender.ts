/**
 * One HTTP request to a host that somebody else named, without any credential of ours and without following anything. The address
 * that is connected to is judged, not only the name: see allowed-addresses.ts. Certificates are checked against Node's authorities
 * and those of NODE_EXTRA_CA_CERTS.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type AllowedAddresses, guardedLookup, requireHost } from './allowed-addresses.js';

export interface Sent {
  readonly method: 'HEAD' | 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A connection that brings nothing for so long counts as cut, also within the body. */
  readonly idleMs: number;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export class Sender {
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };

  /** @throws AddressNotAllowed, and whatever the connection fails with. */
  async send(url: URL, request: Sent, allowed: AllowedAddresses): Promise<IncomingMessage> {
    requireHost(url, allowed);
    try {
      return await this.#once(url, request);
    } catch (error) {
      // The server closed a kept connection while we took it up: nobody has read the request.
      if (error instanceof Reused && request.signal?.aborted !== true) return await this.#once(url, request);
      throw error;
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #once(url: URL, { method, headers, body, signal, idleMs }: Sent): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = secure ? httpsRequest : httpRequest;
      const sent = request(
        url,
        {
          method,
          agent: this.#agents[secure ? 'https:' : 'http:'],
          lookup: guardedLookup,
          timeout: idleMs,
          headers: { 'user-agent': 'parcelwise', ...headers },
          ...(signal && { signal }),
        },
        resolve,
      );
      sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new Reused(error) : error);
      });
      sent.end(body);
    });
  }
}

class Reused extends Error {
  readonly code = 'ECONNRESET';
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** Where an answer sends us on, as it is written; undefined where it doesn't. */
export function redirectOf({ statusCode, headers }: IncomingMessage): string | undefined {
  return REDIRECTS.includes(statusCode ?? 0) ? headers.location : undefined;
}

/** The address that a redirect leads to, or undefined where it is none that may be followed: another scheme, or from https to http. */
export function redirectTarget(location: string, from: URL): URL | undefined {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (next?.username !== '' || next.password !== '') return undefined;
  const safer = next.protocol === from.protocol || next.protocol === 'https:';
  return safer ? next : undefined;
}
