/** `parcelwise up` and `down`: the embedded stack, for those who have no servers at hand. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  asJson,
  connectionOf,
  dbConfig,
  s3Config,
  withConnection,
  writePrivately,
} from '../../demo/config-files.js';
import { removeStack, reportTo, type Stack, startStack, stopStack } from '../../stack/stack.js';
import { USUAL_TEMPORAL } from '../../stack/temporal.js';
import { stopSignal } from '../signals.js';
import { STACK_FOLDER } from '../stack-folder.js';

/** The names of CbM's manuals, for a start. */
const TABLES = {
  catalogue: 'dias_catalogue',
  aois: 'aois',
  parcels: 'parcels',
  results: 'sigs',
  hists: 'hists',
} as const;

/** What `up` and `demo` put into the stack's folder. */
const OURS = ['demo', 'db_config.json', 's3_config.json'] as const;

export function addUp(program: Command): void {
  program
    .command('up')
    .description('run PostgreSQL with PostGIS, Temporal and an S3 gateway in the foreground, until Ctrl-C')
    .option('--folder <folder>', 'where all they keep lies', STACK_FOLDER)
    .action(up);
}

export function addDown(program: Command): void {
  program
    .command('down')
    .description('stop what "parcelwise demo --keep" or "parcelwise up" runs in this folder')
    .option('--folder <folder>', 'the folder of the stack', STACK_FOLDER)
    .option('--remove', 'remove the folder too: databases, histories, objects, settings')
    .action(down);
}

async function up({ folder }: { folder: string }): Promise<void> {
  const report = reportTo(process.stderr);
  const signal = stopSignal();
  await mkdir(folder, { recursive: true });
  const stack = await startStack({ root: folder, report, webUi: true, signal });
  try {
    const files = await writeConfig(folder, stack);
    process.stdout.write(guide(stack, files));
    if (stack.reused) return;
    await aborted(signal);
    report('stopping');
  } finally {
    await stack.stop();
  }
}

async function down({ folder, remove }: { folder: string; remove?: boolean }): Promise<void> {
  const ran = await stopStack(folder);
  if (remove === true) {
    for (const name of OURS) await rm(join(folder, name), { recursive: true, force: true });
    await removeStack(folder);
  }
  const what = ran ? 'stopped' : 'nothing runs here';
  process.stdout.write(`${what}${remove === true ? `; ${folder} is removed` : ''}\n`);
}

interface Files {
  readonly db: string;
  readonly s3: string;
}

/** Tables, AOI and period that a person has written into the file stay. */
async function writeConfig(folder: string, stack: Stack): Promise<Files> {
  const files = { db: join(folder, 'db_config.json'), s3: join(folder, 's3_config.json') };
  const connection = connectionOf(stack.database);
  const year = new Date().getUTCFullYear();
  const first = dbConfig(connection, TABLES, {
    aoi: 'my-area',
    start: `${year}-01-01`,
    end: `${year}-12-31`,
  });
  await writePrivately(files.db, asJson(await withConnection(files.db, connection, first)));
  await writePrivately(files.s3, asJson(s3Config(stack.s3)));
  return files;
}

function guide({ database, temporal, s3, reused, owner }: Stack, files: Files): string {
  const { host, pathname, username } = new URL(database.url);
  const config = `--db-config ${files.db} --s3-config ${files.s3}`;
  const lines = [
    `PostgreSQL  ${host}, database ${pathname.slice(1)}, user ${username}; password in ${files.db}`,
    `Temporal    ${temporal.address}${temporal.uiAddress === undefined ? '' : `, Web UI ${temporal.uiAddress}`}`,
    `S3          ${s3.endpoint}, bucket ${s3.bucket}${s3.folder === undefined ? '' : `, which is the folder ${s3.folder}`}`,
    '',
    `Set AOI, period and tables in ${files.db}, import your parcels (parcelwise parcels import), then in another terminal:`,
    '',
    ...(temporal.address === USUAL_TEMPORAL ? [] : [`  export TEMPORAL_ADDRESS=${temporal.address}`]),
    `  npx parcelwise init --db-config ${files.db}`,
    `  npx parcelwise doctor ${config}`,
    `  npx parcelwise worker ${config}`,
    `  npx parcelwise campaign run --card s2 ${config}`,
    '',
  ];
  if (reused)
    lines.push(
      `They run already${owner === undefined ? '; "npx parcelwise down" stops them' : ` (process ${owner})`}.`,
      '',
    );
  else lines.push('Ctrl-C stops them.', '');
  return lines.join('\n');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A pending promise alone would let the process end.
    const alive = setInterval(() => undefined, 1 << 30);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(alive);
        resolve();
      },
      { once: true },
    );
  });
}
