/** Asks, by a connection made for the purpose, what the server does for other connections of ours. */
import pg from 'pg';
import type { Connection } from './connection.js';
import { errorCode } from './errors.js';
import { sessionName } from './watched-client.js';

/**
 * - `working`: the server works on a statement of that session.
 * - `waiting`: the session is there, but waits for us: what either side has sent does not arrive.
 * - `gone`: the server knows no such session.
 * - `queued`: nor does it, but a pooler lies in between, where the statement may wait for its turn.
 */
export type SessionState = 'working' | 'waiting' | 'gone' | 'queued';

/** `unreachable`: nobody answers there. `unknown`: somebody does, but does not say. */
export type Probe = 'unreachable' | 'unknown' | ((session: string) => SessionState);

interface Session {
  readonly name: string;
  readonly pid: number;
  readonly state: string | null;
  readonly waits: string | null;
}

/** A role sees all of its own sessions. */
const SESSIONS = `
  SELECT application_name AS name, pid, state, wait_event AS waits FROM pg_stat_activity
  WHERE application_name LIKE 'parcelwise %' AND state IS NOT NULL`;

/** Never throws. @param limitMs after which nobody is taken to be there. */
export async function probe(connection: Connection, limitMs: number): Promise<Probe> {
  const name = sessionName();
  const client = new pg.Client({ ...connection, application_name: name });
  client.on('error', () => undefined);
  const progress = { entered: false };
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    // What came while this process was busy is read before the time is called up.
    timer = setTimeout(() => setImmediate(resolve, undefined), limitMs);
  });
  const look = async (): Promise<Probe> => {
    await client.connect();
    progress.entered = true;
    const { rows } = await client.query<Session>(SESSIONS);
    return statesOf(rows, name, client);
  };
  const asked = look().catch((error: unknown): Probe => {
    // A refusal in PostgreSQL's own words is an answer too.
    return progress.entered || /^[0-9A-Z]{5}$/.test(errorCode(error) ?? '') ? 'unknown' : 'unreachable';
  });
  const found = await Promise.race([asked, limit]);
  clearTimeout(timer);
  client.connection.stream.destroy();
  return found ?? (progress.entered ? 'unknown' : 'unreachable');
}

function statesOf(sessions: readonly Session[], self: string, client: pg.Client): Probe {
  // Poolers may add to a name. One that keeps names from the server leaves nothing to find, not even ourselves.
  const find = (name: string) => sessions.find((session) => session.name.startsWith(name));
  const own = find(self);
  if (own === undefined) return 'unknown';
  const pooled = (client as unknown as { processID: number | null }).processID !== own.pid;
  return (name) => {
    const session = find(name);
    if (session === undefined) return pooled ? 'queued' : 'gone';
    const talking = session.waits === 'ClientRead' || session.waits === 'ClientWrite';
    return session.state === 'active' && !talking ? 'working' : 'waiting';
  };
}
