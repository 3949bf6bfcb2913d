/** `parcelwise catalogue …`: brings scenes into the catalogue, and shows them. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import { checkSyncTarget, type SyncTarget } from '../../database/selection/check.js';
import { extractionsOf } from '../../database/ledger/extractions.js';
import { countCatalogue, knownProduct, listCatalogue } from '../../database/scenes/inventory.js';
import { knownOrbit } from '../../database/scenes/orbits.js';
import { newerScene, SUPERSEDED } from '../../database/ledger/supersession.js';
import { tellWithoutFootprint } from '../../database/scenes/scenes.js';
import type { Scene } from '../../database/terms.js';
import { ORCHESTRATOR_QUEUE, syncId } from '../../workflows/ids.js';
import { escapeMarkdown } from '../../workflows/markdown.js';
import type { catalogueSync } from '../../workflows/catalogue-sync.js';
import type { SyncReport } from '../../workflows/sync-state.js';
import { withConfiguredDatabase, type ConfiguredDatabase, findScene } from '../configured-database.js';
import { followRetries, withTemporal } from '../../client/index.js';
import { addConfigOptions, type ConfigOptions } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { addDatabaseCheck, type NamedDatabase, withDatabase } from '../named-database.js';
import { INTERRUPTED } from '../../terminal/exit-codes.js';
import { stopSignal } from '../signals.js';
import { addAreaOptions, addSourceOptions, type SyncOptions, syncRequest } from '../sync-request.js';

interface AreaOptions extends ConfigOptions {
  readonly aoi?: string;
  readonly start?: string;
  readonly end?: string;
}

interface ListOptions extends AreaOptions {
  readonly card?: string;
  readonly status?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function addCatalogue(program: Command): void {
  const command = program.command('catalogue').description('bring scenes into the catalogue, and show them');
  addDatabaseCheck(addAreaOptions(addSourceOptions(addConfigOptions(command.command('sync')))))
    .option('--name <name>', 'its workflow is sync/<name> (default: the area)')
    .description(
      'enter the scenes a source has for the area and period as ingested; known ones are not touched',
    )
    .action(sync);
  addAreaOptions(addConfigOptions(command.command('list')))
    .option('--card <type>', 'of one CARD type')
    .option('--status <word>', 'with one status word')
    .option('--limit <scenes>', 'so many at most', '50')
    .option('--json', 'print JSON, for programs')
    .description('scenes of the area and period, the latest first, and how many there are of each status')
    .action((options: ListOptions) => withConfiguredDatabase(options, (database) => list(database, options)));
  addConfigOptions(command.command('show'))
    .argument('<scene>', "a scene's id or reference")
    .description('where a scene lies and what product it is, as its source told')
    .action((name: string, options: ConfigOptions) =>
      withConfiguredDatabase(options, (database) => show(database, name)),
    );
}

async function sync(options: SyncOptions & NamedDatabase & { name?: string }): Promise<void> {
  const input = await withDatabase(syncRequest(options), options);
  const name = options.name ?? input.aoi?.name ?? '';
  await withTemporal(async ({ client }) => {
    try {
      const handle = await client.workflow.start<typeof catalogueSync>('catalogueSync', {
        workflowId: syncId(name),
        taskQueue: ORCHESTRATOR_QUEUE,
        args: [input],
        staticSummary: escapeMarkdown(`scenes for ${name}`),
      });
      const report = await followRetries<typeof catalogueSync>(
        handle,
        (line) => process.stderr.write(`${line}\n`),
        stopSignal(),
      );
      if (report) say(describeSync(report));
      else {
        say(`the sync ${name} goes on; "temporal workflow cancel -w ${handle.workflowId}" ends it`);
        process.exitCode = INTERRUPTED;
      }
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new UserError(`a sync ${name} runs already: wait for it, or give this one another --name`);
    }
  });
}

/** `12 items of https://…: 3 entered, 8 known, 1 left out (cloudier than 50 %)`. */
function describeSync(report: SyncReport): string {
  const parts = [`${report.entered} entered`, `${report.known} known already`];
  if (report.doubled > 0) parts.push(`${report.doubled} told of more than once`);
  for (const [reason, count] of Object.entries(report.refused)) parts.push(`${count} left out (${reason})`);
  const lines = [`${report.received} items of ${report.source}: ${parts.join(', ')}`];
  if (report.matched === null && report.received > 0)
    lines.push('the source does not say how many there are');
  for (const gap of report.gaps) lines.push(`gap: ${gap}; sync again`);
  for (const example of report.examples) lines.push(`  left out: ${example}`);
  return lines.join('\n');
}

