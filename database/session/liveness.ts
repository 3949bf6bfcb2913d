/**
 * Finds out connections that are half dead. After a failover, or behind a network that lost its routes, a statement waits
 * until the kernel stops sending it again, which takes a quarter of an hour; Node can't set TCP_USER_TIMEOUT. And no limit
 * of time tells a COPY of minutes from one that is lost. So a connection that has been silent is asked about by another.
 */
import type { Connection } from './connection.js';
import { ConnectionLost } from './errors.js';
import { probe, type Probe } from './probe.js';
import type { Watch, WatchedClient } from './watched-client.js';

export interface LivenessLimits {
  /** A statement on whose connection nothing has come through for so long is asked about. Most take less. */
  readonly quietMs: number;
  /** Silent connections are looked at so often. */
  readonly everyMs: number;
  /** A server that takes longer to let us in is no server to us; a busy one takes a second or two. */
  readonly probeMs: number;
  /** A statement that its server has not ended by then, its own limit and a minute over, never will be. */
  readonly statementMs: number;
  /** PgBouncer lets a statement wait for its turn for two minutes, by its query_wait_timeout. */
  readonly queueMs: number;
}

export const LIVENESS: LivenessLimits = {
  quietMs: 10_000,
  everyMs: 5_000,
  probeMs: 15_000,
  statementMs: 16 * 60_000,
  queueMs: 125_000,
};

export class Liveness implements Watch {
  private readonly clients = new Set<WatchedClient>();
  private timer: NodeJS.Timeout | undefined;
  private probing = false;

  constructor(
    private readonly connection: Connection,
    private readonly limits: LivenessLimits = LIVENESS,
  ) {}

  opened(client: WatchedClient): void {
    this.clients.add(client);
  }

  closed(client: WatchedClient): void {
    this.clients.delete(client);
  }

  asked(): void {
    this.timer ??= setInterval(() => {
      // What came while this process was busy is read before it is called silence.
      setImmediate(() => {
        this.tick();
      });
    }, this.limits.everyMs).unref();
  }

  /** The connections that are open or being opened. */
  open(): readonly WatchedClient[] {
    return [...this.clients];
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    const now = performance.now();
    const busy = this.open().filter((client) => client.busyFor(now) > 0);
    if (busy.length === 0) {
      this.stop();
      return;
    }
    for (const client of busy) {
      if (client.unlimited || client.busyFor(now) < this.limits.statementMs) continue;
      client.destroy(lost(client, now, 'and its time is over'));
    }
    const silent = busy.filter((client) => client.silentFor(now) >= this.limits.quietMs);
    if (silent.length === 0 || this.probing) return;
    this.probing = true;
    void probe(this.connection, this.limits.probeMs).then((found) => {
      this.probing = false;
      for (const client of silent) this.judge(client, found);
    });
  }

  private judge(client: WatchedClient, found: Probe): void {
    const now = performance.now();
    // It has spoken meanwhile, or was asked something else.
    if (client.silentFor(now) < this.limits.quietMs || found === 'unknown') return;
    const state = found === 'unreachable' ? found : found(client.sessionName);
    if (state === 'working') {
      client.foundAlive(now);
      return;
    }
    const first = client.doubtedSince === undefined;
    client.doubtedSince ??= now;
    // An answer may be on its way while the server is asked, so it is asked twice.
    if (state === 'gone') client.destroy(lost(client, now, 'and the server knows nothing of it any more'));
    else if (state === 'queued' && now - client.doubtedSince < this.limits.queueMs) return;
    else if (!first) client.destroy(lost(client, now, REASONS[state]));
  }
}

const REASONS = {
  unreachable: 'and no other connection can be made',
  waiting: 'and the server waits for us: what is sent does not arrive',
  queued: 'and no server behind the pooler knows of it',
} as const;

function lost(client: WatchedClient, now: number, why: string): ConnectionLost {
  return new ConnectionLost(Math.round(client.silentFor(now) / 1000), why);
}
