/** What an index by parcel costs: to build on a whole season, and at the COPY of its next scenes. */
import type { Bench } from '../bench.js';
import { runCommand } from '../product/command.js';
import { megabytes, medianOf, number } from '../report.js';
import { EXTRA_SCENES, SCENES } from './names.js';
import type { Stage } from './stage.js';

interface Stored {
  readonly wall: number;
  /** Of PostgreSQL. */
  readonly cpu: number;
}

const INDEXES = `
  SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = ANY ($1::regclass[])`;

const SIZES = `SELECT pg_table_size($1::regclass)::float8 AS rows, pg_indexes_size($1::regclass)::float8 AS indexes`;

/** Scenes that are there already: those measured come after them. */
const BEFORE = { running: SCENES, new: 0 } as const;

export async function storing({ report, say }: Bench, stage: Stage): Promise<void> {
  const { servers, pool } = stage;
  const { results, hists } = stage.season('running');
  const forget = async (): Promise<void> => {
    for (const name of ['running', 'new'] as const) await stage.season(name).forgetAfter(BEFORE[name]);
  };
  const measured = async (work: () => Promise<unknown>): Promise<Stored> => {
    const [began, before] = [performance.now(), servers.cpu().PostgreSQL!];
    await work();
    return { wall: (performance.now() - began) / 1000, cpu: servers.cpu().PostgreSQL! - before };
  };
  say('read: building indexes');
  await forget();
  const { rows: indexes } = await pool.query<{ name: string }>(INDEXES, [[results, hists]]);
  for (const { name } of indexes) await pool.query(`DROP INDEX ${name}`);
  const built = await measured(() => runCommand(stage.season('running'), ['results', 'index']));
  const { rows: sizes } = await pool.query<{ rows: number; indexes: number }>(SIZES, [results]);
  const stored: Record<keyof typeof BEFORE, Stored[]> = { running: [], new: [] };
  for (let extra = 1; extra <= EXTRA_SCENES; extra++)
    for (const name of ['new', 'running'] as const) {
      say(
        `read: storing a scene ${name === 'new' ? 'without' : 'with'} an index, ${extra} of ${EXTRA_SCENES}`,
      );
      stored[name].push(await measured(() => stage.season(name).store(BEFORE[name] + extra)));
    }
  await forget();
  await pool.query(`VACUUM ${results}, ${hists}`);
  const line = (name: keyof typeof BEFORE): string[] => [
    number(medianOf(stored[name], ({ wall }) => wall)),
    number(medianOf(stored[name], ({ cpu }) => cpu)),
  ];
  report.paragraph(
    `**The index by parcel**: built on a season in the order in which it was stored, and its cost at the COPY of further scenes of ${(stage.parcels * 7).toLocaleString('en')} rows ` +
      `and their histograms (medians of ${EXTRA_SCENES}, in turns; their numbers are made meanwhile, which takes its time). ` +
      `The index of the rows takes ${megabytes(sizes[0]!.indexes)} beside ${megabytes(sizes[0]!.rows)}.`,
  );
  report.table(
    ['', 'wall s', 'PostgreSQL CPU s'],
    [
      ['`results index` of rows and histograms', number(built.wall), number(built.cpu)],
      ['a scene stored in a new season, without an index', ...line('new')],
      ['a scene stored in the running season, with its index', ...line('running')],
    ],
  );
  report.figure(
    'scene stored without an index, PostgreSQL CPU s',
    medianOf(stored.new, ({ cpu }) => cpu),
  );
  report.figure(
    'scene stored with the index, PostgreSQL CPU s',
    medianOf(stored.running, ({ cpu }) => cpu),
  );
}
