/** What later campaigns do to a scene that is certified: what they add is no part of the certificate, what they change is. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { audit } from '../../database/audit/index.js';
import type { Certificate, Statement } from '../../export/certificate/certificate.js';
import { stateOf } from '../../export/certificate/state.js';
import { verifyDatabase } from '../../export/certificate/verify-database.js';
import { skipWithoutServer } from '../database/database.js';
import { openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { classAt, RULE } from './masked-scene.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';

const pixelB08 = (row: number, column: number): number => 1500 + 100 * ((row * 31 + column * 17) % 23);
const silent = (): void => undefined;

describe('a certified scene', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let steps: SceneSteps;
  let certified: Statement;
  beforeEach(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: classAt, bands: { B08: { step: 10, pixel: pixelB08 } } },
    });
    steps = new SceneSteps(test);
    const before = { tables: { ...test.order.tables, clear: undefined }, bands: ['B04', 'SC'] };
    await steps.whole(before, 'run-0');
    certified = await state();
  });
  afterEach(() => test.close());

  async function state(): Promise<Statement> {
    let statement: Statement | undefined;
    const { findings } = await audit(
      test.dependencies.pool,
      {},
      {
        each: 20,
        onSound: async (client, seen) => {
          statement = await stateOf(client, seen, { scope: {}, software: {}, tell: silent });
        },
      },
    );
    assert.deepEqual(findings, []);
    assert.ok(statement);
    return statement;
  }

  /** What does not hold, and notes, without times. */
  async function found(): Promise<string[]> {
    const lines = await verifyDatabase(test.dependencies.pool, certified as Certificate, silent);
    return lines
      .filter(({ verdict }) => verdict !== 'holds')
      .map(({ verdict, text }) => `${verdict}: ${text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'DAY')}`);
  }

  async function renew(): Promise<void> {
    const task = await steps.begin({ bands: ['B04', 'SC'], changedOnly: true }, 'run-1');
    await run(steps.act().renew, task);
    await steps.store(task);
    await run(steps.act().mark, task, null);
    assert.deepEqual(await steps.findings(), []);
  }

  it('holds when a band, an index and clear rows are added to it', async () => {
    await steps.whole({ add: true, bands: ['B04', 'SC', 'B08', 'NDV'], clear: RULE }, 'run-1');
    assert.deepEqual(await found(), ['note: scene 1 has been given more layers since, on DAY']);
    assert.deepEqual(Object.keys((await state()).tables[0]!.scenes[0]!.layers), [
      ...['B04', 'SC', 'B08', 'NDV'],
      ...['B04:clear', 'B08:clear', 'NDV:clear'],
    ]);
  });

  it('holds when rows of parcels that are new are added to it, and does not when one of those that were there is changed', async () => {
    await test.dependencies.pool.query(
      `INSERT INTO parcels SELECT ${PARCELS + 1}, ST_Translate(wkb_geometry, 150, 0) FROM parcels WHERE ogc_fid = 1`,
    );
    await renew();
    assert.deepEqual(await found(), [
      'note: scene 1 has been given more parcels since, which are not certified: 1',
      `note: the parcels of public.parcels have changed since: ${PARCELS + 1} now, ${PARCELS} then; rows are of those of then`,
    ]);
    await test.dependencies.pool.query(`UPDATE sigs SET mean = 1 WHERE pid = ${PARCELS + 1}`);
    assert.equal((await found()).length, 2);
    await test.dependencies.pool.query(`UPDATE sigs SET mean = 1 WHERE (pid, band) = (1, 'B04')`);
    assert.match((await found())[0]!, /^fails: public\.sigs: scene 1, band B04: \d+ rows as certified, but/);
  });

  it('does not hold when parcels of it were redrawn, and the note says that it was renewed', async () => {
    await test.dependencies.pool.query(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid = 7',
    );
    await renew();
    const lines = await found();
    assert.ok(
      lines.includes('fails: public.sigs: scene 1: by the ledger other parcels are met than were certified'),
    );
    assert.ok(
      lines.includes(
        'note: scene 1 was renewed since: parcelwise stored rows of it; make another certificate',
      ),
    );
  });
});
