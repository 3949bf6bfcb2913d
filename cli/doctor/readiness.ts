/** What still keeps a campaign from running, in lines of words, for `init` to end with. */
import type pg from 'pg';
import { lookOverTables } from '../../database/selection/check.js';
import type { DatabaseConfig } from '../../database/selection/config.js';
import { faultOf, type Finding, look } from './finding.js';
import { lookAtStoring } from './storing.js';

export async function lookAtReadiness(pool: pg.Pool, config: DatabaseConfig): Promise<string[]> {
  const { tables, aoi, period, minAreaM2 } = config;
  const found = await look('tables', async () => {
    const { checked, faults } = await lookOverTables(pool, { tables, aoi, period, minAreaM2 });
    if (checked === undefined) return faults.map((one) => faultOf('tables', one));
    return await lookAtStoring(pool, checked, config);
  });
  return found.filter(({ state }) => state === 'fault').map(toSentence);
}

function toSentence({ found, remedy }: Finding): string {
  return `before a campaign: ${found}${remedy === undefined ? '' : `. ${remedy}`}`;
}
