/** Real pixels and parcels with known peculiarities, which lie beside the project on the machines of its founders only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface CaseFile {
  readonly name: string;
  readonly srid: string;
  readonly scenes: readonly {
    readonly obsid: number;
    readonly status_before: string;
    readonly status_expected: string;
  }[];
  readonly campaign: {
    readonly card: string;
    readonly aoi: string;
    readonly startdate: string;
    readonly enddate: string;
    readonly bands: readonly string[] | null;
  };
}

/** None where they are not there. */
export function realCases(): Case[] {
  const folder = join(process.env.PARCELWISE_SHARED ?? join(ROOT, '..', 'shared'), 'data', 'cases');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'case.json')))
    .map((name) => {
      const { srid, campaign, scenes } = JSON.parse(
        readFileSync(join(folder, name, 'case.json'), 'utf8'),
      ) as CaseFile;
      const { card, aoi, startdate, enddate, bands } = campaign;
      return {
        name,
        what: `real pixels; ${srid}`,
        folder: join(folder, name),
        cards: [card],
        obsids: scenes
          .filter((scene) => scene.status_before === 'ingested' && scene.status_expected === 'extracted')
          .map(({ obsid }) => obsid),

        ...(bands && { bands }),
        aoi,
        period: { start: startdate, end: enddate },
        inDegrees: srid.includes('EPSG:4326'),
        load: async (pool) => {
          await pool.query(readFileSync(join(folder, name, 'database.sql'), 'utf8'));
        },
      };
    });
}
