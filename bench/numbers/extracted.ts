/** A case's scene by one rule: extracted into tables of its own that keep every digit, and compared with what others find. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_STATISTIC_COLUMNS } from '../../database/results/statistic-columns.js';
import { runForJson } from '../child.js';
import type { Case } from '../faithful/cases.js';
import { pythonProgram } from '../ground.js';
import { runCommand } from '../product/command.js';
import type { Site } from '../product/site.js';
import { type Layers, OWN } from './layers.js';
import type { Rule } from './rules.js';

/** What numbers_peer.py says of the rows of one kind. */
export interface Compared {
  /** "raw bands", "clear indices". */
  readonly what: string;
  readonly rows: number;
  readonly gaps: number;
  readonly missing: number;
  readonly extra: number;
  /** Rows with another count. */
  readonly counts: number;
  /** Of rows by shares: another minimum or maximum, or, of shrunken parcels, percentile: pixels of next to no share decide them. */
  readonly extremes: number;
  /** Numbers that differ by more than is let pass. */
  readonly values: number;
  /** Gaps with another reason. */
  readonly reasons: number;
  readonly largest: number;
  readonly largestCount: number;
}

export interface Comparison {
  readonly parcels: number;
  /** Those whose rings cross, of which nobody agrees what share of a pixel they cover. */
  readonly leftOut: number;
  readonly examples: readonly string[];
  readonly compared: readonly Compared[];
}

export interface BesideSpyndex {
  readonly index: string;
  readonly theirs: string;
  readonly pixels: number;
  /** Pixels that only one of both has a value in. */
  readonly onlyOne: number;
  readonly largest: number;
}

/** Wide enough for names as they are, and in double precision. */
const TABLE = (name: string) => `
  CREATE TABLE ${name} (pid integer, obsid integer, band text,
    ${ALL_STATISTIC_COLUMNS.map((column) => `${column} double precision`).join(', ')})`;

interface Config {
  readonly database: {
    readonly connection: object;
    readonly tables: Readonly<Record<string, string | undefined>>;
    readonly args: object;
  };
}

export interface Scene {
  readonly obsid: number;
  readonly card: string;
}

/** Extracts the scene by the rule, the `number`th of the site. */
export async function extractBy(
  site: Site,
  { obsid, card }: Scene,
  { names, hasClasses }: Layers,
  { args }: Rule,
  number: number,
): Promise<void> {
  const file = join(site.folder, 'db_config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Config;
  const tables = { results_table: `sigs_${number}`, ...(hasClasses && { clear_table: `clear_${number}` }) };
  for (const name of Object.values(tables)) await site.pool.query(TABLE(name));
  const changed: Config = {
    database: {
      ...config.database,
      // Histograms are the faithful mode's to compare.
      tables: { ...config.database.tables, hists_table: undefined, ...tables },
      args: {
        ...config.database.args,
        ...args,
        bands: names,
        // As numbers_peer.py names them: B04, VV.
        band_names: card === 's2' ? 'api' : 'scripts',
        indices: card === 's2' ? OWN : {},
      },
    },
  };
  writeFileSync(file, JSON.stringify(changed), { mode: 0o600 });
  await site.pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = $1`, [obsid]);
  await runCommand(site, ['extract', '--card', card, String(obsid)]);
}

/** The rows of the rule that was last extracted by. */
export function compareRows(python: string, site: Site, scene: Scene, one: Case): Promise<Comparison> {
  return runForJson<Comparison>(python, [
    pythonProgram('numbers_peer.py'),
    ...peerArguments(site, scene, one),
  ]);
}

/** Pixels of indices beside spyndex's. */
export function compareIndices(
  python: string,
  site: Site,
  scene: Scene,
  one: Case,
): Promise<readonly BesideSpyndex[]> {
  const args = [pythonProgram('numbers_peer.py'), 'spyndex', ...peerArguments(site, scene, one)];
  return runForJson<{ indices: readonly BesideSpyndex[] }>(python, args).then(({ indices }) => indices);
}

function peerArguments(site: Site, { obsid }: Scene, { folder }: Case): string[] {
  return [join(site.folder, 'db_config.json'), String(obsid), join(folder, 'eodata')];
}
