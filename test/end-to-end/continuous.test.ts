/** Scenes are published in waves while a schedule runs: each is found, entered and extracted once, with nobody watching. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../database/audit/index.js';
import { query } from '../../database/session/session.js';
import { createSchedule, listSchedules, scheduleOf } from '../../client/index.js';
import type { campaign } from '../../workflows/campaign.js';
import { ORCHESTRATOR_QUEUE } from '../../workflows/ids.js';
import type { StacItem } from '../../stac/scene-facts.js';
import type { TickInput } from '../../workflows/tick.js';
import { skipWithoutServer } from '../database/database.js';
import { ApiServer } from '../stac/api-server.js';
import { cdseItem } from '../stac/items.js';
import { skipWithoutTemporal, until } from '../workflows/server.js';
import { ContinuousPlace, SPEC } from './continuous-place.js';
import { FOOTPRINT, tinyItem, type TinyProduct, tinyProduct } from './tiny-product.js';

/** A wave takes some seconds; machines that do much else at a time are given more. */
const WITHIN_S = 120;
const NAME = 'noordoostpolder';

describe('continuous mode', { skip: skipWithoutServer || skipWithoutTemporal }, () => {
  let place: ContinuousPlace;
  let api: ApiServer;
  before(async () => {
    [place, api] = await Promise.all([ContinuousPlace.open(), ApiServer.start()]);
    api.pageSize = 2;
    await place.startWorker();
  });
  after(async () => {
    await api.stop();
    await place.close();
  });

  const published: TinyProduct[] = [];
  /** Every other item tells where the product lies; the rest tell of a bucket that is not there. */
  const itemOf = (scene: TinyProduct): StacItem =>
    scene.seed % 2 === 0
      ? cdseItem({ reference: scene.reference, ring: FOOTPRINT })
      : tinyItem(scene, basename(place.bucket));

  /** The product lies in the bucket before the catalogue tells of it. */
  async function publish(...scenes: TinyProduct[]): Promise<void> {
    for (const scene of scenes) {
      await place.upload(scene);
      api.items.push(itemOf(scene));
      published.push(scene);
    }
  }

  const statuses = async (): Promise<Map<string, string>> => {
    const rows = await query<{ reference: string; status: string }>(
      place.database.pool,
      'SELECT reference, status FROM dias_catalogue',
    );
    return new Map(rows.map(({ reference, status }) => [reference, status]));
  };
  const allExtracted = async (): Promise<boolean> => {
    const known = await statuses();
    return published.every(({ reference }) =>
      ['extracted', 'superseded'].includes(known.get(reference) ?? ''),
    );
  };

  const ticks = async (): Promise<{ id: string; status: string; events: number }[]> => {
    const found = [];
    for await (const { workflowId, status, historyLength } of place.client.workflow.list({
      query: `WorkflowType = 'tick'`,
    }))
      found.push({ id: workflowId, status: status.name, events: historyLength });
    return found;
  };

  it('extracts each scene once, whatever happens to the catalogue meanwhile', async () => {
    const [first, second, third, fourth, fifth] = [
      tinyProduct(3, 10),
      tinyProduct(3, 25),
      tinyProduct(4, 6),
      tinyProduct(4, 24),
      tinyProduct(5, 11),
    ] as const;
    await publish(first, second, third);
    // Doubled: the same product under two items.
    api.items.push({ ...itemOf(second), links: [] });

    const input: TickInput = {
      name: NAME,
      sync: { source: { stac: api.url, collection: 'sentinel-2-l2a' }, pageSize: 2 },
      campaign: { card: 's2' },
    };
    assert.equal(await createSchedule(place.client, input, { everyMs: 3_600_000 }), true);
    assert.equal(await createSchedule(place.client, input, SPEC), false, 'it is changed, not doubled');
    assert.equal((await listSchedules(place.client)).length, 1);
    await until('the first wave is extracted', allExtracted, WITHIN_S);

    // Withdrawn after it was extracted; a catalogue that is down for a moment; a wave of two; a reprocessing.
    api.items.shift();
    api.faults.push({ status: 503 }, { status: 500 }, { status: 429, headers: { 'retry-after': '1' } });
    const remade = tinyProduct(4, 6, '0512', 'T235959');
    await publish(fourth, remade);
    // An old one that comes with its reprocessing is not extracted at all.
    const old = tinyProduct(5, 19, '0400');
    await publish(tinyProduct(5, 19, '0510', 'T235959'), old);

    // Somebody starts a campaign of their own beside the schedule's.
    const burst = await place.client.workflow.start<typeof campaign>('campaign', {
      workflowId: 'campaign/burst',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ card: 's2' }],
    });
    await until('the second wave is extracted', allExtracted, WITHIN_S);
    await burst.result();

    await publish(fifth);
    await until('the third wave is extracted', allExtracted, WITHIN_S);

    // Ticks with nothing to do change nothing.
    const before = await contents();
    const done = (await ticks()).filter(({ status }) => status === 'COMPLETED').length;
    await until(
      'two more ticks have passed',
      async () => (await ticks()).filter(({ status }) => status === 'COMPLETED').length >= done + 2,
      WITHIN_S,
    );
    await scheduleOf(place.client, NAME).pause('enough');
    assert.deepEqual(await contents(), before);

    assert.deepEqual(
      [...(await statuses())].sort(),
      published
        .map(({ reference }): [string, string] => [
          reference,
          reference === old.reference ? 'superseded' : 'extracted',
        ])
        .sort(),
    );
    const ids = await obsids();
    for (const { obsid, rows, distinct, stored, hists, histsStored } of before.extractions) {
      if (obsid === ids.get(old.reference)) assert.deepEqual([rows, stored, hists], [0, null, 0]);
      else {
        assert.ok(rows > 100, String(rows));
        assert.deepEqual([distinct, stored, histsStored], [rows, rows, hists]);
      }
    }
    assert.equal(before.extractions.length, published.length);
    await checkSuperseded(ids, third, remade);
  });

  it('makes ticks of few events, one at a time', async () => {
    const all = (await ticks()).filter(({ status }) => status === 'COMPLETED');
    assert.ok(all.length > 3);
    for (const { id, events } of all) assert.ok(events < 40, `${id} has ${events} events`);
  });

  it('goes on extracting while the catalogue is down, and says so', async () => {
    const sixth = tinyProduct(6, 3);
    await place.upload(sixth);
    await query(
      place.database.pool,
      `INSERT INTO dias_catalogue (obstime, reference, sensor, card, footprint)
       SELECT $1::timestamp, $2, '2A', 's2', footprint FROM dias_catalogue LIMIT 1`,
      [sixth.obstime, sixth.reference],
    );
    const handle = await place.client.workflow.start('tick', {
      workflowId: 'tick/by-hand',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ name: 'by-hand', sync: { source: { stac: `${api.url}/nothing` } }, campaign: { card: 's2' } }],
    });
    await assert.rejects(handle.result(), (error: Error) => {
      assert.match((error.cause as Error).message, /sync: .*404/);
      return true;
    });
    assert.equal((await statuses()).get(sixth.reference), 'extracted');
  });

  const obsids = async (): Promise<Map<string, number>> => {
    const rows = await query<{ reference: string; id: number }>(
      place.database.pool,
      'SELECT reference, id FROM dias_catalogue',
    );
    return new Map(rows.map(({ reference, id }) => [reference, id]));
  };

  /** The rows of both baselines are there; the views have those of the newer one, and the audit has no objection. */
  async function checkSuperseded(
    ids: ReadonlyMap<string, number>,
    older: TinyProduct,
    newer: TinyProduct,
  ): Promise<void> {
    const { pool } = place.database;
    const [olderId, newerId] = [ids.get(older.reference), ids.get(newer.reference)];
    assert.deepEqual(
      await query(pool, 'SELECT results_table, obsid, by_obsid FROM parcelwise.supersession'),
      [{ results_table: 'public.sigs', obsid: olderId, by_obsid: newerId }],
    );
    const seen = async (table: string): Promise<number[]> =>
      (
        await query<{ obsid: number }>(
          pool,
          `SELECT r.obsid FROM ${table} r JOIN dias_catalogue s ON s.id = r.obsid
           WHERE s.obstime::date = '${older.obstime.slice(0, 10)}' GROUP BY 1 ORDER BY 1`,
        )
      ).map(({ obsid }) => obsid);
    assert.deepEqual(
      await seen('sigs'),
      [olderId!, newerId!].sort((a, b) => a - b),
    );
    for (const view of ['current', 'observations', 'best'])
      assert.deepEqual(await seen(`parcelwise.sigs_${view}`), [newerId], view);
    const [rest] = await query<{ all: number; best: number }>(
      pool,
      `SELECT (SELECT count(*)::int FROM sigs WHERE obsid <> $1) AS all, (SELECT count(*)::int FROM parcelwise.sigs_best) AS best`,
      [olderId],
    );
    assert.equal(rest!.best, rest!.all, 'of every other day there is one observation');
    const { findings, notes, ...audited } = await audit(pool, {}, { each: 5 });
    assert.deepEqual(findings, []);
    assert.deepEqual([audited.scenes, audited.extracted], [published.length, published.length - 1]);
    assert.match(notes.join(), /1 scenes are superseded/);
  }

  /** What stands in the tables: rows a scene, doubled ones told apart, beside what the ledger says. */
  async function contents() {
    const extractions = await query<{
      obsid: number;
      rows: number;
      distinct: number;
      stored: number;
      hists: number;
      histsStored: number;
    }>(
      place.database.pool,
      `SELECT s.id AS obsid,
              (SELECT count(*)::int FROM sigs WHERE obsid = s.id) AS rows,
              (SELECT count(DISTINCT (pid, band))::int FROM sigs WHERE obsid = s.id) AS distinct,
              (SELECT sum(rows)::int FROM parcelwise.ledger WHERE obsid = s.id) AS stored,
              (SELECT count(DISTINCT pid)::int FROM hists WHERE obsid = s.id) AS hists,
              (SELECT sum(hists)::int FROM parcelwise.ledger WHERE obsid = s.id) AS "histsStored"
       FROM dias_catalogue s ORDER BY s.id`,
    );
    const products = await query(
      place.database.pool,
      'SELECT xmin::text, * FROM parcelwise.product ORDER BY obsid',
    );
    return { extractions, products };
  }
});
