/** Makes what of the seasons is not there yet, and remembers what it took. */
import type { Bench } from '../bench.js';
import { runCommand } from '../product/command.js';
import { SCENES } from './names.js';
import type { SeasonName, Stage } from './stage.js';

const PREPARED = 'CREATE TABLE IF NOT EXISTS public.prepared (what text PRIMARY KEY, seconds float8)';

/** The seasons in which rows are kept. */
const KEPT = ['over', 'running'] as const satisfies readonly SeasonName[];

/** A broken run goes on where it ended. */
export async function prepareSeasons({ say }: Pick<Bench, 'say'>, stage: Stage): Promise<void> {
  await stage.pool.query(PREPARED);
  const once = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    if ((await preparedIn(stage, what)) !== undefined) return;
    say(`read: ${what}`);
    const began = performance.now();
    await work();
    const values = [what, (performance.now() - began) / 1000];
    await stage.pool.query('INSERT INTO prepared (what, seconds) VALUES ($1, $2)', values);
  };
  // What a run that broke off was measuring.
  await stage.season('running').forgetAfter(SCENES);
  await stage.season('new').forgetAfter(0);
  for (const name of KEPT) {
    const season = stage.season(name);
    for (let scene = 1 + (await season.stored()); scene <= SCENES; scene++) {
      say(`read: storing scene ${scene} of ${SCENES} of ${season.year}, ${stage.parcels * 7} rows`);
      await season.store(scene);
    }
    await once(`indexing ${season.year}`, () => runCommand(season, ['results', 'index']));
    if (name === 'over')
      await once(ordering(stage), () => runCommand(season, ['results', 'cluster', '--force']));
    await once(`looking over ${season.year}`, () =>
      stage.pool.query(`VACUUM ANALYZE ${season.results}, ${season.hists}`),
    );
  }
}

/** Seconds that `results cluster` took when the season was made; undefined where that is not known. */
export function secondsOfOrdering(stage: Stage): Promise<number | undefined> {
  return preparedIn(stage, ordering(stage));
}

function ordering(stage: Stage): string {
  return `ordering ${stage.season('over').year} by parcel`;
}

async function preparedIn({ pool }: Stage, what: string): Promise<number | undefined> {
  const sql = 'SELECT seconds FROM prepared WHERE what = $1';
  return (await pool.query<{ seconds: number }>(sql, [what])).rows[0]?.seconds;
}
