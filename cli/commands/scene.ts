/** `parcelwise scene …`: explains scenes, and sets them free. */
import type { Command } from 'commander';
import { ownerRuns, ownerState } from '../../activities/reconcile.js';
import { extractionsOf } from '../../database/ledger/extractions.js';
import { requireTable } from '../../database/session/identifier.js';
import { readProgress } from '../../database/ledger/mark.js';
import { freeClaims, type HeldClaim, heldClaims } from '../../database/ledger/reconcile.js';
import { releaseStray, retryExtraction, retryScene } from '../../database/scenes/reset-scene.js';
import type { Scene } from '../../database/terms.js';
import { temporalQueries, withTemporal } from '../../client/index.js';
import { withConfiguredDatabase, type ConfiguredDatabase, findScene } from '../configured-database.js';
import { addConfigOptions, type ConfigOptions } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { describeScene, type ExtractionReport, nextStep, type SceneReport } from '../scene-report.js';
import { describePlace } from './reconcile.js';
import { addSceneForget } from './scene-forget.js';

const SCENE = "a scene's id or reference";

export function addScene(program: Command): void {
  const command = program.command('scene').description('explain single scenes, and set them free');
  addConfigOptions(command.command('show'))
    .argument('<scene>', SCENE)
    .option('--json', 'print JSON, for programs')
    .description('what is known of a scene: its status, who has it, what is stored, and why the rest is not')
    .action(showScene);
  addConfigOptions(command.command('retry'))
    .argument('<scene>', SCENE)
    .option('--results <table>', 'of this results table, whose status words do not stand in the catalogue')
    .description('set a scene that ended in a word that says why not back to ingested')
    .action((name: string, options: ConfigOptions & { results?: string }) =>
      withConfiguredDatabase(options, (database) =>
        options.results === undefined ? retry(database, name) : retryInto(database, name, options.results),
      ),
    );
  addConfigOptions(command.command('release'))
    .argument('<scene>', SCENE)
    .option('--force', "also where no claim of parcelwise's holds it, but another program's")
    .description('give a scene back whose owner no longer runs; what is stored of it stays and counts')
    .action((name: string, options: ConfigOptions & { force?: boolean }) =>
      withConfiguredDatabase(options, (database) => release(database, name, options.force === true)),
    );
  addSceneForget(command);
}

async function showScene(name: string, options: ConfigOptions & { json?: boolean }): Promise<void> {
  await withConfiguredDatabase(options, async (database) => {
    const report = await reportOn(database, await findScene(database, name));
    say(
      options.json === true
        ? JSON.stringify({ ...report, next: nextStep(report) }, undefined, 2)
        : describeScene(report).trimEnd(),
    );
  });
}

async function retry(database: ConfiguredDatabase, name: string): Promise<void> {
  const scene = await findScene(database, name);
  if (await retryScene(database.pool, database.catalogue, scene.obsid)) {
    say(`scene ${scene.obsid} is ingested again (it was ${scene.status}); the next campaign takes it`);
    return;
  }
  const { status } = await findScene(database, name);
  const why = {
    ingested: 'it is ingested already: the next campaign takes it',
    extracted: 'it is extracted: there is nothing to retry',
    inprogress: `it is in progress; "parcelwise scene show ${scene.obsid}" says who has it`,
  }[status];
  throw new UserError(`scene ${scene.obsid}: ${why ?? `it is ${status}, and somebody holds it`}`, 1);
}

async function retryInto(database: ConfiguredDatabase, name: string, results: string): Promise<void> {
  const { obsid } = await findScene(database, name);
  const { key } = await requireTable(database.pool, results, '--results');
  if (!(await retryExtraction(database.pool, { results: key, obsid }))) {
    const look = `"parcelwise scene show ${obsid}" says how it stands`;
    throw new UserError(`scene ${obsid} did not end in a word of ${key}'s own: ${look}`, 1);
  }
  say(`scene ${obsid} of ${key} is ingested again; the next campaign into that table takes it`);
}

async function release(database: ConfiguredDatabase, name: string, force: boolean): Promise<void> {
  const scene = await findScene(database, name);
  const held = (await heldClaims(database.pool)).filter(
    ({ catalogue, obsid }) => catalogue === database.catalogue.key && obsid === scene.obsid,
  );
  // Beside claims of results tables with words of their own, the catalogue's word may still be another program's.
  const stray = scene.status === 'inprogress' && held.every(({ statusIn }) => statusIn === 'parcelwise');
  if (held.length === 0 || (stray && force)) await releaseUnheld(database, scene, force);
  for (const claim of held) await releaseClaim(database, scene, claim);
}

async function releaseClaim(database: ConfiguredDatabase, scene: Scene, claim: HeldClaim): Promise<void> {
  const { workflowId } = claim.owner;
  const state = await withTemporal(async (connection) => {
    const temporal = temporalQueries(connection);
    return await ownerState(claim, { pool: database.pool, temporal }, await temporal.lookUpPlace());
  });
  if (state === 'elsewhere') {
    throw new UserError(
      `scene ${scene.obsid} is held by ${workflowId} of ${await describePlace(database.pool, claim)}: nothing was changed. ` +
        'Cancel its campaign there, or, where nobody works there any more: parcelwise reconcile --namespace ' +
        (claim.place?.namespace ?? 'unknown'),
      1,
    );
  }
  if (state === 'runs') {
    throw new UserError(
      `scene ${scene.obsid} is being worked on by ${workflowId} of ${claim.campaign}: nothing was changed. ` +
        'Cancel its campaign (parcelwise campaign cancel), or this scene alone: ' +
        `temporal workflow cancel --workflow-id ${workflowId}`,
      1,
    );
  }
  const freed = await freeClaims(database.pool, [claim]);
  if (freed.length === 0) throw new UserError(`scene ${scene.obsid} changed hands meanwhile: look again`, 1);
  say(
    `scene ${scene.obsid} of ${claim.results} is ingested again; ${workflowId}, which had it, does not run any more`,
  );
}

async function releaseUnheld(database: ConfiguredDatabase, scene: Scene, force: boolean): Promise<void> {
  if (scene.status !== 'inprogress') {
    throw new UserError(`scene ${scene.obsid} is ${scene.status}: nobody holds it`, 1);
  }
  if (!force) {
    throw new UserError(
      `scene ${scene.obsid} is in progress, but no claim of parcelwise's holds it: another program may be at work on it. ` +
        'If you know that none is, say --force',
      1,
    );
  }
  if (!(await releaseStray(database.pool, database.catalogue, scene.obsid)))
    throw new UserError(`scene ${scene.obsid} changed hands meanwhile: look again`, 1);
  say(`scene ${scene.obsid} is ingested again`);
}

async function reportOn(database: ConfiguredDatabase, scene: Scene): Promise<SceneReport> {
  const extractions: ExtractionReport[] = [];
  for (const extraction of await extractionsOf(database.pool, database.catalogue, scene.obsid)) {
    const progress = await readProgress(database.pool, { results: { key: extraction.results } }, scene.obsid);
    const running =
      extraction.status === 'inprogress'
        ? await withTemporal((connection) =>
            ownerRuns(extraction, { pool: database.pool, temporal: temporalQueries(connection) }),
          ).catch(() => null)
        : null;
    extractions.push({ ...extraction, progress, running });
  }
  return { scene, extractions };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
