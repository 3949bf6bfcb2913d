/** A web server of the tests: objects by path, with what web servers do to downloads. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerCertificate } from './tls.js';

/** What happens to the next GET; `bytes` of its body come through before. */
export type Mishap =
  | { readonly kind: 'cut' | 'stall'; readonly bytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'then'; readonly event: () => void };

export interface Manners {
  /** Answers `Range` and `If-Match`. */
  readonly ranges: boolean;
  readonly etags: 'strong' | 'weak' | 'none';
  /** Answers HEAD. */
  readonly head: boolean;
}

const GOOD: Manners = { ranges: true, etags: 'strong', head: true };

export class WebServer {
  readonly objects = new Map<string, Buffer>();
  readonly redirects = new Map<string, string>();
  /** Taken one by one, by GETs. */
  readonly mishaps: Mishap[] = [];
  /** `GET /path bytes=5-`, and all headers of each request. */
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  manners: Manners = GOOD;
  readonly #modified = new Date(Date.UTC(2024, 5, 1));

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
  ) {}

  /** @param certificate makes it a server of https. */
  static async start(certificate?: ServerCertificate): Promise<WebServer> {
    const holder: { web?: WebServer } = {};
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      holder.web!.answer(request, response);
    };
    const server = certificate ? createTlsServer(certificate, answer) : createServer(answer);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (holder.web = new WebServer(server, certificate ? 'https' : 'http'));
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  reset(...mishaps: Mishap[]): void {
    this.manners = GOOD;
    this.mishaps.splice(0, this.mishaps.length, ...mishaps);
    this.asked.length = 0;
    this.headers.length = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', this.url);
    const { range } = request.headers;
    this.asked.push([request.method, pathname, range].filter((part) => part !== undefined).join(' '));
    this.headers.push(request.headers);
    const send = (status: number, headers: Readonly<Record<string, string | number>> = {}): void => {
      response.writeHead(status, headers).end();
    };
    const mishap = request.method === 'GET' ? this.mishaps.shift() : undefined;
    if (mishap?.kind === 'then') mishap.event();
    if (mishap?.kind === 'status') {
      send(mishap.status, mishap.headers);
      return;
    }
    const target = this.redirects.get(pathname);
    if (target !== undefined) {
      send(302, { location: target });
      return;
    }
    const body = this.objects.get(pathname);
    if (body === undefined) send(404);
    else if (request.method === 'HEAD' && !this.manners.head) send(403);
    else this.sendObject(request, response, body, mishap);
  }

  private sendObject(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    mishap: Mishap | undefined,
  ): void {
    const { ranges, etags } = this.manners;
    const digest = createHash('md5').update(body).digest('hex');
    const etag = etags === 'strong' ? `"${digest}"` : `W/"${digest}"`;
    const version = {
      'last-modified': this.#modified.toUTCString(),
      ...(etags !== 'none' && { etag }),
    };
    const match = request.headers['if-match'];
    if (ranges && match !== undefined && match !== etag) {
      response.writeHead(412).end();
      return;
    }
    const [, from = '0', to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const partial = ranges && request.headers.range !== undefined;
    if (partial && Number(from) >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
      return;
    }
    const first = partial ? Number(from) : 0;
    const last = partial && to ? Math.min(Number(to), body.length - 1) : body.length - 1;
    const part = body.subarray(first, last + 1);
    response.writeHead(partial ? 206 : 200, {
      ...version,
      'content-length': part.length,
      ...(partial && { 'content-range': `bytes ${first}-${last}/${body.length}` }),
    });
    if (request.method === 'HEAD') response.end();
    else if (mishap !== undefined && 'bytes' in mishap) {
      response.write(part.subarray(0, mishap.bytes));
      // What was written must reach the other side before the cut; a stalled connection simply stays open.
      if (mishap.kind === 'cut') setTimeout(() => response.destroy(), 50);
    } else response.end(part);
  }
}
