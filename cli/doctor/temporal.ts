/** Looks at Temporal: server, namespace, search attributes, and whether anyone polls the queues. */
import {
  describeNamespace,
  hasSearchAttributes,
  placeOf,
  pollersOf,
  type TemporalConnection,
  withTemporal,
} from '../../client/index.js';
import { processesAtWork } from '../../database/leases/temporal-leases.js';
import { readDbConfig } from '../../database/selection/config.js';
import { openPool } from '../../database/session/pool.js';
import { ORCHESTRATOR_QUEUE, STAGE_QUEUE } from '../../workflows/ids.js';
import { advice, faultOf, type Finding, look, ok, skipped } from './finding.js';

/** @param file db_config.json: the database knows which workers have stopped; the server names them for minutes longer. */
export async function lookAtTemporal(file: string | undefined): Promise<Finding[]> {
  try {
    return await withTemporal(async (temporal) => {
      await describeNamespace(temporal);
      return [
        ok('Temporal', `${temporal.address}, namespace ${temporal.namespace}`),
        ...(await look('Temporal', () => lookAtAttributes(temporal))),
        ...(await look('workers', () => lookAtWorkers(temporal, file))),
      ];
    });
  } catch (error) {
    return [faultOf('Temporal', error), skipped('workers', 'not without Temporal')];
  }
}

async function lookAtAttributes(temporal: TemporalConnection): Promise<Finding> {
  return (await hasSearchAttributes(temporal))
    ? ok('Temporal', 'search attributes are there')
    : advice(
        'Temporal',
        'search attributes are missing, or we may not ask for them; campaigns run without',
        'Run parcelwise init',
      );
}

async function lookAtWorkers(temporal: TemporalConnection, file: string | undefined): Promise<Finding[]> {
  const atWork = await atWorkOn(file, temporal);
  const polling = async (queue: string, kind: 'workflow' | 'activity'): Promise<number> =>
    Math.min(await pollersOf(temporal, queue, kind), atWork ?? Infinity);
  const remark = atWork === undefined ? ', some of which may have stopped: the database does not say' : '';
  const orchestrators = await polling(ORCHESTRATOR_QUEUE, 'workflow');
  const extractors = await polling(STAGE_QUEUE, 'activity');
  return [
    orchestrators > 0
      ? ok('workers', `${orchestrators} for workflows and database steps${remark}`)
      : advice('workers', 'none for workflows and database steps', 'Start one: parcelwise worker'),
    extractors > 0
      ? ok('workers', `${extractors} for downloads and raster work${remark}`)
      : advice(
          'workers',
          'none for downloads and raster work (or all of them are full)',
          'Start one: parcelwise worker',
        ),
  ];
}

/** Worker processes that renew their lease; undefined where the database can't be asked. */
async function atWorkOn(file: string | undefined, temporal: TemporalConnection): Promise<number | undefined> {
  const { connection, namespace, address } = temporal;
  try {
    const pool = openPool(readDbConfig(file, process.env).connection, { max: 1 });
    try {
      return await processesAtWork(pool, await placeOf(connection.workflowService, namespace, address));
    } finally {
      await pool.end();
    }
  } catch {
    // What is wrong with the database is told where it is looked at.
    return undefined;
  }
}
