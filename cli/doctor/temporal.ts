/** Looks at Temporal: server, namespace, search attributes, and whether anyone polls the queues. */
import { hasSearchAttributes } from '../../client/search-attributes.js';
import { describeNamespace, pollersOf } from '../../client/temporal.js';
import { type TemporalConnection } from '../../client/temporal-connection.js';
import { CATALOGUE_QUEUE, STAGE_QUEUE } from '../../workflows/ids.js';
import { withTemporal } from '../../client/with-temporal.js';
import { advice, faultOf, type Finding, look, ok, skipped } from './finding.js';

export async function lookAtTemporal(): Promise<Finding[]> {
  try {
    return await withTemporal(async (temporal) => {
      await describeNamespace(temporal);
      return [
        ok('Temporal', `${temporal.address}, namespace ${temporal.namespace}`),
        ...(await look('Temporal', () => lookAtAttributes(temporal))),
        ...(await look('workers', () => lookAtWorkers(temporal))),
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

async function lookAtWorkers(temporal: TemporalConnection): Promise<Finding[]> {
  const orchestrators = await pollersOf(temporal, CATALOGUE_QUEUE, 'workflow');
  const extractors = await pollersOf(temporal, STAGE_QUEUE, 'activity');
  return [
    orchestrators > 0
      ? ok('workers', `${orchestrators} for workflows and catalogue`)
      : advice('workers', 'none for workflows and catalogue', 'Start one: parcelwise worker'),
    extractors > 0
      ? ok('workers', `${extractors} for downloads and raster work`)
      : advice(
          'workers',
          'none for downloads and raster work (or all of them are full)',
          'Start one: parcelwise worker',
        ),
  ];
}
