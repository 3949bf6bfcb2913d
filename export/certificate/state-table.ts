/** States what a results table holds of each extracted scene, with its clear rows and histograms. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { AuditedExtraction } from '../../database/certified/extractions.js';
import { type GapDigest, gapDigests, parcelsMet } from '../../database/certified/parcels-met.js';
import { rowDigests } from '../../database/certified/row-digests.js';
import { ALL_CHUNKS } from '../../database/certified/scene-chunks.js';
import type { StoredKind } from '../../database/identity/stored-rows.js';
import { clearLayer } from '../../database/ledger/layer-names.js';
import { ALL_STATISTIC_COLUMNS, type StatisticColumn } from '../../database/results/statistic-columns.js';
import { Columns } from '../../database/session/columns.js';
import { requireTable } from '../../database/session/identifier.js';
import type { CertifiedRows, CertifiedScene, CertifiedTable } from './certificate.js';
import { describeScene, radiometryOf } from './describe-scene.js';
import { publicText } from './public-text.js';
import { countedOnce, requireSums, sumsOf } from './sums.js';

/** The status word of scenes that are certified. */
export const EXTRACTED = 'extracted';

/** The digest of no rows. */
export const NO_ROWS: CertifiedRows = { rows: 0, digest: createHash('sha256').digest('hex') };

/** @param extractions of one results table, the first of which says where clear rows and histograms are */
export async function stateTable(
  client: pg.ClientBase,
  extractions: readonly AuditedExtraction[],
  tell: (step: string) => void,
): Promise<CertifiedTable> {
  const [{ catalogue, results, clear, hists } = none()] = extractions;
  const extracted = extractions.filter(({ status }) => status === EXTRACTED);
  const whole = extracted.map(({ obsid }) => ({ obsid, chunks: ALL_CHUNKS }));
  const rows = new Map<string, CertifiedRows>();
  const digest = async (name: string, kind: StoredKind, label: (band: string) => string) => {
    tell(`digesting the rows of ${name}`);
    const columns = kind === 'hists' ? [] : await statisticsOf(client, name);
    const table = await requireTable(client, name, `${kind}_table`);
    for (const found of await rowDigests(client, results, { table, kind, columns }, whole))
      rows.set(rowsKey(found.obsid, label(found.label)), { rows: found.rows, digest: found.digest });
    return columns;
  };
  const columns = {
    results: await digest(results, 'results', (band) => band),
    ...(clear !== null && { clear: await digest(clear, 'clear', clearLayer) }),
  };
  if (hists !== null) await digest(hists, 'hists', (label) => label);
  const scenes = await stateScenes(client, extracted, rows);
  return {
    ...{ catalogue, results, ...(clear !== null && { clear }), ...(hists !== null && { hists }) },
    columns,
    selections: selectionsOf(extracted),
    measured: measuredOf(extracted),
    parcelSets: [...new Set(extracted.flatMap(({ parcelSets }) => parcelSets))].sort(),
    sums: sumsOf(scenes),
    scenes,
    ended: extractions
      .filter(({ status }) => status !== EXTRACTED && !OPEN.has(status))
      .map(({ obsid, reference, status, reason }) => {
        return { obsid, reference, status, reason: reason === null ? null : publicText(reason) };
      }),
    open: extractions.filter(({ status }) => OPEN.has(status)).length,
  };
}

/** Of a scene without chunks. */
export const NONE_MET = { parcels: 0, chunks: 0, digest: NO_ROWS.digest };

const OPEN = new Set(['ingested', 'inprogress']);
const HIST = 'hist';

const rowsKey = (obsid: number, label: string): string => `${obsid} ${label}`;

function none(): never {
  throw new Error('a table without extractions');
}

/** Columns that we fill, in one order. */
async function statisticsOf(client: pg.ClientBase, name: string): Promise<StatisticColumn[]> {
  const table = await requireTable(client, name, 'results_table');
  const columns = await Columns.of(client, table);
  return ALL_STATISTIC_COLUMNS.filter((column) => columns.named(column) !== undefined);
}

async function stateScenes(
  client: pg.ClientBase,
  extracted: readonly AuditedExtraction[],
  rows: ReadonlyMap<string, CertifiedRows>,
): Promise<CertifiedScene[]> {
  const [{ results } = { results: '' }] = extracted;
  const whole = extracted.map(({ obsid }) => ({ obsid, chunks: ALL_CHUNKS }));
  const met = new Map((await parcelsMet(client, results, whole)).map((one) => [one.obsid, one]));
  const layers = extracted.flatMap((one) =>
    layersOf(one).map((layer) => ({ obsid: one.obsid, chunks: ALL_CHUNKS, layer })),
  );
  const gaps = gapsOf(await gapDigests(client, results, layers));
  return extracted.map((one) => {
    const { obsid } = one;
    const { parcels, chunks, digest: parcelsDigest } = met.get(obsid) ?? NONE_MET;
    const missing = gaps.get(obsid) ?? [];
    const layers: CertifiedScene['layers'] = {};
    for (const layer of layersOf(one)) {
      const gaps: Record<string, number> = {};
      for (const gap of missing) if (gap.layer === layer) gaps[gap.reason] = gap.parcels;
      layers[layer] = { ...(rows.get(rowsKey(obsid, layer)) ?? NO_ROWS), gaps };
    }
    const scene: CertifiedScene = {
      ...describeScene(one),
      ...{ parcels, chunks, parcelsDigest, gapsDigest: gapsDigest(missing) },
      layers,
      ...(one.hists !== null && { hists: rows.get(rowsKey(obsid, HIST)) ?? NO_ROWS }),
      ...(one.supersededBy && { supersededBy: one.supersededBy }),
    };
    requireSums(scene);
    return scene;
  });
}

function layersOf({ bands, clearBands }: AuditedExtraction): string[] {
  return [...bands, ...clearBands.map(clearLayer)];
}

/** By scene. */
export function gapsOf(gaps: readonly GapDigest[]): Map<number, GapDigest[]> {
  const found = new Map<number, GapDigest[]>();
  for (const gap of gaps) {
    const ofScene = found.get(gap.obsid);
    if (ofScene === undefined) found.set(gap.obsid, [gap]);
    else ofScene.push(gap);
  }
  return found;
}

/** Of all gaps of a scene in one order. */
export function gapsDigest(gaps: readonly GapDigest[]): string {
  const lines = gaps.map(({ layer, reason, digest }) => `${layer} ${reason} ${digest}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function measuredOf(extracted: readonly AuditedExtraction[]): CertifiedTable['measured'] {
  return countedOnce(extracted, (one) => {
    const { card, bands, clearBands, rule } = one;
    return { card, bands, clearBands, radiometry: radiometryOf(one), rule };
  }) as CertifiedTable['measured'];
}

function selectionsOf(extracted: readonly AuditedExtraction[]): CertifiedTable['selections'] {
  const known = extracted.flatMap(({ selection }) => selection ?? []);
  return countedOnce(known, ({ tables: { catalogue, aois, parcels }, aoi, period, card, minAreaM2 }) => {
    return { tables: { catalogue, aois, parcels }, aoi, period, card, minAreaM2 };
  });
}
