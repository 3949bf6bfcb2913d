/** The demo's last words: what was done, in figures, and what it looks like for one parcel. */
import type pg from 'pg';
import { duration } from '../terminal/duration.js';
import { endedScenes } from '../terminal/progress-bar.js';
import type { Progress } from '../workflows/messages.js';
import { type Card, tablesOf } from './demo-setup.js';
import type { Crop } from './season/crops.js';
import type { World } from './season/world.js';
import { ndviChart } from '../terminal/series-chart.js';
import { clearestParcel, clearRows, ndviSeries, type SeriesTables } from './series.js';

export interface CampaignAccount {
  readonly card: Card;
  readonly progress: Progress;
  readonly seconds: number;
}

/** Its season is easy to recognise: green in April, yellow in July. */
const CROP: Crop = 'winter wheat';
/** The CARD type that has clear rows. */
const CLEARED: Card = 's2';
const WIDEST = 100;

export async function account(
  pool: pg.Pool,
  season: World,
  campaigns: readonly CampaignAccount[],
  seconds: number,
): Promise<string> {
  const scenes = sum(campaigns, ({ progress }) => endedScenes(progress));
  const rows = sum(campaigns, ({ progress }) => progress.rows);
  const clear = await clearRows(pool, seriesTables());
  const counts = `${number(rows)} rows and ${number(clear)} clear ones`;
  return [
    '',
    `${number(scenes)} scenes, ${number(season.parcels.length)} parcels, ${counts} in ${duration(seconds)}`,
    '',
    ...table([
      ['CARD', 'scenes', 'parcels met', 'rows', 'clear rows', 'seconds'],
      ...campaigns.map(({ card, progress, seconds: taken }) => [
        card,
        Object.entries(progress.ended)
          .map(([status, count]) => `${count} ${status}`)
          .join(', '),
        number(progress.parcels),
        number(progress.rows),
        card === CLEARED ? number(clear) : '-',
        taken.toFixed(1),
      ]),
    ]),
    '',
    await chart(pool),
  ].join('\n');
}

async function chart(pool: pg.Pool): Promise<string> {
  const tables = seriesTables();
  const pid = await clearestParcel(pool, tables, CROP);
  if (pid === undefined) return `No scene shows a parcel of ${CROP}.\n`;
  const series = await ndviSeries(pool, tables, pid);
  const width = Math.min(WIDEST, process.stdout.columns || WIDEST);
  return `NDVI of parcel ${pid}, ${CROP}: of its clear pixels, and of all (raw) where that differs\n\n${ndviChart(series, width)}`;
}

function seriesTables(): SeriesTables {
  const { clear, ...tables } = tablesOf(CLEARED);
  return { ...tables, clear: clear ?? '' };
}

/** Columns of text, the first two to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('   ')
      .trimEnd(),
  );
}

function sum(campaigns: readonly CampaignAccount[], of: (campaign: CampaignAccount) => number): number {
  return campaigns.reduce((total, campaign) => total + of(campaign), 0);
}

function number(value: number): string {
  return value.toLocaleString('en');
}
