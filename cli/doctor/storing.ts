/** Looks at whether rows get where they are to be kept, and whether broken connections can be found out. */
import type pg from 'pg';
import { currentBandNames } from '../../campaigns/former-names.js';
import { CARD_TYPES } from '../../cards/card-types.js';
import type { CheckedTables } from '../../database/selection/check.js';
import type { DatabaseConfig } from '../../database/selection/config.js';
import { LIVENESS } from '../../database/session/liveness.js';
import { probe } from '../../database/session/probe.js';
import { schemaVersion } from '../../database/session/schema.js';
import { whyReadOnly } from '../../database/session/server.js';
import { tryStoring } from '../../database/selection/trial.js';
import { advice, fault, type Finding, ok, skipped } from './finding.js';

/** Rows are stored on trial and taken back, with the bands that each CARD type has by itself. */
export async function lookAtStoring(
  pool: pg.Pool,
  checked: CheckedTables,
  { bandNames }: DatabaseConfig,
): Promise<Finding> {
  if ((await schemaVersion(pool)) === 0) return skipped('storing', 'not without the schema parcelwise');
  const tried: string[] = [];
  for (const card of CARD_TYPES) {
    const bands = card.defaultBands.map((band) => card.bandName(band, currentBandNames(bandNames)));
    if (await tryStoring(pool, { ...checked, card: card.code }, bands)) tried.push(card.code);
  }
  return tried.length > 0
    ? ok('storing', `rows of ${tried.join(', ')} can be stored (tried and taken back)`)
    : // Nothing is at fault where everything is extracted.
      advice(
        'storing',
        'not tried: there is no scene still to be extracted, or no parcel, to try it with',
        '',
      );
}

/** A pooler in between is welcome, as long as it hands on what sessions are called. */
export async function lookAtSessions(pool: pg.Pool, { connection }: DatabaseConfig): Promise<Finding[]> {
  const readOnly = await whyReadOnly(pool);
  const closed = fault(
    'sessions',
    readOnly === 'standby'
      ? 'this server is a standby, and takes no writes'
      : 'transactions are read-only by default',
    readOnly === 'standby'
      ? 'Name the primary server'
      : 'Take default_transaction_read_only from role and database',
  );
  const found = await probe(connection, LIVENESS.probeMs);
  return [
    ...(readOnly === undefined ? [] : [closed]),
    ...(typeof found === 'function'
      ? []
      : [
          advice(
            'sessions',
            'the server does not see what sessions are called (application_name), so a broken connection is found out after 16 minutes only',
            'Let the pooler hand application_name on, or connect to PostgreSQL directly',
          ),
        ]),
  ];
}
