/** Whether a results table, and those of clear rows and histograms beside it, hold the certified rows of the certified scenes. */
import type pg from 'pg';
import { rowDigests } from '../../database/certified/row-digests.js';
import type { StoredKind } from '../../database/identity/stored-rows.js';
import { bandsOf, clearLayer } from '../../database/ledger/layer-names.js';
import { ALL_STATISTIC_COLUMNS, type StatisticColumn } from '../../database/results/statistic-columns.js';
import { Columns } from '../../database/session/columns.js';
import { findTable } from '../../database/session/identifier.js';
import type { Table } from '../../database/terms.js';
import type { CertifiedRows, CertifiedScene, CertifiedTable } from './certificate.js';
import { NO_ROWS } from './state-table.js';
import { fails, holds, type Line, shortened } from './verdict.js';
import { verifyScenes } from './verify-scenes.js';

/** @param made when the certificate was made */
export async function verifyTable(
  client: pg.ClientBase,
  certified: CertifiedTable,
  made: string,
): Promise<Line[]> {
  const changed = new Set<number>();
  const rows: Line[] = [];
  for (const part of partsOf(certified)) rows.push(...(await verifyRows(client, certified, part, changed)));
  const scenes = await verifyScenes(client, certified, made, changed);
  return [...rows, ...scenes];
}

interface Part {
  readonly name: string;
  readonly kind: StoredKind;
  readonly columns: readonly string[];
  readonly rowsOf: (scene: CertifiedScene) => Readonly<Record<string, CertifiedRows>>;
}

function partsOf({ results, clear, hists, columns }: CertifiedTable): Part[] {
  const layersOf = (scene: CertifiedScene, isClear: boolean): Record<string, CertifiedRows> => {
    const { bands, clearBands } = bandsOf(Object.keys(scene.layers));
    return Object.fromEntries(
      (isClear ? clearBands : bands).map((band) => [band, scene.layers[isClear ? clearLayer(band) : band]!]),
    );
  };
  return [
    { name: results, kind: 'results', columns: columns.results, rowsOf: (scene) => layersOf(scene, false) },
    ...(clear === undefined
      ? []
      : [
          {
            ...{ name: clear, kind: 'clear' as const, columns: columns.clear ?? [] },
            rowsOf: (scene: CertifiedScene) => layersOf(scene, true),
          },
        ]),
    ...(hists === undefined
      ? []
      : [
          {
            ...{ name: hists, kind: 'hists' as const, columns: [] },
            rowsOf: (scene: CertifiedScene) => (scene.hists === undefined ? {} : { hist: scene.hists }),
          },
        ]),
  ];
}

async function verifyRows(
  client: pg.ClientBase,
  { results, scenes }: CertifiedTable,
  { name, kind, columns, rowsOf }: Part,
  changed: Set<number>,
): Promise<Line[]> {
  const table = await findTable(client, name);
  if (table === undefined) return [fails(`${name} is gone`)];
  const known = await knownColumns(client, table, columns);
  if (typeof known === 'string') return [fails(`${name} has no column ${known} any more`)];
  const found = new Map<string, CertifiedRows>();
  const digested = { table, kind, columns: known };
  for (const { obsid, label, ...rows } of await rowDigests(client, results, digested, scenes))
    found.set(`${obsid} ${label}`, rows);
  const lines: Line[] = [];
  let count = 0;
  for (const scene of scenes)
    for (const [label, certified] of Object.entries(rowsOf(scene))) {
      count += certified.rows;
      const now = found.get(`${scene.obsid} ${label}`) ?? NO_ROWS;
      if (now.digest === certified.digest && now.rows === certified.rows) continue;
      changed.add(scene.obsid);
      const where = kind === 'hists' ? 'histograms' : `band ${label}`;
      lines.push(fails(`${name}: scene ${scene.obsid}, ${where}: ${difference(certified, now)}`));
    }
  return lines.length === 0
    ? [
        holds(
          `${name}: ${grouped(count)} ${NOUN[kind]} of ${grouped(scenes.length)} scenes, all as certified`,
        ),
      ]
    : shortened(lines, `scenes and bands of ${name}`);
}

const NOUN = { results: 'rows', clear: 'clear rows', hists: 'histograms' } as const;

function difference(certified: CertifiedRows, now: CertifiedRows): string {
  return now.rows === certified.rows
    ? `${grouped(now.rows)} rows as certified, but not the same ones: values or parcels were changed`
    : `${grouped(now.rows)} rows, ${grouped(certified.rows)} were certified`;
}

/** Only names that are ours reach a statement. @returns the one that is not there, where one is not */
async function knownColumns(
  client: pg.ClientBase,
  table: Table,
  names: readonly string[],
): Promise<StatisticColumn[] | string> {
  const columns = await Columns.of(client, table);
  const known: StatisticColumn[] = [];
  for (const name of names) {
    const column = ALL_STATISTIC_COLUMNS.find((one) => one === name);
    if (column === undefined || columns.named(column) === undefined) return name;
    known.push(column);
  }
  return known;
}

/** 12,345 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}
