/** Whether a results table, and those of clear rows and histograms beside it, hold the certified rows of the certified scenes. */
import type pg from 'pg';
import { type SceneNow, scenesNow } from '../../database/certified/extractions.js';
import { gapDigests, type ParcelsMet, parcelsMet } from '../../database/certified/parcels-met.js';
import { rowDigests } from '../../database/certified/row-digests.js';
import type { StoredKind } from '../../database/identity/stored-rows.js';
import { bandsOf, clearLayer } from '../../database/ledger/layer-names.js';
import { ALL_STATISTIC_COLUMNS, type StatisticColumn } from '../../database/results/statistic-columns.js';
import { Columns } from '../../database/session/columns.js';
import { findTable } from '../../database/session/identifier.js';
import type { Table } from '../../database/terms.js';
import type { CertifiedRows, CertifiedScene, CertifiedTable } from './certificate.js';
import { gapsDigest, gapsOf, NO_ROWS } from './state-table.js';
import { fails, holds, type Line, note, shortened } from './verdict.js';

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
  { scenes }: CertifiedTable,
  { name, kind, columns, rowsOf }: Part,
  changed: Set<number>,
): Promise<Line[]> {
  const table = await findTable(client, name);
  if (table === undefined) return [fails(`${name} is gone`)];
  const known = await knownColumns(client, table, columns);
  if (typeof known === 'string') return [fails(`${name} has no column ${known} any more`)];
  const obsids = [...new Set(scenes.map(({ obsid }) => obsid))];
  const found = new Map<string, CertifiedRows>();
  for (const { obsid, label, ...rows } of await rowDigests(client, table, kind, known, obsids))
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

/** What the catalogue and the ledger say of the scenes now, and what became of those that have changed. */
async function verifyScenes(
  client: pg.ClientBase,
  { catalogue: name, results, scenes }: CertifiedTable,
  made: string,
  changed: Set<number>,
): Promise<Line[]> {
  const catalogue = await findTable(client, name);
  if (catalogue === undefined) return [fails(`the catalogue ${name} is gone`)];
  const obsids = scenes.map(({ obsid }) => obsid);
  const now = new Map((await scenesNow(client, catalogue, results, obsids)).map((one) => [one.obsid, one]));
  const met = new Map((await parcelsMet(client, results, obsids)).map((one) => [one.obsid, one]));
  const layers = scenes.flatMap(({ obsid, layers: own }) =>
    Object.keys(own).map((layer) => ({ obsid, layer })),
  );
  const gaps = gapsOf(await gapDigests(client, results, layers));
  const lines: Line[] = [];
  const notes: Line[] = [];
  for (const scene of scenes) {
    const { obsid } = scene;
    const { reference = null } = now.get(obsid) ?? {};
    if (reference !== scene.reference)
      lines.push(
        fails(`scene ${obsid} is ${reference ?? 'gone'} in ${name}, ${scene.reference} was certified`),
      );
    const isMet = met.get(obsid)?.digest === scene.parcelsDigest;
    if (!isMet || gapsDigest(gaps.get(obsid) ?? []) !== scene.gapsDigest) {
      changed.add(obsid);
      const what = isMet ? 'parcels have no row, or for other reasons,' : 'parcels are met';
      lines.push(fails(`${results}: scene ${obsid}: by the ledger other ${what} than were certified`));
    }
    notes.push(...whatBecame(scene, now.get(obsid), met.get(obsid), made, changed.has(obsid)));
  }
  const sound = lines.length === 0;
  return [
    ...(sound ? [holds(`${name} and the ledger: the same scenes, parcels and reasons`)] : []),
    ...shortened(lines, 'scenes'),
    ...shortened(notes, 'scenes of which as much can be said'),
  ];
}

/** What parcelwise itself has done with a scene since. */
function whatBecame(
  { obsid, supersededBy }: CertifiedScene,
  now: SceneNow | undefined,
  met: ParcelsMet | undefined,
  made: string,
  isChanged: boolean,
): Line[] {
  const newer = now?.supersededBy ?? null;
  const lines: Line[] = [];
  if (newer !== null && newer !== supersededBy?.obsid)
    lines.push(
      note(
        `scene ${obsid} is superseded by scene ${newer} since; its rows stay, and the views leave them out`,
      ),
    );
  const isLater = met !== undefined && met.lastStored > made;
  if (isChanged && now?.status == null)
    lines.push(
      note(`scene ${obsid} was forgotten since (parcelwise scene forget): the certificate is of rows before`),
    );
  else if (isChanged && isLater)
    lines.push(
      note(
        `scene ${obsid} was renewed since: parcelwise stored rows of it on ${met.lastStored}; make another certificate`,
      ),
    );
  else if (isLater) lines.push(note(`scene ${obsid} has been given more layers since, on ${met.lastStored}`));
  return lines;
}

/** 12,345 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}
