/**
 * What a session of ours must be set to. It is set anew for each transaction: behind a pooler in transaction mode the next
 * one may run in another session, which other programs have used, and whose settings must not be changed for good. Nothing
 * is asked for at connecting, since poolers refuse what they don't know.
 */

/** Longer than any statement of ours takes on a season of rows, short enough to end one that hangs. */
const STATEMENT_TIMEOUT_MS = 15 * 60_000;
/** A transaction whose client has gone silent gives its locks back after this. */
const IDLE_IN_TRANSACTION_MS = 120_000;

export interface TransactionOptions {
  /** Sees one moment of the database (REPEATABLE READ). What PostgreSQL then can't serialise is done again from its start. */
  readonly snapshot?: boolean | undefined;
  /** It may write nothing but temporary tables. */
  readonly readOnly?: boolean | undefined;
  /** Its statements may take as long as they take. */
  readonly unlimited?: boolean | undefined;
  /** Else each may take so long. */
  readonly statementTimeoutMs?: number | undefined;
  /** So may the pauses between them. */
  readonly idle?: boolean | undefined;
}

/**
 * - UTC, because CbM's timestamps are without zone and mean UTC; the formats are those we read.
 * - The search path is what the role or the database is set to, whatever another program left behind.
 * - A wait for a lock ends with the statement that waits.
 * - By TCP's limits the server notices within a minute that a machine of ours is gone, and gives up its locks.
 */
const SETTINGS = [
  "TimeZone = 'UTC'",
  "DateStyle = 'ISO'",
  "client_encoding = 'UTF8'",
  'standard_conforming_strings = on',
  'extra_float_digits = 1',
  'client_min_messages = warning',
  'search_path TO DEFAULT',
  'lock_timeout = 0',
  'tcp_keepalives_idle = 20',
  'tcp_keepalives_interval = 10',
  'tcp_keepalives_count = 3',
  'tcp_user_timeout = 60000',
];

/** BEGIN and all settings, in one message. The isolation is named, since a role may have another for its default. */
export function beginning({
  snapshot,
  readOnly,
  unlimited,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
  idle,
}: TransactionOptions): string {
  const isolation = snapshot === true ? 'REPEATABLE READ' : 'READ COMMITTED';
  const settings = [
    ...SETTINGS,
    `statement_timeout = ${unlimited === true ? 0 : statementTimeoutMs}`,
    `idle_in_transaction_session_timeout = ${idle === true ? 0 : IDLE_IN_TRANSACTION_MS}`,
  ];
  return [
    `BEGIN ISOLATION LEVEL ${isolation}${readOnly === true ? ' READ ONLY' : ''}`,
    ...settings.map((setting) => `SET LOCAL ${setting}`),
  ].join('; ');
}
