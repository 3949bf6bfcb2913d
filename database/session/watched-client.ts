/** A connection that knows what it is being asked, and for how long nothing has come through. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import pg from 'pg';

/** Sessions bear a name each, so that another connection can ask the server what has become of one. */
const FAMILY = 'parcelwise';

/** `application_name` of a session: poolers hand it on to whichever server connection they lend. */
export function sessionName(): string {
  return `${FAMILY} ${randomBytes(6).toString('hex')}`;
}

/** What hears of a connection's doings; see `Liveness`. */
export interface Watch {
  opened(client: WatchedClient): void;
  closed(client: WatchedClient): void;
  asked(): void;
}

/** What the client waits for: a statement, and how much has come and gone by then. */
interface Asked {
  readonly since: number;
  readonly statement: unknown;
  /** When something last came through, milliseconds of `performance.now`. */
  heard: number;
  bytes: number;
}

/** What pg's connections are, encrypted or not. */
type Wire = Pick<Socket, 'bytesRead' | 'bytesWritten' | 'readableLength' | 'writableLength' | 'destroy'>;

export class WatchedClient extends pg.Client {
  readonly sessionName: string;
  /** Since when other connections have failed to find this one alive; undefined where they have not. */
  doubtedSince: number | undefined;
  /** The statement under way has no limit of time. */
  unlimited = false;
  private asked: Asked | undefined;

  constructor(config: pg.ClientConfig, watch: Watch) {
    const name = sessionName();
    super(named(config, name));
    this.sessionName = name;
    const ask = this.query.bind(this) as (...args: unknown[]) => unknown;
    // The one place that every statement passes, COPY streams among them.
    this.query = ((...args: unknown[]) => {
      this.begin(args[0]);
      watch.asked();
      return ask(...args);
    }) as pg.Client['query'];
    this.on('drain', () => {
      this.asked = undefined;
      this.doubtedSince = undefined;
    });
    this.on('end', () => {
      watch.closed(this);
    });
    watch.opened(this);
  }

  /** Milliseconds that the statement under way has been; 0 where there is none. */
  busyFor(now: number): number {
    return this.asked === undefined ? 0 : now - this.asked.since;
  }

  /** Milliseconds for which nothing has come through though the server is asked something; 0 where it is not. */
  silentFor(now: number): number {
    const { asked } = this;
    if (asked === undefined) return 0;
    const bytes = this.socket.bytesRead + this.socket.bytesWritten;
    if (bytes !== asked.bytes || this.isHeldUpByUs(asked.statement)) {
      this.foundAlive(now);
      asked.bytes = bytes;
    }
    return now - asked.heard;
  }

  /** Somebody has seen the server work for this connection. */
  foundAlive(now: number): void {
    this.doubtedSince = undefined;
    if (this.asked !== undefined) this.asked.heard = now;
  }

  /** Ends the connection at once: a farewell would wait for an answer that will not come. */
  destroy(reason?: Error): void {
    this.socket.destroy(reason);
  }

  private get socket(): Wire {
    return this.connection.stream as unknown as Wire;
  }

  private begin(statement: unknown): void {
    const now = performance.now();
    const bytes = this.socket.bytesRead + this.socket.bytesWritten;
    this.doubtedSince = undefined;
    this.asked = { since: now, statement, heard: now, bytes };
  }

  /** What has come is not read yet, or a COPY waits for rows of ours: the silence says nothing of the server. */
  private isHeldUpByUs(statement: unknown): boolean {
    if (this.socket.readableLength > 0) return true;
    return statement instanceof Writable && !statement.writableEnded && this.socket.writableLength === 0;
  }
}

/** The pool hides the password from whoever enumerates its settings, a copy by spread included. */
function named(config: pg.ClientConfig, name: string): pg.ClientConfig {
  const copy = { ...config, application_name: name };
  return Object.defineProperty(copy, 'password', { value: config.password, enumerable: false });
}
