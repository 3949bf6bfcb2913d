/**
 * What can go wrong with the database, told apart by what helps: mending the set-up (`DatabaseSetupError`), waiting
 * (`isTransient`), or nothing, because somebody else has the scene now (`ClaimLost`).
 */
import type { ExtractionKey, Owner } from '../terms.js';

/** A table, column, name or setting is not as it must be. The message says which, and what to do about it. */
export class DatabaseSetupError extends Error {
  override readonly name = 'DatabaseSetupError';
  constructor(
    readonly problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    // A problem of several lines ends in a drawing, which the remedy must not run into.
    super(problem.includes('\n') ? `${problem}\n${remedy}` : `${problem}. ${remedy}`, options);
  }
}

/** The caller no longer holds the claim: it must not write, and trying again cannot help. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
  constructor(key: ExtractionKey, owner: Owner) {
    super(
      `scene ${key.obsid} of ${key.results} is not claimed by ${owner.workflowId} (run ${owner.runId}) any more`,
    );
  }
}

/** A chunk was extracted from other parcels than its plan is about by now: it has to be planned and extracted anew. */
export class PlanChanged extends Error {
  override readonly name = 'PlanChanged';
  constructor(chunk: number, key: ExtractionKey) {
    super(
      `chunk ${chunk} of scene ${key.obsid} of ${key.results} was extracted from parcels that have changed since`,
    );
  }
}

/** `extracted` was asked for while chunks are missing. */
export class LedgerIncomplete extends Error {
  override readonly name = 'LedgerIncomplete';
  constructor(
    key: ExtractionKey,
    readonly missing: number,
    planned: number,
  ) {
    super(
      planned === 0
        ? `scene ${key.obsid} of ${key.results} has no plan yet`
        : `scene ${key.obsid} of ${key.results}: ${missing} of ${planned} chunks are not stored yet`,
    );
  }
}

/** The database could not be reached or refused us; names host, port and database, never the password. */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';
  constructor(
    where: string,
    why: string,
    /** The SQLSTATE or the system's code: `ECONNREFUSED`, `28P01`. */
    readonly code: string | undefined,
    options?: ErrorOptions,
  ) {
    super(`can't connect to ${where}: ${why}`, options);
  }
}

/** A connection on which nothing comes through any more; whether what was asked of it is done, nobody knows. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'ETIMEDOUT';
  constructor(silentSeconds: number, why: string) {
    super(`a database connection is broken: nothing has come through it for ${silentSeconds} s, ${why}`);
  }
}

/** SQLSTATE classes that pass by themselves: 08 connection, 53 resources (disk, memory, connections), 58 input and output. */
const TRANSIENT_CLASSES = new Set(['08', '53', '58']);

/** SQLSTATEs and system codes outside these classes that pass by themselves. */
const TRANSIENT_CODES = new Set([
  '25006', // read-only transaction: a standby before its promotion
  '25P03', // idle in transaction for too long
  '40001', // serialisation failure
  '40P01', // deadlock
  '55P03', // lock not available
  '57014', // statement cancelled, by hand or by statement_timeout
  '57P01', // terminated by an administrator
  '57P02', // another backend crashed
  '57P03', // starting up or shutting down
  '57P05', // idle for too long
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
  'ENOTFOUND', // names come and go with containers
  'EMFILE',
]);

/** What node-postgres says, without a code, of connections that broke. */
const TRANSIENT_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|not queryable|Query read timeout|socket hang up/;

/** The SQLSTATE or system code of an error, looked for in what an `AggregateError` holds too. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}

/** PgBouncer says everything by the code of a broken connection; of these nothing passes until its settings are changed. */
const POOLER_REFUSALS =
  /unsupported startup parameter|statement pooling mode|no such (database|user)|authentication failed/;

/** True where a pooler between us and the database refuses what we ask for. */
export function isPoolerRefusal(error: Error): boolean {
  return errorCode(error) === '08P01' && POOLER_REFUSALS.test(error.message);
}

/** True where the same statement may well succeed later, the set-up being what it is. */
export function isTransient(error: unknown): boolean {
  const code = errorCode(error);
  if (error instanceof Error && isPoolerRefusal(error)) return false;
  // The server's socket file, away while it restarts; of any other file it means what it says.
  if (code === 'ENOENT') return error instanceof ConnectionFailed;
  if (code !== undefined) {
    return (
      TRANSIENT_CODES.has(code) || (/^[0-9A-Z]{5}$/.test(code) && TRANSIENT_CLASSES.has(code.slice(0, 2)))
    );
  }
  return error instanceof Error && TRANSIENT_MESSAGES.test(error.message);
}

/** Of these nobody can say that the server is away: they may be about our own statements. */
const OURS = /^(40...|55P03|57014|25P03|EMFILE)$/;

/** True where the database itself is away, or in no state to serve anybody: nothing that was asked of it is at fault. */
export function isOutage(error: unknown): boolean {
  return isTransient(error) && !OURS.test(errorCode(error) ?? '');
}

/** A failed connection attempt in plain words. Other errors come back as they are. */
export function explainConnection(error: unknown, target: ConnectionTarget): unknown {
  if (error instanceof ConnectionFailed || !(error instanceof Error)) return error;
  const code = errorCode(error) ?? codeOf(error.message);
  const where = `PostgreSQL at ${target.host}:${target.port}, database "${target.database}" as "${target.user}"`;
  return new ConnectionFailed(where, PLAIN_REASONS[code ?? ''] ?? plainMessage(error), code, {
    cause: error,
  });
}

/** The system's code for what node-postgres says without one. */
function codeOf(message: string): string | undefined {
  if (/connection timeout|timeout expired/.test(message)) return 'ETIMEDOUT';
  return message.includes('Connection terminated') ? 'ECONNRESET' : undefined;
}

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

const PLAIN_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is the server running, are host and port right?',
  ENOENT: "the server's socket file is not there. Is the server running?",
  ENOTFOUND: 'there is no host of this name. Is it spelt right?',
  EAI_AGAIN: "the host's name can't be looked up at the moment",
  ETIMEDOUT: 'no answer in time. Is a firewall in between?',
  ECONNRESET: 'the connection was closed again at once. Is it PostgreSQL that listens there?',
  EHOSTUNREACH: 'there is no route to the host',
  '28P01': 'user name or password is wrong',
  '28000': "the server's pg_hba.conf does not let us in",
  '3D000': 'there is no such database',
  '53300': 'the server has no connection to spare',
  '57P03': 'the server is starting up or shutting down',
};

/** An `AggregateError` of Node's dialler has an empty message of its own. */
function plainMessage(error: Error): string {
  if (error.message !== '') return error.message;
  return error instanceof AggregateError
    ? error.errors.map((one) => (one instanceof Error ? one.message : '')).join('; ')
    : error.name;
}

/** Whether PROJ refuses to transform something: that reaches us as an internal error, which names no parcel. */
export function isRefusedByProj(error: unknown): boolean {
  return errorCode(error) === 'XX000';
}
