/** Columns of series for indices of people's own: those that are configured, and those that a table has rows of. */
import { createHash } from 'node:crypto';
import type { OwnMeasure, ViewedCard } from './observation-views.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

/** What scenes of a table are extracted in, or about to be. */
const STORED = `
  SELECT DISTINCT unnest(bands) AS name FROM parcelwise.extraction WHERE results_table = $1 ORDER BY 1`;

/** Other columns of the views that a series has. */
const TAKEN = [
  ...['pid', 'card', 'day', 'obstime', 'obsid', 'tile', 'relative_orbit', 'pass', 'observations', 'overlap'],
  ...['cloud', 'pixels', 'dekad', 'number'],
];

/** PostgreSQL cuts names after 63 bytes; ours may end in two words more. */
const LONGEST = 48;

/** The indices of a results table that are of no CARD type, each by a column in small letters. */
export async function ownMeasures(
  database: Database,
  results: Table,
  cards: readonly ViewedCard[],
  configured: readonly string[],
): Promise<OwnMeasure[]> {
  const stored = await query<{ name: string }>(database, STORED, [results.key]);
  const known = new Set(
    cards.flatMap(({ classMap, measured = [] }) => [
      ...(classMap?.bands ?? []),
      ...measured.flatMap(({ bands }) => bands),
    ]),
  );
  const own = new Map<string, string[]>();
  for (const name of new Set([...configured, ...stored.map((one) => one.name)])) {
    if (known.has(name)) continue;
    const alike = name.toLowerCase();
    own.set(alike, [...(own.get(alike) ?? []), name].sort());
  }
  return [...own]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bands]) => ({ column: columnOf(name, cards), bands }));
}

/** With a word to it where a column of the views is, or may be, called so; with a digest where it is too long. */
function columnOf(name: string, cards: readonly ViewedCard[]): string {
  if (name.length > LONGEST)
    return `${name.slice(0, LONGEST - 9)}_${createHash('md5').update(name).digest('hex').slice(0, 8)}`;
  const others = cards.flatMap(({ measured = [], ofMeans = [] }) => [...measured, ...ofMeans]);
  const isTaken =
    TAKEN.includes(name) || /_(clear|db|index)$/.test(name) || others.some(({ column }) => column === name);
  return isTaken ? `${name}_index` : name;
}
