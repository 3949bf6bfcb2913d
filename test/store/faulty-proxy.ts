/** A proxy before the gateway that does to downloads what networks do: cuts, stalls, flips a byte, says it is busy. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one GET of an object; `bytes` of its body come through before. */
export type Fault =
  | { readonly kind: 'cut' | 'stall' | 'damage'; readonly bytes: number }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  /** Runs before the request is passed on. */
  | { readonly kind: 'after'; readonly event: () => Promise<void> };

export class FaultyProxy {
  /** Taken one by one; without any left, requests go through as they are. */
  readonly faults: Fault[] = [];
  /** The Range header of each GET of an object ('' for none). */
  readonly ranges: string[] = [];
  readonly #server: Server;
  readonly #upstream: number;

  private constructor(upstream: number) {
    this.#upstream = upstream;
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(upstream: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(upstream);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(...faults: Fault[]): void {
    this.faults.splice(0, this.faults.length, ...faults);
    this.ranges.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const isDownload = incoming.method === 'GET' && !(incoming.url ?? '').includes('list-type=');
    if (isDownload) this.ranges.push(incoming.headers.range ?? '');
    const fault = isDownload ? this.faults.shift() : undefined;
    if (fault?.kind === 'busy') {
      outgoing.writeHead(503, { 'retry-after': String(fault.retryAfterSeconds) }).end();
      return;
    }
    if (fault?.kind === 'after') await fault.event();
    const options = {
      port: this.#upstream,
      host: '127.0.0.1',
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    };
    const upstream = request(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
      let passed = 0;
      answer.on('data', (piece: Buffer) => {
        const left = fault !== undefined && 'bytes' in fault ? fault.bytes - passed : Infinity;
        passed += piece.length;
        if (left >= piece.length) {
          outgoing.write(piece);
        } else if (fault?.kind === 'damage') {
          const damaged = Buffer.from(piece);
          if (left >= 0) damaged[left] = damaged[left]! ^ 0xff;
          outgoing.write(damaged);
        } else {
          answer.destroy();
          if (left > 0) outgoing.write(piece.subarray(0, left));
          // What was written must reach the other side before the cut; a stalled connection simply stays open.
          if (fault?.kind === 'cut') setTimeout(() => outgoing.destroy(), 50);
        }
      });
      answer.on('end', () => outgoing.end());
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }
}
