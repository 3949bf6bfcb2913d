/**
 * PostgreSQL's advisory locks that parcelwise takes, each held until its transaction ends. Their numbers mean something only
 * to those who take them, so they stand here together: no two may be alike, and none may change while older workers run.
 */
export const ADVISORY_LOCKS = {
  /** Making and migrating tables: workers that start together would collide. */
  setUp: 7270421,
  /** Entering scenes into one catalogue (second key: its oid), where no unique index keeps two of one reference apart. */
  enterScenes: 7270422,
  /** Ending a scene of one acquisition (second key: its hash): two that end at once would not see each other. */
  acquisition: 7270423,
  /** Making the views over results. */
  views: 7270424,
  /** Claiming scenes for one table of rows (second key: its oid), which is to hold rows of one rule. */
  rules: 7270425,
  /** Storing rows in a table (second key: its oid): shared by claims, alone by who writes the table anew. */
  storing: 7270426,
} as const;

/** A statement that waits for the lock. `second`: an expression of an integer, where the lock is of one thing of a kind. */
export function takeLock(lock: keyof typeof ADVISORY_LOCKS, second?: string): string {
  const keys = [ADVISORY_LOCKS[lock], ...(second === undefined ? [] : [second])];
  return `SELECT pg_advisory_xact_lock(${keys.join(', ')})`;
}

/** No claim that stores in a table begins while somebody has closed it ($1: oids of tables, or of the one that is closed). */
export const CLAIM_GATE = {
  pass: `SELECT pg_advisory_xact_lock_shared(${ADVISORY_LOCKS.storing}, oid::int) FROM unnest($1::oid[]) AS oid`,
  close: takeLock('storing', '$1::oid::int'),
} as const;

/**
 * Whether an import into a table may begin, which it may where no other runs ($1: a name made from the table's): one key of
 * 64 bits, so that it meets none of the others.
 */
export const TRY_IMPORT_LOCK = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS held';