async function targetOf({ pool, config }: ConfiguredDatabase, options: AreaOptions): Promise<SyncTarget> {
  return await checkSyncTarget(pool, {
    tables: config.tables,
    aoi: { ...config.aoi, ...(options.aoi !== undefined && { name: options.aoi }) },
    period: { start: options.start ?? config.period.start, end: options.end ?? config.period.end },
  });
}

async function list(database: ConfiguredDatabase, options: ListOptions): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new UserError('--limit is a whole number from 1');
  const target = await targetOf(database, options);
  const scenes = await listCatalogue(database.pool, target, { ...options, limit });
  if (options.json === true) {
    say(JSON.stringify(scenes, undefined, 2));
    return;
  }
  for (const { obsid, obstime, card, status, reference, cloudCover } of scenes) {
    const clouds = cloudCover === null ? '' : `  ${Math.round(cloudCover)} % cloud`;
    say(`${String(obsid).padStart(7)}  ${obstime}  ${card}  ${status.padEnd(12)}  ${reference}${clouds}`);
  }
  const counts = Object.entries(await countCatalogue(database.pool, target, options.card));
  for (const blind of await tellWithoutFootprint(
    database.pool,
    target.catalogue,
    options.card,
    target.period,
  ))
    say(blind);
  say(counts.length === 0 ? 'no scene' : counts.map(([status, count]) => `${count} ${status}`).join(', '));
}

async function show(database: ConfiguredDatabase, name: string): Promise<void> {
  const scene = await findScene(database, name);
  const product = await knownProduct<{ readonly href: string }>(database.pool, database.catalogue, scene);
  say(
    `scene ${scene.obsid}  ${scene.card}  ${scene.status}  ${scene.obstime} UTC  satellite ${scene.sensor}`,
  );
  say(scene.reference);
  await showNewer(database, scene);
  await showOrbit(database, scene);
  if (product === undefined) {
    say('no source has told of it: it lies where the key layout of its CARD type says');
    return;
  }
  const facts: [string, string | number | null][] = [
    ['source', product.source],
    ['item', product.item],
    ['datatake', product.datatake],
    ['tile', product.tile],
    ['baseline', product.baseline],
    ['produced', product.generated],
    ['published', product.published],
    ['first seen', product.seen],
    ['clouds', product.cloudCover === null ? null : `${product.cloudCover} %`],
    ['BOA offset', product.offsetApplied === true ? 'taken into the pixels already' : null],
    ['footprint', product.parts === 1 ? null : `${product.parts} parts`],
  ];
  for (const [fact, value] of facts) if (value !== null) say(`  ${fact.padEnd(10)}  ${value}`);
  for (const [band, { href }] of Object.entries(product.hrefs)) say(`  ${band.padEnd(10)}  ${href}`);
}

async function showOrbit({ pool, catalogue }: ConfiguredDatabase, scene: Scene): Promise<void> {
  const orbit = await knownOrbit(pool, catalogue, scene);
  if (orbit === undefined) return;
  const { relative, relativeBy, pass, passBy, contradictions } = orbit;
  if (relative !== null) say(`  ${'orbit'.padEnd(10)}  ${relative}, by ${relativeBy}`);
  if (pass !== null) say(`  ${'pass'.padEnd(10)}  ${pass}, by ${passBy}`);
  for (const sentence of contradictions) say(`  ${'beware'.padEnd(10)}  ${sentence}`);
}

/** Whether a newer product of the same acquisition is in the catalogue, and where its rows have taken this one's place. */
async function showNewer({ pool, catalogue, config }: ConfiguredDatabase, scene: Scene): Promise<void> {
  const results = { key: config.tables.results };
  const newer = await newerScene(pool, { catalogue, results, statusIn: 'catalogue' }, scene.obsid);
  const extractions = await extractionsOf(pool, catalogue, scene.obsid);
  const left = extractions.filter(({ supersededBy }) => supersededBy !== null);
  if (newer !== undefined) {
    const isDone = scene.status === SUPERSEDED || left.length > 0;
    const baseline = newer.baseline === null ? '' : `, baseline ${newer.baseline}`;
    say(`  ${isDone ? '' : 'to be '}superseded by scene ${newer.obsid} ${newer.reference}${baseline}`);
  }
  for (const { results: table } of left) say(`  the views of ${table} leave its rows out`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
