/**
 * The demo: the whole job on a made-up season, with servers of its own unless real ones are configured.
 *
 * Terms. *Season*: made-up scenes and parcels of a year, the same from the same seed. *Account*: what the demo tells at its
 * end, from the database. *Configured*: a server of the user's, in place of one of the stack.
 */
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { duration } from '../terminal/duration.js';
import { account, type CampaignAccount } from './account.js';
import { addressesOf, type ConfigFiles, configuredParts } from './configured.js';
import { demoCampaign, type DemoSetup, prepareSetup, S2_BANDS, tablesOf, withPool } from './demo-setup.js';
import { addScenes } from './season/load-season.js';
import { type World, world } from './season/world.js';
import { Show } from './show.js';
import { type Report, reportTo, type Stack, startStack } from '../stack/stack.js';
import { USUAL_TEMPORAL } from '../stack/temporal.js';

export interface DemoOptions extends ConfigFiles {
  /** The stack's folder. */
  readonly folder: string;
  readonly seed: number;
  /** Leave servers and worker running at the end. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs the demo, tells of it on standard error, and returns its account for people. Servers and worker end with it,
 * unless they are to be kept or an earlier run has kept them.
 * @throws the signal's reason when it aborts; what was started is stopped then too.
 */
export async function runDemo(options: DemoOptions): Promise<string> {
  const { folder, signal } = options;
  const report = timed(reportTo(process.stderr));
  const began = Date.now();
  const season = world(options.seed);
  const { first, later } = parted(season, options.keep);
  const configured = configuredParts(options, process.env);
  await mkdir(folder, { recursive: true });
  const stack = await startStack({
    root: folder,
    report,
    webUi: true,
    configured: addressesOf(configured),
    signal,
  });
  const kept = options.keep || stack.owner === undefined;
  const show = new Show(options, first, report);
  let performing: Promise<CampaignAccount[]> | undefined;
  let left = false;
  try {
    report(`servers: PostgreSQL, Temporal at ${stack.temporal.address}, S3 at ${stack.s3.endpoint}`);
    const setup = await prepareSetup(folder, stack, configured, season);
    performing = show.perform(setup);
    const campaigns = await Promise.race([performing, rejection(signal), show.workerEnded]);
    const text = await withPool(setup, (pool) =>
      account(pool, first, campaigns, (Date.now() - began) / 1000),
    );
    if (later.length > 0) await withPool(setup, (pool) => addScenes(pool, later, tablesOf('s2')));
    if (kept) await stack.leave(show.worker ? [show.worker] : []);
    left = kept;
    return `${text}\n${farewell(stack, setup, kept, later.length)}`;
  } finally {
    if (!left) {
      if (signal.aborted) report('stopping');
      // The campaign under way is ended while its server still runs.
      await Promise.race([performing?.catch(() => undefined), sleep(ENDING_MS, undefined, { ref: false })]);
      await show.worker?.stop();
      await stack.stop();
      report('all that was started is stopped');
    }
  }
}

/** So many Sentinel-2 scenes arrive only when a demo that is kept is over: something is left to be extracted by hand. */
const LATECOMERS = 2;

function parted(season: World, keep: boolean): { first: World; later: World['scenes'] } {
  const later = keep ? season.scenes.filter(({ card }) => card === 's2').slice(-LATECOMERS) : [];
  return { first: { ...season, scenes: season.scenes.filter((scene) => !later.includes(scene)) }, later };
}

/** So long a stopped demo waits for its workflows to be ended. */
const ENDING_MS = 5_000;

function farewell({ temporal }: Stack, setup: DemoSetup, kept: boolean, waiting: number): string {
  const web = temporal.uiAddress;
  if (!kept) {
    const ui = web === undefined ? '' : ` Temporal's Web UI is then at ${web}.`;
    return `"npx parcelwise demo --keep" leaves it running to look around.${ui}\n`;
  }
  const db = `--db-config ${setup.dbConfig}`;
  const lines = [
    'Servers and worker run on. Look around:',
    '',
    ...(web === undefined ? [] : [`  ${web}`]),
    ...(temporal.address === USUAL_TEMPORAL ? [] : [`  export TEMPORAL_ADDRESS=${temporal.address}`]),
    `  npx parcelwise campaign status ${demoCampaign('s2')}`,
    `  npx parcelwise scene show 3 ${db}`,
    `  npx parcelwise doctor ${db} --s3-config ${setup.s3Config}`,
    `  npx parcelwise serve --no-auth ${db} --s3-config ${setup.s3Config} --datasets ${setup.datasets}`,
    '',
    ...(waiting === 0
      ? []
      : [
          `${waiting} more Sentinel-2 scenes have arrived. Extract them:`,
          '',
          `  npx parcelwise campaign run --card s2 --bands ${S2_BANDS.join(',')} ${db}`,
          '',
        ]),
    'and stop it all with: npx parcelwise down',
    '',
  ];
  return lines.join('\n');
}

/** Each line with the seconds since the beginning. */
function timed(report: Report): Report {
  const began = Date.now();
  return (line, passing) => {
    report(`${duration((Date.now() - began) / 1000).padStart(8)}  ${line}`, passing);
  };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
