/** The connection pool: one a process, shared by all that it does. */
import pg from 'pg';
import type { Connection } from './connection.js';
import { Liveness, type LivenessLimits } from './liveness.js';
import { WatchedClient } from './watched-client.js';

export interface PoolOptions {
  /** Connections at most; a worker needs one a chunk in flight and a few for short statements. */
  readonly max?: number | undefined;
  /** Hears of connections that break while nobody uses them. They are replaced anyway. */
  readonly onIdleError?: ((error: Error) => void) | undefined;
  /** Whatever it is asked, such a pool changes nothing. */
  readonly readOnly?: boolean | undefined;
  /** Its statements may take so long; what else holds of sessions says how long where this is left out. */
  readonly statementTimeoutMs?: number | undefined;
  readonly liveness?: LivenessLimits | undefined;
}

/** Also bounds the wait for a free connection of the pool, which a COPY may hold for some time. */
const CONNECT_TIMEOUT_MS = 30_000;
/** For connections still in use when the pool is closed. A worker has given its steps their time before. */
const LENT_GRACE_MS = 2_000;
/** For connections to part in good order: a message there and back. */
const FAREWELL_MS = 500;

/** A pool whose connections are watched, and which ends in bounded time whatever the network does. */
export class DatabasePool extends pg.Pool {
  readonly readOnly: boolean;
  readonly statementTimeoutMs: number | undefined;

  constructor(connection: Connection, options: PoolOptions) {
    const liveness = new Liveness(connection, options.liveness);
    class Client extends WatchedClient {
      constructor(config: pg.ClientConfig = {}) {
        super(config, liveness);
      }
    }
    super({
      ...connection,
      Client,
      max: options.max ?? 10,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: { getTypeParser },
    });
    this.readOnly = options.readOnly ?? false;
    this.statementTimeoutMs = options.statementTimeoutMs;
    this.on('error', (error) => options.onIdleError?.(error));
    this.end = () => endAll(() => super.end(), liveness);
  }
}

/** Opens a pool. Nothing is connected before the first statement. */
export function openPool(connection: Connection, options: PoolOptions = {}): pg.Pool {
  return new DatabasePool(connection, options);
}

/** pg's own end waits for whoever has a connection, and for farewells that a dead network never answers. */
async function endAll(end: () => Promise<void>, liveness: Liveness): Promise<void> {
  const returned = end();
  await within(LENT_GRACE_MS, returned);
  const parting = liveness.open();
  const parted = parting.map(
    (client) =>
      new Promise<void>((resolve) => {
        client.once('end', () => {
          resolve();
        });
        if (!liveness.open().includes(client)) resolve();
      }),
  );
  await within(FAREWELL_MS, Promise.all(parted));
  for (const client of liveness.open()) client.destroy();
  await within(FAREWELL_MS, returned);
  liveness.stop();
}

/** Waits for the work, but no longer than this. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]).finally(() => {
    clearTimeout(timer);
  });
}

/** Dates and times stay text: JavaScript's Date would read them in the machine's own zone. */
const TEXT_TYPES = new Set<number>([
  pg.types.builtins.DATE,
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.TIMESTAMPTZ,
]);

const parserOf = pg.types.getTypeParser as (
  oid: number,
  format?: 'text' | 'binary',
) => (value: string) => unknown;

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  format !== 'binary' && TEXT_TYPES.has(oid)
    ? (value: string) => value
    : parserOf(oid, format)) as typeof pg.types.getTypeParser;
