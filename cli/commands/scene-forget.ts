/** `parcelwise scene forget`: starting over with scenes, or with a whole results table. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import {
  forgetScenes,
  type RememberedScene,
  rememberedScenes,
  type RememberedTable,
  rememberedTable,
  rowsThere,
  type Which,
} from '../../database/identity/forget.js';
import { findTable } from '../../database/session/identifier.js';
import { withConfiguredDatabase, type ConfiguredDatabase } from '../configured-database.js';
import { addConfigOptions, type ConfigOptions } from '../config-options.js';
import { FAILED } from '../../terminal/exit-codes.js';
import { UserError } from '../../terminal/user-error.js';

interface ForgetOptions extends ConfigOptions {
  readonly results?: string;
  readonly all?: boolean;
  readonly lost?: boolean;
  readonly keepStatus?: boolean;
  readonly yes?: boolean;
}

export function addSceneForget(scene: Command): void {
  addConfigOptions(scene.command('forget'))
    .argument('[scenes...]', 'ids or references of scenes; or say --all or --lost')
    .option(
      '--results <table>',
      'what is remembered of this results table (default: the one in db_config.json)',
    )
    .option('--all', 'every scene of the results table')
    .option('--lost', 'the scenes of which it does not hold the rows that were stored')
    .option('--keep-status', "leave the catalogue's status words alone; else the scenes are ingested again")
    .option('--yes', 'do not ask')
    .description(
      'start over: drop what is remembered of scenes, with what is left of their rows; says what it will do first, and asks',
    )
    .action((names: string[], options: ForgetOptions) =>
      withConfiguredDatabase(options, (database) => forget(database, whichOf(names, options), options)),
    );
}

function whichOf(names: readonly string[], { all, lost }: ForgetOptions): Which {
  const said = [names.length > 0, all === true, lost === true].filter((one) => one).length;
  if (said !== 1) throw new UserError('name the scenes, or say --all, or --lost: one of the three');
  return names.length > 0 ? names : all === true ? 'all' : 'lost';
}

async function forget(
  { pool, config }: ConfiguredDatabase,
  which: Which,
  options: ForgetOptions,
): Promise<void> {
  const table = await rememberedTable(pool, options.results ?? config.tables.results);
  const scenes = await rememberedScenes(pool, table, which);
  if (scenes.length === 0) {
    say(`${table.key} holds the rows of every scene as they were stored: there is nothing to forget`);
    return;
  }
  const keepStatus = options.keepStatus === true;
  for (const line of await whatItDoes(pool, table, scenes, keepStatus)) say(line);
  if (options.yes !== true && !(await confirmed())) {
    say('nothing was changed');
    process.exitCode = FAILED;
    return;
  }
  const done = await forgetScenes(pool, table, scenes, { keepStatus });
  say(
    `forgotten: ${scenesOf(done.scenes)}; ${count(done.rows)} rows${done.clear > 0 ? `, ${count(done.clear)} clear rows` : ''} and ${count(done.hists)} histograms deleted; ` +
      `${scenesOf(done.setBack)} set back to ingested`,
  );
}

/** So many scenes are listed. */
const LISTED = 20;

async function whatItDoes(
  pool: ConfiguredDatabase['pool'],
  { key, table }: RememberedTable,
  scenes: readonly RememberedScene[],
  keepStatus: boolean,
): Promise<string[]> {
  const obsids = scenes.map(({ obsid }) => obsid);
  const rows = await rowsThere(pool, table, obsids);
  const remembered = scenes.reduce((sum, scene) => sum + scene.rows, 0);
  const beside: string[] = [];
  for (const [kind, noun] of [
    ['clear', 'clear rows'],
    ['hists', 'histograms'],
  ] as const) {
    for (const name of new Set(scenes.flatMap((scene) => scene[kind] ?? []))) {
      const of = scenes.filter((scene) => scene[kind] === name).map(({ obsid }) => obsid);
      const there = await rowsThere(pool, await findTable(pool, name), of);
      beside.push(`  deletes the ${count(there)} ${noun} of theirs in ${name}`);
    }
  }
  return [
    `of ${scenesOf(scenes.length)} in ${key} ${count(remembered)} rows are remembered, ${table === undefined ? 'and the table is gone' : `${count(rows)} are there`}:`,
    ...scenes
      .slice(0, LISTED)
      .map(
        ({ obsid, reference, status, rows: of }) =>
          `  ${obsid} ${reference ?? ''} (${status}, ${count(of)} rows)`,
      ),
    ...(scenes.length > LISTED ? [`  and ${count(scenes.length - LISTED)} more`] : []),
    'this',
    '  drops what is remembered of them: plan, ledger, and reasons of parcels without rows',
    `  deletes the ${count(rows)} rows of theirs in ${key}`,
    ...beside,
    keepStatus
      ? '  leaves their status words in the catalogue as they are'
      : '  sets those that parcelwise gave another word back to ingested, so that the next campaign extracts them',
  ];
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UserError('nothing was changed; to go on without being asked, say --yes');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asked.question('go on? [y/N] ')).trim());
  } finally {
    asked.close();
  }
}

function scenesOf(number: number): string {
  return `${count(number)} ${number === 1 ? 'scene' : 'scenes'}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
