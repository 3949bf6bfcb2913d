/** The queries of docs/questions.md, each run on a season whose answers are known. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { tellOrbits } from '../../campaigns/tell-orbits.js';
import { VIEWED_CARDS } from '../../campaigns/viewed-cards.js';
import { makeResultsViews } from '../../database/results/results-views.js';
import { query } from '../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason, SELECTION } from '../database/season.js';

const PAGE = readFileSync(new URL('../../../docs/questions.md', import.meta.url), 'utf8');

/** Queries by the headings they stand under; the page's own beginning is one too. */
const QUESTIONS = new Map(
  PAGE.split(/^#+ /m)
    .slice(1)
    .map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(/^```sql\n([^]*?)^```/gm)].map(([, sql = '']) => sql),
    ]),
);

/** Clear NDVI of parcels 1 (mown), 2 (ploughed) and 3 (left alone) by day; 22 April is cloudy. */
const NDVI: readonly (readonly [day: string, ...ndvi: (number | null)[]])[] = [
  ['2024-04-02', 0.6, 0.6, 0.6],
  ['2024-04-12', 0.7, 0.65, 0.7],
  ['2024-04-22', null, null, null],
  ['2024-05-02', 0.5, 0.25, 0.75],
  ['2024-05-12', 0.6, 0.2, 0.75],
  ['2024-07-11', 0.3, 0.2, 0.75],
];
const COHERENCE: readonly (readonly [day: string, ...coherence: number[]])[] = [
  ['2024-04-06', 0.3, 0.3, 0.3],
  ['2024-04-18', 0.35, 0.3, 0.3],
  ['2024-04-30', 0.4, 0.6, 0.3],
  ['2024-05-12', 0.4, 0.65, 0.3],
];

/** The answers, by heading: of each of its queries. Days are as PostgreSQL writes them. */
const ANSWERS: Readonly<Record<string, readonly (readonly unknown[][])[]>> = {
  'Questions to a season': [[]],
  'A series without clouds': [
    [
      ['2024-04-02', '0.60', '50', 94],
      ['2024-04-12', '0.70', '50', 94],
      ['2024-05-02', '0.50', '50', 94],
      ['2024-05-12', '0.60', '50', 94],
      ['2024-07-11', '0.30', '50', 94],
    ],
    [
      ['2024-04-02', '0.60'],
      ['2024-04-12', '0.70'],
      ['2024-05-02', '0.50'],
      ['2024-05-12', '0.60'],
      ['2024-07-11', '0.30'],
    ],
  ],
  'How long a parcel was not seen': [[1, 2, 3].map((pid) => [pid, '2024-05-12', '2024-07-11', 60])],
  'Gaps filled': [
    [
      ...[
        ['2024-04-02', '0.60'],
        ['2024-04-12', '0.70'],
        ['2024-04-22', '0.60'],
        ['2024-05-02', '0.50'],
        ['2024-05-12', '0.60'],
      ],
      ...[
        ['2024-05-22', '0.55'],
        ['2024-06-01', '0.50'],
        ['2024-06-11', '0.45'],
        ['2024-06-21', '0.40'],
        ['2024-07-01', '0.35'],
        ['2024-07-11', '0.30'],
      ],
    ],
  ],
  Mowing: [
    [
      [1, '2024-04-12', '2024-05-02', '0.70', '0.50', '0.60'],
      [2, '2024-04-12', '2024-05-02', '0.65', '0.25', '0.20'],
    ],
  ],
  Ploughing: [[[2, '2024-04-12', '2024-05-02', '0.25', '2024-04-30', '0.30']]],
  'Whether anything grew': [[[2, '3', '0.25']]],
  'Parcels of several crops': [
    [
      [3, '0.30', '5'],
      [2, '0.20', '5'],
      [1, '0.10', '5'],
    ],
  ],
  'Unlike its peers': [
    [
      ['meadow', 3, '0.24', '5'],
      ['meadow', 2, '0.22', '5'],
      ['meadow', 1, '0.00', '5'],
    ],
  ],
  'Features of a classifier': [
    [
      [1, [0.6, 0.7, null, 0.5, 0.6, null], [-10, ...nulls(5)], [-20, ...nulls(5)]],
      [2, [0.6, 0.65, null, 0.25, 0.2, null], nulls(6), nulls(6)],
      [3, [0.6, 0.7, null, 0.75, 0.75, null], nulls(6), nulls(6)],
    ],
  ],
  'Radar of one track': [[['2024-04-06', 51, 'descending', '-10.0', '-20.0', '-10.0']]],
};

