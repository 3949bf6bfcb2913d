/** The columns of the wide layout: those of the view of series that can hold anything of what is stored. */
import type { ReadColumn } from '../database/reads/read-columns.js';
import type { ViewedCard } from '../database/results/observation-views.js';
import type { LayoutColumn, RowLayout } from './layouts.js';

/** Columns of the view that are no measures, and what they mean. */
const ABOUT: Readonly<Record<string, string>> = {
  pid: 'ogc_fid of the parcel',
  card: 'CARD type of the scene',
  day: 'day on which the scene was taken, UTC',
  obstime: 'when the scene was taken, UTC',
  obsid: 'id of the scene in the catalogue',
  tile: 'tile of the grid that the scene is of',
  relative_orbit: 'relative orbit of the satellite',
  pass: 'whether the satellite flew north or south',
  observations: 'scenes of the day that saw the parcel, of which this is the best',
  overlap: 'in what those scenes differ',
  cloud: 'share of cloud and shadow in the parcel, per cent',
  pixels: 'the most pixels that count in any band',
  skipped: 'nothing but the map of classes was measured, for clouds',
  pixels_clear: 'the most clear pixels in any band',
};

const CLEAR = /_clear$/;

export interface WideChoice {
  readonly cards: readonly ViewedCard[];
  /** Of the results table, as they are called there; undefined where nobody knows. */
  readonly bands: readonly string[] | undefined;
  /** Undefined: both. */
  readonly kind: 'raw' | 'clear' | undefined;
}

/** A row a parcel, day and CARD type (of radar, and track), in order of parcel and time. */
export function wideLayout(view: readonly ReadColumn[], choice: WideChoice): RowLayout {
  return {
    columns: view.filter(({ name }) => isWanted(name, choice)).map(wideColumn),
    orderBy: ['r.pid', 'f.micros', 'r.obsid'],
  };
}

function wideColumn({ name, type, sql }: ReadColumn): LayoutColumn {
  const isKey = name === 'pid' || name === 'obsid';
  return {
    ...{ name, type, sql, nullable: !isKey, meaning: ABOUT[name] ?? measureOf(name) },
    ...(name === 'pid' && { ordered: true }),
    ...(name === 'obstime' && { sql: 'f.micros' }),
    ...((name === 'card' || name === 'obstime' || name === 'day') && { repeats: true }),
  };
}

function measureOf(name: string): string {
  const stem = name.replace(CLEAR, '');
  return name.endsWith('_clear') ? `${stem} of clear pixels` : `mean of ${stem}`;
}

function isWanted(name: string, { cards, bands, kind }: WideChoice): boolean {
  const isClear = name.endsWith('_clear');
  if (kind === 'raw' && isClear) return false;
  if (name in ABOUT) return true;
  if (kind === 'clear' && !isClear) return false;
  return bands === undefined || isStored(name.replace(CLEAR, ''), cards, new Set(bands));
}

/** Whether rows of the bands give the column a value: it is one of them, in decibels too, or a quotient of two. */
function isStored(stem: string, cards: readonly ViewedCard[], bands: ReadonlySet<string>): boolean {
  const measures = cards.flatMap(({ measured = [] }) => measured);
  const isOf = (column: string): boolean =>
    measures.some((one) => one.column === column && one.bands.some((band) => bands.has(band)));
  const quotient = cards.flatMap(({ ofMeans = [] }) => ofMeans).find(({ column }) => column === stem);
  if (quotient !== undefined) return (quotient.expression.match(/[a-z]\w*/g) ?? []).every(isOf);
  const isKnown = measures.some(({ column }) => column === stem || `${column}_db` === stem);
  if (isKnown) return isOf(stem) || isOf(stem.replace(/_db$/, ''));
  // An index of somebody's own.
  const own = new Set([...bands].map((band) => band.toLowerCase()));
  return own.has(stem) || own.has(stem.replace(/_index$/, ''));
}
