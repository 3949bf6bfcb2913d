/** Selections of campaigns, checked against the database once in a while and not at every step. */
import type pg from 'pg';
import { checkSelection, type CheckedSelection } from '../database/selection/check.js';
import { requireSameDatabase } from '../database/session/database-id.js';
import { type PreparedSelection, toSelection } from './order.js';

/** A check is good for so long: tables do not change under a campaign, but a mended one should be seen soon. Each campaign has its own. */
const CHECK_TTL_MS = 60_000;

/** Selections already checked against the database. */
export class Selections {
  private readonly checked = new Map<
    string,
    { readonly selection: Promise<CheckedSelection>; readonly until: number }
  >();

  constructor(private readonly pool: pg.Pool) {}

  /** @throws DatabaseSetupError naming the database, table or column that is wrong, and the remedy. */
  check(selection: PreparedSelection): Promise<CheckedSelection> {
    const checked = toSelection(selection);
    const key = JSON.stringify(Object.values(checked));
    const known = this.checked.get(key);
    if (known && known.until > Date.now()) return known.selection;
    const fresh = requireSameDatabase(this.pool, checked.database).then(() =>
      checkSelection(this.pool, checked),
    );
    for (const [old, { until }] of this.checked) if (until <= Date.now()) this.checked.delete(old);
    this.checked.set(key, { selection: fresh, until: Date.now() + CHECK_TTL_MS });
    fresh.catch(() => this.checked.delete(key));
    return fresh;
  }
}