function nulls(count: number): null[] {
  return Array.from({ length: count }, () => null);
}

describe('docs/questions.md', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let scenes = 0;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 3 });
    await database.pool.query(`
      DELETE FROM dias_catalogue; CREATE TABLE clear (LIKE sigs); ALTER TABLE parcels ADD crop text DEFAULT 'meadow'`);
    await makeResultsViews(database.pool, { ...SELECTION.tables, clear: 'clear' }, VIEWED_CARDS);
    for (const [day, ...ndvi] of NDVI) {
      const compact = day.replaceAll('-', '');
      const obsid = await scene(day, 's2', `S2A_MSIL2A_${compact}T105619_N0510_R094_T31UES_x.SAFE`);
      for (const [index, clear] of ndvi.entries()) {
        const pid = index + 1;
        await store('sigs', pid, obsid, 'SC', 25, 4);
        await store('sigs', pid, obsid, 'NDV', 100, clear ?? 0.1);
        const hist = clear === null ? '{"9": 25}' : '{"4": 25}';
        await database.pool.query('INSERT INTO hists VALUES ($1, $2, $3)', [pid, obsid, hist]);
        if (clear !== null) await store('clear', pid, obsid, 'NDV', 50, clear, pid / 10);
      }
    }
    for (const [day, ...coherence] of COHERENCE) {
      const compact = day.replaceAll('-', '');
      const obsid = await scene(day, 'c6', `S1A_${compact}T055824_20240325T055825_DESC_CARD_COH6`);
      for (const [index, mean] of coherence.entries())
        await store('sigs', index + 1, obsid, 'VVc', 100, mean);
    }
    const radar = 'S1A_IW_GRDH_1SDV_20240406T055819_20240406T055844_052798_06574A_9703_CARD_BS';
    const obsid = await scene('2024-04-06', 'bs', radar);
    await store('sigs', 1, obsid, 'VVb', 100, 0.1);
    await store('sigs', 1, obsid, 'VHb', 100, 0.01);
    await tellOrbits(database.pool, { key: 'public.dias_catalogue' });
  });
  after(() => database.drop());

  async function scene(day: string, card: string, reference: string): Promise<number> {
    scenes += 1;
    await database.pool.query(
      `INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
       VALUES ($1, $2, $3, 'XX', $4, 'extracted', ST_MakeEnvelope(2.9, 50.8, 3.2, 51.1, 4326))`,
      [scenes, `${day} 10:56:19`, reference, card],
    );
    return scenes;
  }
  async function store(
    table: string,
    pid: number,
    obsid: number,
    band: string,
    count: number,
    mean: number,
    std = 0.5,
  ): Promise<void> {
    await database.pool.query(`INSERT INTO ${table} VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0)`, [
      ...[pid, obsid, band, count, mean, std],
    ]);
  }

  it('has an answer here for each of its questions', () => {
    const asked = [...QUESTIONS].filter(([, queries]) => queries.length > 0);
    assert.deepEqual(
      asked.map(([heading, queries]) => [heading, queries.length]),
      Object.entries(ANSWERS).map(([heading, answers]) => [heading, answers.length]),
    );
  });

  for (const [heading, answers] of Object.entries(ANSWERS))
    it(`answers: ${heading}`, async () => {
      for (const [index, expected] of answers.entries()) {
        const rows = await query<Record<string, unknown>>(
          database.pool,
          QUESTIONS.get(heading)?.[index] ?? 'no query',
        );
        assert.deepEqual(rows.map(plain), expected);
      }
    });
});

/** A row's values, days as PostgreSQL writes them. */
function plain(row: Readonly<Record<string, unknown>>): unknown[] {
  return Object.values(row).map((value) => {
    if (!(value instanceof Date)) return value;
    const two = (number: number): string => String(number).padStart(2, '0');
    return `${value.getFullYear()}-${two(value.getMonth() + 1)}-${two(value.getDate())}`;
  });
}
