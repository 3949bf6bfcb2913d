/** `parcelwise reconcile`: gives back what nobody works on any more. */
import type { Command } from 'commander';
import type pg from 'pg';
import {
  HAND_OWNER,
  HAND_PLACE,
  ownerState,
  reconcile,
  type ReconcileDependencies,
} from '../../activities/reconcile.js';
import { freeClaims, type HeldClaim, heldClaims, strayScenes } from '../../database/ledger/reconcile.js';
import { leasedPlaces, type TemporalPlace } from '../../database/leases/temporal-leases.js';
import { temporalQueries, withTemporal } from '../../client/index.js';
import { withConfiguredDatabase, type ConfiguredDatabase } from '../configured-database.js';
import { addConfigOptions, type ConfigOptions } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { stopSignal } from '../signals.js';

interface ReconcileCommand extends ConfigOptions {
  readonly namespace?: string;
  readonly server?: string;
}

/** Owners of before places were noted, as `--namespace` takes them. */
const PLACELESS = 'unknown';

export function addReconcile(program: Command): void {
  addConfigOptions(program.command('reconcile'))
    .description(
      'give back every scene whose owner no longer runs, and list those in progress that nobody of ours has',
    )
    .option(
      '--namespace <name>',
      'also what owners of this Temporal namespace of another server hold, who can not be asked: only where you know that ' +
        `nobody works there any more ("${PLACELESS}": owners of before parcelwise noted namespaces)`,
    )
    .option(
      '--server <id>',
      'of this Temporal server (its cluster id or address), where several have such a namespace',
    )
    .action((options: ReconcileCommand) =>
      withConfiguredDatabase(options, async (database) => {
        await reconcileAll(database, options);
      }),
    );
}

async function reconcileAll(database: ConfiguredDatabase, options: ReconcileCommand): Promise<void> {
  if (options.server !== undefined && options.namespace === undefined)
    throw new UserError('--server names whose --namespace is meant: say both');
  const { pool, catalogue } = database;
  const back = await withTemporal(async (connection) => {
    const dependencies = { pool, temporal: temporalQueries(connection) };
    const freed = await reconcile({ signal: stopSignal(), report: () => undefined }, dependencies);
    for (const { obsid, results, owner } of freed)
      say(`given back: scene ${obsid} of ${results}; ${owner.workflowId} does not run any more`);
    const forced = options.namespace === undefined ? [] : await freePlace(dependencies, options);
    await tellForeign(dependencies);
    return freed.length + forced.length;
  });
  const held = await heldClaims(pool);
  const strays = await strayScenes(pool, { catalogue });
  for (const { obsid, reference } of strays)
    say(`in progress, but not by parcelwise: scene ${obsid} ${reference}`);
  say(`${back} given back, ${held.length} being worked on, ${strays.length} in other hands`);
  if (strays.length > 0) say('If no other program works on those: parcelwise scene release <id> --force');
}

/** Frees what owners of a place hold whom nobody asked. */
async function freePlace(
  dependencies: ReconcileDependencies,
  { namespace, server }: ReconcileCommand,
): Promise<HeldClaim[]> {
  const { pool, temporal } = dependencies;
  const here = await temporal.lookUpPlace();
  const addresses = new Map((await leasedPlaces(pool)).map((place) => [keyOf(place), place.address]));
  const isMeant = ({ place, owner }: HeldClaim): boolean => {
    if (place === null) return namespace === PLACELESS && !owner.workflowId.startsWith(HAND_OWNER);
    if (place.cluster === HAND_PLACE || place.namespace !== namespace || isSame(place, here)) return false;
    return server === undefined || server === place.cluster || server === addresses.get(keyOf(place));
  };
  const meant: HeldClaim[] = [];
  for (const claim of (await heldClaims(pool)).filter(isMeant))
    if ((await ownerState(claim, dependencies, here)) === 'elsewhere') meant.push(claim);
  const servers = new Set(meant.map(({ place }) => place?.cluster));
  if (servers.size > 1) {
    throw new UserError(
      `several Temporal servers have owners in a namespace ${namespace ?? ''}: say which with --server: ${[...servers].join(', ')}`,
    );
  }
  const [first] = meant;
  if (first === undefined) {
    say(`no owner of a namespace ${namespace ?? ''} of another server holds a scene`);
    return [];
  }
  say(
    `giving back ${meant.length} scenes held by owners of ${await describePlace(pool, first)}; they were not asked, and what they still write is refused`,
  );
  const freed = await freeClaims(pool, meant);
  for (const { obsid, results, owner } of freed)
    say(`given back: scene ${obsid} of ${results}, of ${owner.workflowId}`);
  return freed;
}

/** One line for each place that can't be asked from here. */
async function tellForeign(dependencies: ReconcileDependencies): Promise<void> {
  const here = await dependencies.temporal.lookUpPlace();
  const places = new Map<string, HeldClaim[]>();
  for (const claim of await heldClaims(dependencies.pool)) {
    if ((await ownerState(claim, dependencies, here)) !== 'elsewhere') continue;
    const key = claim.place === null ? '' : keyOf(claim.place);
    places.set(key, [...(places.get(key) ?? []), claim]);
  }
  for (const claims of places.values())
    say(`${claims.length} held by owners of ${await describePlace(dependencies.pool, claims[0]!)}`);
}

/** A place in words, with when its workers were last heard of. */
export async function describePlace(pool: pg.Pool, { place }: Pick<HeldClaim, 'place'>): Promise<string> {
  if (place === null) return 'a place that was not noted';
  const lease = (await leasedPlaces(pool)).find((one) => isSame(one, place));
  const where = `namespace ${place.namespace} of the Temporal server ${place.cluster}`;
  if (lease === undefined) return `${where}, whose workers have not been heard of`;
  return `${where} (at ${lease.address}; its workers were last heard of ${lease.renewedAt.replace('T', ' ')} UTC)`;
}

function isSame(a: TemporalPlace, b: TemporalPlace): boolean {
  return a.cluster === b.cluster && a.namespace === b.namespace;
}

function keyOf({ cluster, namespace }: TemporalPlace): string {
  return `${cluster} ${namespace}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
