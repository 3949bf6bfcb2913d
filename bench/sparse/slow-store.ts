/** A proxy before the S3 gateway that is as far away and as slow as a provider's store, and counts what it gives. */
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface Slowness {
  /** Of all connections together. */
  readonly bytesASecond: number;
  /** From a request to its answer. */
  readonly seconds: number;
}

/** Those of Copernicus Data Space's free lane: four connections of 20 MB/s, and what a request takes from within Europe. */
export const FREE_LANE: Slowness = { bytesASecond: 80e6, seconds: 0.02 };

/** As fast as the gateway itself. */
export const UNHINDERED: Slowness = { bytesASecond: Infinity, seconds: 0 };

export class SlowStore {
  /** Of objects given, and of listings. */
  bytes = 0;
  slowness: Slowness = UNHINDERED;
  /** When each request came, milliseconds of `performance.now()`. */
  private cameAt: number[] = [];
  /** When the line is free again, milliseconds of `performance.now()`. */
  private freeAt = 0;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly upstream: URL,
  ) {}

  static async start(upstream: string): Promise<SlowStore> {
    const holder: { store?: SlowStore } = {};
    const server = createServer((incoming, outgoing) => {
      holder.store!.pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
    holder.store = new SlowStore(server, new URL(upstream));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return holder.store;
  }

  get requests(): number {
    return this.cameAt.length;
  }

  /** The most requests that came within so many seconds. */
  mostWithin(seconds: number): number {
    let [most, from] = [0, 0];
    this.cameAt.forEach((at, to) => {
      while (at - this.cameAt[from]! > seconds * 1000) from++;
      most = Math.max(most, to - from + 1);
    });
    return most;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets what was counted. */
  reset(): void {
    this.bytes = 0;
    this.cameAt = [];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.agent.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.cameAt.push(performance.now());
    if (this.slowness.seconds > 0) await delay(this.slowness.seconds * 1000);
    const { hostname, port } = this.upstream;
    const { method, url: path, headers } = incoming;
    const sent = request({ agent: this.agent, hostname, port, method, path, headers });
    incoming.pipe(sent);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    await pipeline(answer, (pieces: AsyncIterable<Buffer>) => this.carried(pieces), outgoing);
  }

  private async *carried(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const piece of pieces) {
      await this.turn(piece.length);
      this.bytes += piece.length;
      yield piece;
    }
  }

  /** Waits until the line has carried so many bytes more. */
  private async turn(bytes: number): Promise<void> {
    const now = performance.now();
    this.freeAt = Math.max(this.freeAt, now - 5) + (bytes / this.slowness.bytesASecond) * 1000;
    // Timers are exact to a millisecond or two: shorter waits are made up for by later ones.
    if (this.freeAt - now > 2) await delay(this.freeAt - now);
  }
}
