/** The tables of docs/scale.md: a season of Denmark, and of areas of a tenth of each tile, fetched in each way. */
import { between, random } from '../../demo/season/random.js';
import { table } from '../../docs/generate/section.js';
import { number } from '../report.js';
import { type Country, denmark } from './country.js';
import { DAYS } from './passes.js';
import { type Figures, LANE, type Method, reckon, type Taken } from './reckon.js';
import { type Season, simulate, thresholdFor } from './season.js';

/** JRC's own season of Denmark: observations of parcels that are cloudy all over. */
const CLOUDY = 0.38;

/** Skies of which so many observations are cloudy, from many patches to few. */
const WEATHERS = [
  { name: 'many small clouds', power: 0.1 },
  { name: 'few large ones', power: 0.43 },
] as const;

const METHODS: readonly Method[] = [
  'whole objects',
  'only tiles with parcels',
  'only tiles with clear parcels',
];

const CORES = 2;

export function seasonTables(figures: Figures, say: (line: string) => void): string {
  const parts: string[] = [];
  for (const { name, country } of [
    { name: 'All parcels of Denmark', country: denmark(random(1, 'country')) },
    { name: 'An area of a tenth of each tile', country: denmark(random(1, 'country'), inSquare) },
  ]) {
    const seasons = WEATHERS.map(({ name: weather, power }) => {
      say(`${name}: ${weather}`);
      return { weather, season: seasonUnder(country, power) };
    });
    parts.push(`### ${name}`, skyTable(seasons), costTable(seasons, figures));
  }
  return parts.join('\n\n');
}

function seasonUnder(country: Country, power: number): Season {
  return simulate(country, { power, threshold: thresholdFor(country, power, CLOUDY) });
}

/** A square of a tenth of a tile, somewhere in it. */
function inSquare(across: number, down: number, tile: string): boolean {
  const side = Math.sqrt(0.1);
  const next = random(1, 'square', tile);
  const [left, top] = [between(next, 0, 1 - side), between(next, 0, 1 - side)];
  return across >= left && across < left + side && down >= top && down < top + side;
}

interface Under {
  readonly weather: string;
  readonly season: Season;
}

function skyTable(seasons: readonly Under[]): string {
  return table(
    [
      ...['clouds', 'scenes with parcels', 'observations of parcels', 'cloudy all over'],
      ...['full scenes without a cloud over a parcel', 'scenes without a clear parcel'],
    ],
    seasons.map(({ weather, season }) => [
      weather,
      season.scenes.toLocaleString('en'),
      `${number(season.observations / 1e6)} million`,
      percent(season.cloudy / season.observations),
      percent(season.clearScenes / season.wholeScenes),
      percent(season.lostScenes / season.scenes),
    ]),
  );
}

function costTable(seasons: readonly Under[], figures: Figures): string {
  const [{ season: any }] = seasons as [Under];
  const before = reckon(any, 'whole objects', figures);
  const rows = METHODS.flatMap((method) =>
    // What is fetched without looking at clouds is the same under all of them.
    (method === 'only tiles with clear parcels' ? seasons : [{ weather: '', season: any }]).map(
      ({ weather, season }) =>
        costRow(weather === '' ? method : `${method}, ${weather}`, reckon(season, method, figures), before),
    ),
  );
  const columns = ['fetched', 'GB', 'of whole objects', 'of the quota', 'requests'];
  return table(
    [
      ...columns,
      'requests a minute at full speed',
      'hours on the line',
      'core hours',
      `hours of ${CORES} cores`,
    ],
    rows,
  );
}

function costRow(name: string, taken: Taken, before: Taken): string[] {
  return [
    ...[name, number(taken.bytes / 1e9), percent(taken.bytes / before.bytes)],
    percent(taken.bytes / (LANE.bytesA30Days * (DAYS / 30))),
    Math.round(taken.requests).toLocaleString('en'),
    Math.round(taken.requestsAMinute).toLocaleString('en'),
    ...[number(taken.hours), number(taken.coreHours), number(taken.coreHours / CORES)],
  ];
}

function percent(share: number): string {
  return `${number(100 * share)} %`;
}
