/**
 * What a campaign would do, told before it begins: scenes, parcels, bytes from the store, rows, disk and time. Where there
 * are many scenes it looks at some of them, evenly spread over the period, and reckons the rest from these.
 *
 * Terms. *Forecast*: all of that, for people and as JSON; the plan of a scene's chunks is another thing. *Sample*: the scenes
 * that are looked at. *Figures*: what earlier extractions took, which the time is reckoned from.
 */
import type pg from 'pg';
import { cardType } from '../cards/card-types.js';
import { canonicalTables, type CheckedSelection } from '../database/selection/check.js';
import { checkRadiometry } from '../database/scenes/facts.js';
import {
  countSelected,
  measuredSpeed,
  otherCards,
  rowWidths,
  sampleScenes,
} from '../database/results/forecast-figures.js';
import { tellExtractedElsewhere } from '../database/scenes/other-tables.js';
import { countStatuses, tellWithoutFootprint } from '../database/scenes/scenes.js';
import type { Selections } from '../campaigns/selections.js';
import type { DatabaseConfig } from '../database/selection/config.js';
import { requireSchema } from '../database/session/schema.js';
import type { ObjectStore } from '../store/object-store.js';
import type { CampaignRequest } from '../campaigns/options.js';
import type { Order, SceneRef } from '../campaigns/order.js';
import { type Time, timeOf } from './forecast-time.js';
import { orderOf } from '../campaigns/make-order.js';
import { namedFor } from '../campaigns/name-layers.js';
import { classBandOf, ruleOf } from '../campaigns/rule.js';
import { clearLayer } from '../database/ledger/layer-names.js';
import { requireOneRule } from '../database/ledger/rule.js';
import { selectionOf } from '../campaigns/order.js';
import { countWaiting, listWaiting } from '../campaigns/waiting.js';
import type { Download, Rows } from './figures.js';
import { type Look, lookAt } from './look.js';

export interface Forecast {
  readonly campaign: Pick<Order, 'card' | 'bands' | 'aoi' | 'period' | 'tables'>;
  /** Scenes of the area and period, by CARD type and status word. */
  readonly scenes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Scenes to extract, and those of them that were looked at. */
  readonly waiting: number;
  readonly looked: number;
  /** Parcels of the area, and how often a scene meets one. */
  readonly parcels: { readonly selected: number; readonly met: number };
  readonly download: Download;
  readonly rows: Rows;
  readonly time: Time;
  readonly warnings: readonly string[];
}

export interface ForecastOptions {
  /** Scenes looked at in store and parcel table at most. */
  readonly sample: number;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, share: number | null) => void;
}

/** What a forecast looks at. */
export interface ForecastDependencies {
  readonly pool: pg.Pool;
  readonly config: DatabaseConfig;
  readonly selections: Selections;
  /** @throws S3ConfigError where none is configured. */
  readonly bucket: () => ObjectStore;
}

/** @throws DatabaseSetupError, StoreDenied, StoreFailure */
export async function forecast(
  dependencies: ForecastDependencies,
  request: CampaignRequest,
  options: ForecastOptions,
): Promise<Forecast> {
  const { pool } = dependencies;
  await requireSchema(pool);
  const asked = orderOf(request, dependencies.config);
  const selection = await dependencies.selections.check(selectionOf(asked));
  const order = { ...asked, tables: canonicalTables(selection), bands: namedFor(asked, selection) };
  const { catalogue, card, period } = selection;
  const blind = await tellWithoutFootprint(pool, catalogue, card, period);
  const radiometry = await checkRadiometry(
    pool,
    selection,
    order.radiometry,
    cardType(order.card).radiometry,
  );
  await requireOneRule(pool, selection, ruleOf(order));
  const elsewhere = await tellExtractedElsewhere(pool, selection);
  const warnings = [...selection.warnings, ...blind, ...elsewhere, ...radiometry];
  options.onProgress('parcels of the area', null);
  const selected = await countSelected(pool, selection);
  const statuses = await countStatuses(pool, selection);
  const waiting = await countWaiting(pool, selection, order);
  const sample = await sampleOf(pool, selection, order, waiting, options.sample);
  const looks = await lookAt(dependencies, selection, order, sample, options);
  const scale = sample.length === 0 ? 0 : waiting / sample.length;

  const whole = looks.filter(({ status }) => status === undefined);
  const total = (of: readonly Look[], what: (look: Look) => number) =>
    Math.round(of.reduce((sum, look) => sum + what(look), 0) * scale);
  const met = total(looks, ({ parcels }) => parcels);
  const download: Download = {
    bytes: total(whole, ({ bytes }) => bytes),
    requests: total(looks, ({ requests }) => requests),
    // Nobody knows beforehand which parcels are under clouds: a catalogue's share is of the whole tile.
    isAtMost: order.skipCloudy === true || looks.some(({ skipped }) => skipped.size > 0),
    incomplete: incompleteOf(looks, scale),
  };
  const rows = await rowsOf(dependencies, selection, order, whole, scale);
  const speed = await measuredSpeed(pool, order.card);
  return {
    campaign: {
      card: order.card,
      bands: order.bands,
      aoi: order.aoi,
      period: selection.period,
      tables: order.tables,
    },
    scenes: { [order.card]: statuses, ...(await otherCards(pool, selection)) },
    waiting,
    looked: sample.length,
    parcels: { selected, met },
    download,
    rows,
    time: timeOf(
      total(whole, () => 1),
      download,
      rows,
      speed,
      order,
    ),
    warnings,
  };
}

/** Evenly spread over the scenes to do; of those whose parcels have changed, or that lack something, the first. */
async function sampleOf(
  pool: pg.Pool,
  selection: CheckedSelection,
  order: Order,
  waiting: number,
  most: number,
): Promise<readonly SceneRef[]> {
  if (waiting === 0) return [];
  if (order.changedOnly === true || order.add === true)
    return await listWaiting(pool, selection, order, undefined, most);
  return await sampleScenes(pool, selection, most);
}

function incompleteOf(looks: readonly Look[], scale: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of looks) if (status !== undefined) counts[status] = (counts[status] ?? 0) + 1;
  return Object.fromEntries(
    Object.entries(counts).map(([status, count]) => [status, Math.round(count * scale)]),
  );
}

/** At most: a parcel without valid pixels has no row, nor has one under clouds where those are skipped. */
async function rowsOf(
  { pool }: ForecastDependencies,
  selection: CheckedSelection,
  order: Order,
  looks: readonly Look[],
  scale: number,
): Promise<Rows> {
  const classBand = classBandOf(order);
  const total = (layersOf: (look: Look) => readonly string[]) =>
    Math.round(looks.reduce((sum, look) => sum + rowsIn(look, layersOf(look)), 0) * scale);
  const width = await rowWidths(pool, selection);
  const results = total(({ bands }) => bands);
  const isClassBand = (band: string) => band === classBand;
  const hists = selection.hists === undefined ? 0 : total(({ bands }) => bands.filter(isClassBand));
  const clear = total(({ clearBands }) => clearBands.map(clearLayer));
  const bytes =
    results * width.results.bytes + clear * (width.clear?.bytes ?? 0) + hists * (width.hists?.bytes ?? 0);
  return { results, clear, hists, bytes: Math.round(bytes), width };
}

function rowsIn({ parcels, skipped }: Look, layers: readonly string[]): number {
  return layers.reduce((sum, layer) => sum + (skipped.get(layer) ?? parcels), 0);
}
