/** What `npm run bench -- …` understands. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from './program.js';

export const SECTIONS = [
  'decode',
  'zonal',
  'faithful',
  'numbers',
  'scene',
  'layers',
  'sparse',
  'read',
  'temporal',
  'growth',
  'profile',
] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface Options {
  readonly sections: readonly SectionName[];
  /** Pixels of the tile's side. */
  readonly size: number;
  /** Parcel counts of the whole scenes; the last one is the main one. */
  readonly parcels: readonly number[];
  /** Parcel counts of the growth section. */
  readonly growthParcels: readonly number[];
  /** Scene counts of the growth section. */
  readonly growthScenes: readonly number[];
  /** How often each comparison is repeated; medians are reported. */
  readonly repeats: number;
  /** Parcels CbM's procedure is measured on where it is not run in full. */
  readonly cbmSample: number;
  readonly fullCbm: boolean;
  /** The folder of an earlier checkout, built, which plain scenes are compared with. */
  readonly before: string | undefined;
  /** Places of an area of interest on the tile, of nine. */
  readonly places: number;
  /** Rows of the season that is read. */
  readonly rows: number;
  /** Whether data is made only, and nothing measured. */
  readonly prepare: boolean;
  readonly quick: boolean;
  readonly out: string | undefined;
}

export const USAGE = `npm run bench -- [sections] [options]

Sections: ${SECTIONS.join(', ')} (all)
  --quick             a small tile and few parcels, once: whether everything runs, not how fast
  --parcels LIST      parcels of a whole scene, with commas (20000,300000)
  --repeats N         how often each comparison is run; medians are reported (3)
  --full-cbm          run CbM's procedure on all parcels, once (20 to 45 minutes), not on a sample of them
  --cbm-sample N      parcels of that sample (5000)
  --before FOLDER     in the section layers, plain scenes by an earlier checkout too; in the section sparse, all by that one
                      (run npm ci and npm run build in it)
  --places N          in the section sparse, at how many places of the tile an area of interest lies (9)
  --rows N            rows of the season that the section read asks for (100000000)
  --prepare           in the section read, only make what it asks for: half an hour and 25 GB of disk for 100000000 rows.
                      It stays in .parcelwise/bench for later runs
  --out FILE          where the report goes (bench/REPORT.md; with --quick .parcelwise/bench/quick.md)
`;

/** @throws UsageError, and the errors of parseArgs, for what is not understood. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      parcels: { type: 'string' },
      repeats: { type: 'string' },
      'full-cbm': { type: 'boolean', default: false },
      'cbm-sample': { type: 'string' },
      before: { type: 'string' },
      places: { type: 'string' },
      rows: { type: 'string' },
      prepare: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const { quick } = values;
  if (values.prepare && positionals.join() !== 'read')
    throw new UsageError(
      '--prepare makes what the section read asks for: say npm run bench -- read --prepare',
    );
  return {
    sections: positionals.length === 0 ? SECTIONS : positionals.map(sectionOf),
    size: quick ? 2048 : 10980,
    parcels: numbers('parcels', values.parcels) ?? (quick ? [1000, 5000] : [20_000, 300_000]),
    growthParcels: quick ? [1000, 5000] : [10_000, 100_000, 300_000, 1_000_000],
    growthScenes: quick ? [1, 4] : [1, 4, 16, 64],
    repeats: numbers('repeats', values.repeats)?.[0] ?? (quick ? 1 : 3),
    cbmSample: numbers('cbm-sample', values['cbm-sample'])?.[0] ?? (quick ? 500 : 5000),
    fullCbm: values['full-cbm'],
    before: values.before === undefined ? undefined : resolve(values.before),
    places: Math.min(9, numbers('places', values.places)?.[0] ?? (quick ? 2 : 9)),
    rows: numbers('rows', values.rows)?.[0] ?? (quick ? 1_000_000 : 100_000_000),
    prepare: values.prepare,
    quick,
    out: values.out,
  };
}

function sectionOf(name: string): SectionName {
  const found = SECTIONS.find((section) => section === name);
  if (found === undefined)
    throw new UsageError(`there is no section ${name}; there are ${SECTIONS.join(', ')}`);
  return found;
}

function numbers(name: string, text: string | undefined): number[] | undefined {
  const list = text?.split(',').map(Number);
  if (list?.some((number) => !Number.isInteger(number) || number < 1) === true)
    throw new UsageError(`--${name} takes whole numbers from 1, with commas`);
  return list;
}
