/**
 * A TCP proxy in front of PostgreSQL. It knows just enough of the protocol (version 3, "Message Formats") to cut a
 * connection at the two moments that matter: in the middle of a COPY, and between a COMMIT and its answer.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Moment = 'copy' | 'commit';

interface Ambush {
  readonly moment: Moment;
  /** Such moments that are let pass. */
  skip: number;
  readonly sprung: () => void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** A COPY … FROM STDIN was asked for, and the server waits for its data. */
  copying: boolean;
}

interface Keep {
  readonly words: string;
  readonly kept: (letGo: () => void) => void;
}

/** CommandComplete with the tag COMMIT, and CopyInResponse's first byte with a binary format's length is not needed. */
const COMMITTED = Buffer.from([0x43, 0, 0, 0, 11, ...Buffer.from('COMMIT\0')]);
const COPY_IN = Buffer.from('FROM STDIN');

export class PostgresProxy {
  private readonly server: Server;
  private readonly pairs = new Set<Pair>();
  private readonly ambushes: Ambush[] = [];
  private keep: Keep | undefined;
  private refusing = false;
  private frozen = false;
  private delayMs = 0;

  constructor(private readonly upstream: number) {
    this.server = createServer((client) => {
      this.accept(client);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection at once, as a fail-over does. */
  cutAll(): void {
    for (const pair of this.pairs) cut(pair);
  }

  refuse(refusing: boolean): void {
    this.refusing = refusing;
    if (refusing) this.cutAll();
  }

  /** Connections stay, but nothing comes through, as in a network that has lost its routes. */
  freeze(frozen: boolean): void {
    this.frozen = frozen;
    for (const { client, server } of this.pairs) for (const socket of [client, server]) hold(socket, frozen);
  }

  /** Each piece of data takes so long, in either direction. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Cuts the connection that next comes to this moment, after letting `skip` others pass; resolves when it is done. */
  ambush(moment: Moment, skip: number): Promise<void> {
    return new Promise((resolve) => {
      this.ambushes.push({ moment, skip, sprung: resolve });
    });
  }

  /** Keeps what a client next says with these words from the server, and the client waiting; resolves with what lets it go. */
  keepBack(words: string): Promise<() => void> {
    return new Promise((kept) => {
      this.keep = { words, kept };
    });
  }

  close(): void {
    this.server.close();
    this.cutAll();
  }

  private accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.upstream, '127.0.0.1');
    const pair: Pair = { client, server, copying: false };
    this.pairs.add(pair);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.pairs.delete(pair);
        cut(pair);
      });
      hold(socket, this.frozen);
    }
    client.on('data', (piece) => {
      if (pair.copying && this.isSprung('copy')) {
        // Half of it arrives: the server has begun to read the rows.
        server.write(piece.subarray(0, piece.length >> 1), () => {
          cut(pair);
        });
        return;
      }
      if (this.keep !== undefined && piece.includes(this.keep.words)) {
        const { kept } = this.keep;
        this.keep = undefined;
        hold(client, true);
        kept(() => {
          hold(client, false);
          this.pass(piece, client, server);
        });
        return;
      }
      pair.copying = piece.includes(COPY_IN) && !piece.includes('\0d');
      this.pass(piece, client, server);
    });
    server.on('data', (piece) => {
      if (piece.includes(COMMITTED) && this.isSprung('commit')) cut(pair);
      else this.pass(piece, server, client);
    });
    client.on('end', () => server.end());
    server.on('end', () => client.end());
  }

  private pass(piece: Buffer, from: Socket, to: Socket): void {
    if (this.delayMs > 0) {
      hold(from, true);
      setTimeout(() => {
        if (!this.frozen) hold(from, false);
        to.write(piece);
      }, this.delayMs);
    } else if (!to.write(piece)) {
      hold(from, true);
      to.once('drain', () => {
        if (!this.frozen) hold(from, false);
      });
    }
  }

  private isSprung(moment: Moment): boolean {
    const ambush = this.ambushes.find((one) => one.moment === moment);
    if (!ambush) return false;
    if (ambush.skip-- > 0) return false;
    this.ambushes.splice(this.ambushes.indexOf(ambush), 1);
    ambush.sprung();
    return true;
  }
}

function hold(socket: Socket, held: boolean): void {
  if (held) socket.pause();
  else socket.resume();
}

function cut({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
