import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { audit, type Audit, type AuditOptions, type AuditScope } from '../../../database/audit/index.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { markScene } from '../../../database/ledger/mark.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

/** Parcels that no scene selects: without geometry, empty, too small (50 m x 50 m), 200 km away. */
const NOT_SELECTED = `
  INSERT INTO parcels (ogc_fid, wkb_geometry)
  SELECT 1000 + n, ST_Transform(shape, 31370) FROM (VALUES
    (1, NULL), (2, ST_SetSRID('POLYGON EMPTY'::geometry, 32631)),
    (3, ST_MakeEnvelope(500200, 5649000, 500250, 5649050, 32631)),
    (4, ST_MakeEnvelope(700200, 5641000, 700300, 5641100, 32631))) AS odd (n, shape)`;

describe('the audit', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    await database.pool.query(NOT_SELECTED);
  });
  beforeEach(async () => {
    await database.pool.query(`
      DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists; DELETE FROM parcels WHERE ogc_fid > 2000;
      UPDATE dias_catalogue SET status = 'ingested'`);
    for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
  });
  after(() => database.drop());

  const look = (scope: AuditScope = {}, options: Partial<AuditOptions> = {}): Promise<Audit> =>
    audit(database.pool, scope, { each: 20, ...options });
  /** Everything found, a line a finding: `kind: text`. */
  const found = async (scope?: AuditScope, options?: Partial<AuditOptions>): Promise<string[]> =>
    (await look(scope, options)).findings.flatMap(({ kind, first }) =>
      first.map(({ text }) => `${kind}: ${text}`),
    );
  const spoil = (sql: string) => database.pool.query(sql);

  it('of an undisturbed season finds nothing, and counts what no scene selects', async () => {
    const { findings, notes, ...report } = await look();
    assert.deepEqual([findings, notes], [[], []]);
    assert.deepEqual(report, {
      scenes: 2,
      extracted: 2,
      parcels: 80,
      gaps: 12,
      tables: [
        { table: 'public.sigs', kind: 'results', rows: 228, expected: 228 },
        { table: 'public.hists', kind: 'hists', rows: 76, expected: 76 },
      ],
      notSelected: [
        {
          parcels: 'public.parcels',
          aoi: 'here',
          count: 44,
          withoutGeometry: 2,
          beyondAoi: 1,
          tooSmall: 1,
          minAreaM2: 3000,
        },
      ],
    });
  });

  it('agrees with scenes half done, given back and ended by a word', async () => {
    await beginScene(database.pool, season, 3, 1);
    assert.deepEqual(await found(), []);
    await releaseScene(database.pool, season, 3, ownerOf(season, 3));
    assert.deepEqual(await found(), []);
    const owner = ownerOf(season, 3, 'run-b');
    await claimScene(database.pool, season, 3, owner, {
      campaign: 'autumn',
      bands: BANDS,
      classBand: CLASS_BAND,
    });
    await markScene(database.pool, season, 3, owner, 'bad_raster', 'cut short');
    assert.deepEqual(await found(), []);
    // Set back by hand, to be tried again.
    await spoil(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = 3`);
    assert.deepEqual(await found(), []);
  });

  const lost = 'lost: scene 1, band B08: no row of parcel 7';
  it('names the parcel of a lost row', async () => {
    await spoil(`DELETE FROM sigs WHERE (obsid, band, pid) = (1, 'B08', 7)`);
    assert.deepEqual(await found(), [lost]);
  });

  it('names the parcel of a doubled row, also where a lost one keeps the count right', async () => {
    await spoil(`INSERT INTO sigs SELECT * FROM sigs WHERE (obsid, band, pid) = (1, 'B08', 9)`);
    const doubled = 'doubled: scene 1, band B08: 2 rows instead of 1 of parcel 9';
    assert.deepEqual(await found(), [doubled]);
    await spoil(`DELETE FROM sigs WHERE (obsid, band, pid) = (1, 'B08', 7)`);
    assert.deepEqual(await found(), [lost, doubled]);
  });

  it('names a row too many: of a parcel in no chunk, of one without data, and of none', async () => {
    await spoil(`
      INSERT INTO sigs (pid, obsid, band) VALUES (99, 1, 'B04'), (4, 2, 'B04'), (NULL, 2, 'B08')`);
    assert.deepEqual(await found(), [
      'unexpected: scene 1, band B04: 1 row of parcel 99, which no stored chunk lists',
      'unexpected: scene 2, band B04: 1 row of parcel 4, noted as without one (no-data)',
      'unexpected: scene 2, band B08: 1 row of parcel NULL, which no stored chunk lists',
    ]);
  });

  it('names a row of the wrong band, the wrong scene, and the wrong parcel', async () => {
    await spoil(`UPDATE sigs SET band = 'B8' WHERE (obsid, band, pid) = (1, 'B08', 7)`);
    const wrong = 'unexpected: scene 1, band B8: 1 row of parcel 7, which no stored chunk lists';
    assert.deepEqual(await found(), [lost, wrong]);
    await spoil(`UPDATE sigs SET band = 'B08', pid = 9 WHERE (obsid, band, pid) = (1, 'B8', 7)`);
    assert.deepEqual(await found(), [lost, 'doubled: scene 1, band B08: 2 rows instead of 1 of parcel 9']);
  });

  it('names rows of a scene that was never extracted, unless only a card or a campaign is asked for', async () => {
    await spoil(
      `INSERT INTO sigs (pid, obsid, band) SELECT pid, 77, band FROM sigs WHERE obsid = 1 AND pid < 3`,
    );
    const stranger = (band: string) =>
      `unknown: scene 77, band ${band}: 2 rows of a scene that was never extracted into this table`;
    assert.deepEqual(await found(), BANDS.map(stranger));
    assert.deepEqual(await found({ results: 'public.sigs' }), BANDS.map(stranger));
    assert.deepEqual(await found({ card: 's2' }), []);
    assert.deepEqual(await found({ campaign: 'spring' }), []);
  });

  it('names lost, doubled and needless histograms', async () => {
    await spoil(`
      DELETE FROM hists WHERE (obsid, pid) = (1, 7);
      INSERT INTO hists SELECT * FROM hists WHERE (obsid, pid) = (2, 9);
      INSERT INTO hists VALUES (4, 1, '{}'), (1, 78, '{}')`);
    assert.deepEqual(await found(), [
      'lost: scene 1, histograms: no histogram of parcel 7',
      'doubled: scene 2, histograms: 2 histograms instead of 1 of parcel 9',
      'unexpected: scene 1, histograms: 1 histogram of parcel 4, noted as without one (no-data)',
      'unknown: scene 78, histograms: 1 histogram of a scene that was never extracted into this table',
    ]);
  });

  it('names a chunk whose ledger line is gone, and its rows', async () => {
    await spoil(`DELETE FROM parcelwise.ledger WHERE (obsid, chunk) = (1, 1)`);
    const lines = await found();
    assert.equal(
      lines[0],
      'ledger: scene 1, chunk 1 (parcels 21 to 40): is not in the ledger, though the scene is extracted',
    );
    assert.match(
      lines[1]!,
      /^ledger: scene 1 was marked extracted with 40 parcels, 114 rows .* its ledger has 20, 57 and 19/,
    );
    assert.equal(
      lines[2],
      'selection: scene 1 meets 40 parcels, of which no chunk lists parcels 21, 22, 23, 24, 25, 26, 27, 28, 29, 30 and 10 more',
    );
    assert.equal(
      lines[3],
      'unexpected: scene 1, band B04: 19 rows of parcels 21, 22, 23, 25, 26, 27, 28, 29, 30, 31 and 9 more, which no stored chunk lists',
    );
    assert.equal(lines.length, 3 + 3 + 1);
  });

  it('names the parcel of a gap that is gone', async () => {
    await spoil(`DELETE FROM parcelwise.gap WHERE (obsid, chunk, band) = (2, 0, 'B04')`);
    assert.deepEqual(await found(), [
      'ledger: scene 2, chunk 0 (parcels 1 to 20): 20 parcels in 3 bands need 60 rows and gaps, there are 57 rows and 2 gaps',
      'lost: scene 2, band B04: no row of parcel 4',
    ]);
  });

  it('names a gap of the wrong parcel', async () => {
    await spoil(`UPDATE parcelwise.gap SET pids = '{5}' WHERE (obsid, chunk, band) = (2, 0, 'B04')`);
    assert.deepEqual(await found(), [
      'lost: scene 2, band B04: no row of parcel 4',
      'unexpected: scene 2, band B04: 1 row of parcel 5, noted as without one (no-data)',
    ]);
  });

  it('names a ledger line that does not list what it counts, and a plan whose chunks overlap', async () => {
    await spoil(`
      UPDATE parcelwise.ledger SET pids = pids[1:18] || 18 || 99 WHERE (obsid, chunk) = (1, 0);
      UPDATE parcelwise.plan SET first_pid = 20 WHERE (obsid, chunk) = (2, 1)`);
    const lines = (await found()).filter((line) => line.startsWith('ledger'));
    assert.deepEqual(lines, [
      'ledger: scene 1, chunk 0 (parcels 1 to 20): counts 20 parcels, but does not list so many',
      'ledger: scene 1, chunk 0 (parcels 1 to 20): lists parcels of another range',
      'ledger: scene 2, chunk 1 (parcels 20 to 40): begins before the chunk before it ends',
    ]);
  });

  it('names a chunk of which the ledger does not know every band', async () => {
    await spoil(`DELETE FROM parcelwise.stored_layer WHERE (obsid, chunk, layer) = (1, 0, 'B08');
      UPDATE parcelwise.stored_layer SET rows = 18 WHERE (obsid, chunk, layer) = (2, 1, 'SC')`);
    const odd = 'has 57 rows, which are not those of its 3 bands together';
    assert.deepEqual(await found(), [
      `ledger: scene 1, chunk 0 (parcels 1 to 20): ${odd}`,
      `ledger: scene 2, chunk 1 (parcels 21 to 40): ${odd}`,
    ]);
  });

  it('names ids that mean other scenes now, and a results table of two catalogues', async () => {
    await spoil(`UPDATE dias_catalogue SET reference = 'ANOTHER_' || id WHERE id < 3;
      CREATE TABLE second (LIKE dias_catalogue); INSERT INTO second SELECT * FROM dias_catalogue WHERE id = 2;
      UPDATE parcelwise.extraction SET catalogue_table = 'public.second' WHERE obsid = 2`);
    try {
      const identities = (await found()).filter((line) => line.startsWith('identity'));
      assert.deepEqual(identities, [
        'identity: scene 1 is ANOTHER_1 in public.dias_catalogue, but SCENE_1 was extracted',
        'identity: holds scenes of public.dias_catalogue and 1 of public.second, whose ids nobody can tell apart',
        'identity: scene 2 is ANOTHER_2 in public.second, but SCENE_2 was extracted',
      ]);
    } finally {
      await spoil(`DROP TABLE second; UPDATE dias_catalogue SET reference = 'SCENE_' || id WHERE id < 3`);
    }
  });

  it('names scenes whose status is not true', async () => {
    await beginScene(database.pool, season, 3);
    await spoil(`
      UPDATE dias_catalogue SET status = 'inprogress' WHERE id = 2;
      UPDATE parcelwise.extraction SET status = 'bad_raster' WHERE obsid = 3;
      UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1;
      UPDATE dias_catalogue SET status = 'bad_raster' WHERE id = 3;
      UPDATE dias_catalogue SET status = 'inprogress' WHERE id = 5`);
    assert.deepEqual(await found(), [
      'status: scene 1 is extracted, but public.dias_catalogue says ingested',
      'status: scene 2 is extracted, but public.dias_catalogue says inprogress',
      'status: scene 3 is bad_raster, though every chunk of it is stored',
      'status: 2 scenes of public.dias_catalogue (2, 5) are inprogress and no claim stands behind it; if no other program is at work, set them back to ingested',
    ]);
  });

  it('names a scene that is extracted without being complete', async () => {
    await beginScene(database.pool, season, 3, 1);
    await spoil(`
      UPDATE dias_catalogue SET status = 'extracted' WHERE id = 3;
      UPDATE parcelwise.extraction SET status = 'extracted' WHERE obsid = 3`);
    assert.match(
      (await found()).join('\n'),
      /ledger: scene 3, chunk 1 .* is not in the ledger, though the scene is extracted/,
    );
  });

  it('says what it cannot judge of scenes that another program extracted', async () => {
    await spoil(`UPDATE dias_catalogue SET status = 'extracted' WHERE id = 7`);
    const { findings, notes } = await look();
    assert.deepEqual(findings, []);
    assert.match(notes.join(), /1 scenes of public.dias_catalogue \(7\) are extracted by another program/);
  });

  it('asks whether the owner of a claim runs', async () => {
    await beginScene(database.pool, season, 3, 1);
    assert.deepEqual(await found({}, { isRunning: () => Promise.resolve(true) }), []);
    assert.deepEqual(await found({}, { isRunning: () => Promise.resolve(false) }), [
      'owner: scene 3 is inprogress for scene/public.sigs/3 (run run-a), which does not run; parcelwise reconcile gives it back',
    ]);
    // A claim that ended while Temporal was asked is none any more.
    const ending = async () => {
      await releaseScene(database.pool, season, 3, ownerOf(season, 3));
      return false;
    };
    assert.deepEqual(await found({}, { isRunning: ending }), []);
  });

  it('proves changed parcels against those of then, and says how many scenes that is', async () => {
    await spoil(
      `INSERT INTO parcels (ogc_fid, wkb_geometry) SELECT 2001, wkb_geometry FROM parcels WHERE ogc_fid = 1`,
    );
    await extractScene(database.pool, season, 3);
    const { findings, notes } = await look();
    assert.deepEqual(
      findings.flatMap(({ first }) => first.map(({ text }) => text)),
      ['scene 3 meets 41 parcels, of which no chunk lists parcel 2001'],
    );
    assert.match(
      notes.join(),
      /2 scenes were extracted while public.parcels or the area of interest was another/,
    );
    await spoil(`DELETE FROM sigs WHERE (obsid, band, pid) = (1, 'B08', 7)`);
    assert.ok((await found()).includes(lost), 'a lost row of an older parcel set is found all the same');
  });

  it('names a scene without parcels that has some', async () => {
    const owner = ownerOf(season, 3);
    await claimScene(database.pool, season, 3, owner, { campaign: 'spring', bands: BANDS });
    await markScene(database.pool, season, 3, owner, 'no_parcels', 'none');
    assert.deepEqual(await found(), ['selection: scene 3 is no_parcels, but 40 parcels lie under it']);
  });

  it('names tables that are gone', async () => {
    await spoil('ALTER TABLE hists RENAME TO elsewhere');
    try {
      assert.deepEqual(await found(), ['table: the hists table public.hists is gone']);
    } finally {
      await spoil('ALTER TABLE elsewhere RENAME TO hists');
    }
  });

  it('tells as many findings of a kind as it is asked for, and counts the others', async () => {
    await spoil(`DELETE FROM sigs`);
    const { findings } = await look({}, { each: 2 });
    assert.deepEqual(
      findings.map(({ kind, findings: n, count, first }) => [kind, n, count, first.length]),
      [['lost', 6, 228, 2]],
    );
  });

  it('keeps results tables apart', async () => {
    await spoil('DROP TABLE IF EXISTS other; CREATE TABLE other (LIKE sigs)');
    const tables = { ...SELECTION.tables, results: 'other', hists: undefined };
    const other = await checkSelection(database.pool, { ...SELECTION, tables, statusIn: 'parcelwise' });
    await extractScene(database.pool, other, 1, ['B04']);
    assert.deepEqual(await found(), []);
    await spoil(`DELETE FROM other WHERE pid = 8`);
    assert.deepEqual(await found(), ['lost: scene 1, band B04: no row of parcel 8']);
    assert.deepEqual(await found({ results: 'public.sigs' }), []);
  });

  it('sees one moment while chunks are being stored', async () => {
    const storing = Array.from({ length: 6 }, async (_, i) => {
      await spoil(
        `UPDATE dias_catalogue SET status = 'ingested', card = 's2' WHERE id = ${i + 3} AND id < 7`,
      );
      if (i < 4) await extractScene(database.pool, season, i + 3);
    });
    const seen = Array.from({ length: 8 }, () => found({ results: 'public.sigs' }));
    const findings = (await Promise.all(seen)).flat();
    await Promise.all(storing);
    await spoil(`UPDATE dias_catalogue SET card = 'bs' WHERE id = 4`);
    assert.deepEqual(
      findings.filter((text) => !text.startsWith('selection')),
      [],
    );
  });
});
