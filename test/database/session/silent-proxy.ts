/** A TCP proxy that can go silent: what is sent through it is swallowed, and no connection ends, as behind a lost route. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Connection } from '../../../database/session/connection.js';

/** Which way nothing passes any more. */
export type Silence = 'both' | 'answers';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  silence: Silence | undefined;
}

export class SilentProxy {
  private readonly pairs = new Set<Pair>();
  private readonly servers = new Set<Socket>();
  private newcomers: Silence | undefined;
  private readonly server = createServer((client) => {
    const server = connect(this.upstream.port, this.upstream.host);
    const pair: Pair = { client, server, silence: this.newcomers };
    this.pairs.add(pair);
    this.servers.add(server);
    client.on('data', (bytes) => {
      if (pair.silence !== 'both') pass(bytes, client, server);
    });
    server.on('data', (bytes) => {
      if (pair.silence === undefined) pass(bytes, server, client);
      // Nothing is acknowledged: soon the server can't write any more.
      else server.pause();
    });
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.on('close', () => {
      this.pairs.delete(pair);
      if (pair.silence === undefined) server.destroy();
    });
    server.on('close', () => pair.silence === undefined && client.destroy());
  });

  private constructor(private readonly upstream: Pick<Connection, 'host' | 'port'>) {}

  static async before(upstream: Connection): Promise<SilentProxy> {
    const proxy = new SilentProxy(upstream);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The upstream's settings, by way of this proxy. */
  get connection(): Connection {
    return { ...(this.upstream as Connection), ...{ host: '127.0.0.1', port: this.port } };
  }

  /** Connections of clients that are open. */
  get open(): number {
    return this.pairs.size;
  }

  /** Those that are there fall silent. New ones work, as after a failover, unless `newcomers` too are met by silence. */
  silence(silence: Silence, newcomers: boolean): void {
    for (const pair of this.pairs) pair.silence = silence;
    this.newcomers = newcomers ? silence : undefined;
  }

  /** New connections pass again; those that fell silent stay so. */
  restore(): void {
    this.newcomers = undefined;
  }

  close(): void {
    this.server.close();
    for (const { client } of this.pairs) client.destroy();
    for (const server of this.servers) server.destroy();
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
}

function pass(bytes: Buffer, from: Socket, to: Socket): void {
  if (to.write(bytes)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
