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

export class SlowStore {
  /** Bytes of objects given, and requests, listings among them. */
  bytes = 0;
  requests = 0;
  /** When the line is free again, milliseconds of `performance.now()`. */
  private freeAt = 0;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly upstream: URL,
    private readonly slowness: Slowness,
  ) {}

  static async start(upstream: string, slowness: Slowness): Promise<SlowStore> {
    const holder: { store?: SlowStore } = {};
    const server = createServer((incoming, outgoing) => {
      holder.store!.pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
    holder.store = new SlowStore(server, new URL(upstream), slowness);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return holder.store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets what was counted. */
  reset(): void {
    this.bytes = 0;
    this.requests = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.agent.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.requests += 1;
    await delay(this.slowness.seconds * 1000);
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
