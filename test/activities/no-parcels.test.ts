/** A scene under which no parcel lay: it is looked at again when there are other parcels, and extracted once some lie under it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ClaimOutcome, SceneTask } from '../../activities/contract.js';
import type { Order } from '../../campaigns/order.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { audit } from '../../database/audit/index.js';
import type { StatusIn } from '../../database/terms.js';
import { skipWithoutServer } from '../database/database.js';
import { run } from './run-activity.js';
import { openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';

const AWAY = 'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 300000, 0)';
const BACK = 'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, -300000, 0)';
const ONE_MORE = 'INSERT INTO parcels SELECT max(ogc_fid) + 1, max(wkb_geometry) FROM parcels';

for (const statusIn of ['catalogue', 'parcelwise'] as const satisfies readonly StatusIn[])
  describe(`a scene without parcels, its status kept in ${statusIn}`, { skip: skipWithoutServer }, () => {
    let test: TestDependencies;
    before(async () => {
      test = await openTestDependencies();
      await test.dependencies.pool.query(AWAY);
    });
    after(() => test.close());

    const act = () => ({
      ...databaseActivities(test.dependencies),
      ...stageActivities(test.dependencies),
      ...hostActivities(test.dependencies),
    });
    const order = (changedOnly: boolean): Order => ({ ...test.order, statusIn, changedOnly });
    const taskOf = (runId: string, changedOnly = true): SceneTask => ({
      ...test.task,
      owner: { workflowId: 'scene/public.sigs/1', runId },
      order: order(changedOnly),
    });
    const waiting = async (changedOnly = true): Promise<number[]> =>
      (await run(act().listScenes, order(changedOnly), null, 10)).scenes
        .map(({ obsid }) => obsid)
        .filter((obsid) => obsid === 1);
    const status = async (): Promise<string> =>
      (await test.dependencies.pool.query<{ status: string }>('SELECT status FROM parcelwise.extraction'))
        .rows[0]!.status;
    const findings = async (): Promise<readonly string[]> =>
      (await audit(test.dependencies.pool, { results: 'public.sigs' }, { each: 9 })).findings.flatMap(
        ({ first }) => first.map(({ text }) => text),
      );
    const taken = (outcome: ClaimOutcome) => {
      assert.ok(outcome.claimed);
      return outcome;
    };

    it('is left to a campaign with --changed-only only when there are other parcels', async () => {
      const first = taskOf('run-1', false);
      assert.equal(taken(await run(act().claim, first)).parcels, false);
      await run(act().mark, first, { status: 'no_parcels', reason: 'none' });
      assert.deepEqual([await waiting(false), await waiting()], [[], []]);
      await test.dependencies.pool.query(ONE_MORE);
      assert.deepEqual([await waiting(false), await waiting()], [[], [1]]);
    });

    it('stays one where none lies under it now either, and is left alone after that', async () => {
      const { terminal } = taken(await run(act().claim, taskOf('run-2')));
      assert.equal(terminal?.status, 'no_parcels');
      assert.deepEqual(taken(await run(act().claim, taskOf('run-2'))).terminal, terminal, 'asked again');
      await run(act().mark, taskOf('run-2'), terminal);
      assert.equal(await status(), 'no_parcels');
      assert.deepEqual(await waiting(), []);
      assert.deepEqual(await findings(), []);
    });

    it('is found again where it was given back', async () => {
      await test.dependencies.pool.query(BACK);
      assert.deepEqual(await waiting(), [1]);
      const held = taskOf('run-3');
      assert.equal(taken(await run(act().claim, held)).terminal, undefined);
      await run(act().release, held);
      assert.deepEqual(await waiting(), [1]);
    });

    it('is extracted once parcels lie under it', async () => {
      const task = taskOf('run-4');
      const { terminal, parcels } = taken(await run(act().claim, task));
      assert.deepEqual([terminal, parcels], [undefined, true]);
      const { added, pending } = await run(act().renew, task);
      assert.deepEqual([added, pending], [PARCELS + 1, 3]);
      await run(act().stage, task);
      for (const chunk of (await run(act().planOrFinish, task)).pending) {
        await run(act().extractAndCopyChunk, { ...task, chunk });
        await run(act().copyChunk, { ...task, chunk });
      }
      const accounts = await run(act().mark, task, null);
      assert.equal(accounts?.parcels, PARCELS + 1);
      assert.equal(await status(), 'extracted');
      assert.deepEqual([await waiting(), await waiting(false), await findings()], [[], [], []]);
    });
  });
