import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Certificate } from '../../../export/certificate/certificate.js';
import { openSigned } from '../../../export/certificate/signature.js';
import { verifySums } from '../../../export/certificate/verify-sums.js';
import { skipWithoutServer } from '../../database/database.js';
import { extractScene } from '../../database/extracted.js';
import { certifiedSeason, type CertifiedSeason } from './certified-season.js';

describe('a certificate, of its database', { skip: skipWithoutServer }, () => {
  let season: CertifiedSeason;
  let certificate: Certificate;
  before(async () => {
    season = await certifiedSeason();
  });
  beforeEach(async () => {
    await season.reset();
    await season.spoil(
      `UPDATE parcelwise.extraction SET facts = facts || '{"objects": {"B04.jp2": {"v1": 7}}}' WHERE obsid = 1`,
    );
    await certify();
  });
  after(() => season.close());

  async function certify(): Promise<void> {
    const signed = openSigned((await season.certify()).text);
    assert.ok(typeof signed !== 'string');
    ({ certificate } = signed);
  }

  const found = (): Promise<string[]> => season.verify(certificate);

  it('holds as long as nothing is changed', async () => {
    assert.deepEqual(await found(), []);
  });

  it('says parcels that are met, rows and reasons, and that they add up', () => {
    const [table] = certificate.tables;
    assert.ok(table);
    assert.deepEqual(
      table.scenes.map(({ obsid, reference, parcels }) => [obsid, reference, parcels]),
      [
        [1, 'SCENE_1', 40],
        [2, 'SCENE_2', 40],
      ],
    );
    assert.deepEqual(table.sums.layers, {
      B04: { parcels: 80, rows: 76, gaps: { 'no-data': 4 } },
      B08: { parcels: 80, rows: 76, gaps: { 'no-data': 4 } },
      SC: { parcels: 80, rows: 76, gaps: { 'no-data': 4 } },
      'B04:clear': { parcels: 80, rows: 68, gaps: { 'no-data': 4, cloudy: 4, 'too-few-pixels': 4 } },
      'B08:clear': { parcels: 80, rows: 68, gaps: { 'no-data': 4, cloudy: 4, 'too-few-pixels': 4 } },
    });
    assert.deepEqual([table.sums.parcels, table.sums.hists], [80, 76]);
  });

  const other = 'rows as certified, but not the same ones: values or parcels were changed';

  for (const [what, sql, expected] of [
    [
      'a value that was changed',
      `UPDATE sigs SET mean = mean + 1 WHERE (pid, obsid, band) = (7, 1, 'B04')`,
      [`fails: public.sigs: scene 1, band B04: 38 ${other}`],
    ],
    [
      'the least change of a value',
      `UPDATE sigs SET p75 = p75 * 1.0000001 WHERE (pid, obsid, band) = (40, 2, 'SC')`,
      [`fails: public.sigs: scene 2, band SC: 38 ${other}`],
    ],
    [
      'a value that is gone',
      `UPDATE sigs SET std = NULL WHERE (pid, obsid, band) = (7, 1, 'B04')`,
      [`fails: public.sigs: scene 1, band B04: 38 ${other}`],
    ],
    [
      'two values that were exchanged in a row',
      `UPDATE sigs SET min = max, max = min WHERE (pid, obsid, band) = (7, 1, 'B04')`,
      [`fails: public.sigs: scene 1, band B04: 38 ${other}`],
    ],
    [
      'the values of two parcels that were exchanged',
      `UPDATE sigs SET pid = CASE pid WHEN 7 THEN 8 ELSE 7 END WHERE pid IN (7, 8) AND obsid = 1 AND band = 'B08'`,
      [`fails: public.sigs: scene 1, band B08: 38 ${other}`],
    ],
    [
      'a row that is there twice',
      `INSERT INTO sigs SELECT * FROM sigs WHERE (pid, obsid, band) = (7, 1, 'B04')`,
      ['fails: public.sigs: scene 1, band B04: 39 rows, 38 were certified'],
    ],
    [
      'one row in the place of another',
      `UPDATE sigs s SET (pid, count, mean, std, min, max, p25, p50, p75) = (SELECT pid, count, mean, std, min, max, p25, p50, p75 FROM sigs WHERE (pid, obsid, band) = (7, 1, 'B04'))
       WHERE (pid, obsid, band) = (8, 1, 'B04')`,
      [`fails: public.sigs: scene 1, band B04: 38 ${other}`],
    ],
    [
      'a row that is lost',
      `DELETE FROM sigs WHERE (pid, obsid, band) = (7, 1, 'B04')`,
      ['fails: public.sigs: scene 1, band B04: 37 rows, 38 were certified'],
    ],
    [
      'a row of another scene',
      `UPDATE sigs SET obsid = 2 WHERE (pid, obsid, band) = (7, 1, 'B04')`,
      [
        'fails: public.sigs: scene 1, band B04: 37 rows, 38 were certified',
        'fails: public.sigs: scene 2, band B04: 39 rows, 38 were certified',
      ],
    ],
    [
      'a clear row that was changed',
      `UPDATE clear SET count = 1 WHERE (pid, obsid, band) = (10, 1, 'B04')`,
      [`fails: public.clear: scene 1, band B04: 34 ${other}`],
    ],
    [
      'a histogram that was changed',
      `UPDATE hists SET hist = '{"4": 54}' WHERE (pid, obsid) = (7, 1)`,
      [`fails: public.hists: scene 1, histograms: 38 ${other}`],
    ],
    [
      'histograms of two parcels in place of each other and of themselves',
      `UPDATE hists SET pid = 8 WHERE (pid, obsid) = (7, 1)`,
      [`fails: public.hists: scene 1, histograms: 38 ${other}`],
    ],
    [
      'a reason that was changed',
      `UPDATE parcelwise.gap SET reason = 'outside' WHERE (obsid, chunk, band) = (1, 0, 'B04')`,
      [
        'fails: public.sigs: scene 1: by the ledger other parcels have no row, or for other reasons, than were certified',
      ],
    ],
    [
      'a parcel that was taken out of the ledger',
      `UPDATE parcelwise.ledger SET pids = array_remove(pids, 7) WHERE (obsid, chunk) = (1, 0)`,
      ['fails: public.sigs: scene 1: by the ledger other parcels are met than were certified'],
    ],
    [
      'a parcel less counted in the ledger',
      `UPDATE parcelwise.ledger SET parcels = parcels - 1 WHERE (obsid, chunk) = (1, 0)`,
      ['fails: public.sigs: scene 1: by the ledger 39 parcels are met, 40 were certified'],
    ],
    [
      'another day of a scene',
      `UPDATE dias_catalogue SET obstime = obstime + interval '1 day' WHERE id = 1`,
      ['fails: scene 1: its time is 2024-03-03T10:56:19Z, 2024-03-02T10:56:19Z was certified'],
    ],
    [
      'numbers that are called otherwise',
      `UPDATE parcelwise.extraction SET facts = facts || '{"radiometry": "harmonised"}' WHERE obsid = 2`,
      ['fails: scene 2: its radiometry is harmonised, raw was certified'],
    ],
    [
      'another rule',
      `UPDATE parcelwise.extraction SET rule = jsonb_set(rule, '{pixels}', '"touched"') WHERE obsid = 2`,
      ['fails: scene 2: by the database it was measured by another rule than is certified'],
    ],
    [
      'another rule of clear pixels',
      `UPDATE parcelwise.extraction SET rule = jsonb_set(rule, '{clear,minPixels}', '1') WHERE obsid = 2`,
      ['fails: scene 2: by the database it was measured by another rule than is certified'],
    ],
    [
      'an object that is said to be another version',
      `UPDATE parcelwise.extraction SET facts = jsonb_set(facts, '{objects}', '{"B04.jp2": {"v2": 7}}') WHERE obsid = 1`,
      ['fails: scene 1: by the database B04.jp2 was not read in the version that is certified'],
    ],
    [
      'an id that means another product',
      `UPDATE dias_catalogue SET reference = 'OTHER' WHERE id = 1`,
      ['fails: scene 1 is OTHER in public.dias_catalogue, SCENE_1 was certified'],
    ],
  ] as const)
    it(`does not hold with ${what}`, async () => {
      await season.spoil(sql);
      try {
        assert.deepEqual(await found(), expected);
      } finally {
        await season.spoil(
          `UPDATE dias_catalogue SET reference = 'SCENE_1', obstime = '2024-03-02 10:56:19.123456' WHERE id = 1`,
        );
      }
    });

  it('holds where rows lie otherwise, their columns have other types, and histograms are jsonb', async () => {
    await season.spoil(`
      ALTER TABLE sigs ALTER mean TYPE double precision, ALTER p50 TYPE double precision;
      CREATE INDEX by_parcel ON sigs (pid); CLUSTER sigs USING by_parcel; DROP INDEX by_parcel;
      ALTER TABLE hists ALTER hist TYPE jsonb`);
    try {
      assert.deepEqual(await found(), []);
    } finally {
      await season.spoil(
        'ALTER TABLE sigs ALTER mean TYPE real, ALTER p50 TYPE real; ALTER TABLE hists ALTER hist TYPE json',
      );
    }
  });

  it('tells NaN from NULL, and does not mind in which bits NaN is stored', async () => {
    await season.spoil(`UPDATE sigs SET std = 'NaN' WHERE (pid, obsid, band) = (7, 1, 'B04')`);
    await certify();
    // The other sign: the same value to PostgreSQL, and to a dump.
    await season.spoil(`UPDATE sigs SET std = -std WHERE std = 'NaN'`);
    assert.deepEqual(await found(), []);
    await season.spoil(`UPDATE sigs SET std = NULL WHERE std = 'NaN'`);
    assert.deepEqual(await found(), [`fails: public.sigs: scene 1, band B04: 38 ${other}`]);
  });

  it('does not hold where counts were signed that are not those of the ledger', async () => {
    const [table] = certificate.tables;
    assert.ok(table);
    const [first, ...others] = table.scenes;
    assert.ok(first);
    const layers = { ...first.layers, B04: { ...first.layers.B04!, gaps: { 'no-data': 1, cloudy: 1 } } };
    const tables = [{ ...table, scenes: [{ ...first, layers }, ...others] }];
    assert.deepEqual(await season.verify({ ...certificate, tables }), [
      'fails: public.sigs: scene 1: by the ledger other parcels have no row, or for other reasons, than were certified',
    ]);
  });

  it('says whether its counts add up', () => {
    const [table] = certificate.tables;
    assert.ok(table);
    const told = (tables: Certificate['tables'], audit = certificate.audit) =>
      verifySums({ ...certificate, tables, audit }).map(({ verdict, text }) => `${verdict}: ${text}`);
    assert.deepEqual(told([table]), [
      'holds: in every band of 2 scenes, rows and reasons add up to the parcels met',
    ]);
    const [first, second] = table.scenes;
    assert.ok(first && second);
    const fewer = { ...first, parcels: 39 };
    assert.deepEqual(told([{ ...table, scenes: [fewer, second] }]).slice(0, 1), [
      'fails: public.sigs: scene 1, B04: 38 rows and its reasons are not the 39 parcels met',
    ]);
    assert.deepEqual(told([{ ...table, sums: { ...table.sums, hists: 77 } }]), [
      'fails: public.sigs: the sums are not those of its scenes',
    ]);
    assert.deepEqual(told([{ ...table, scenes: [first, first] }]).slice(-1), [
      'fails: public.sigs: a scene is listed twice',
    ]);
    assert.deepEqual(told([table], { ...certificate.audit, extracted: 3 }), [
      'fails: the audit was of 3 extracted scenes, 2 are listed',
    ]);
  });

  it('holds when later campaigns have added scenes, and rows of other scenes are anything', async () => {
    await extractScene(season.database.pool, season.season, 3);
    await season.spoil(`INSERT INTO sigs SELECT pid, 77, band, count, mean FROM sigs WHERE obsid = 1`);
    assert.deepEqual(await found(), []);
  });

  it('says of a scene that it was forgotten, renewed, or superseded since', async () => {
    await season.spoil(`
      INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 2, 1);
      UPDATE parcelwise.ledger SET stored_at = '2199-01-01 12:00+00' WHERE obsid = 1;
      UPDATE sigs SET mean = 0 WHERE (pid, obsid, band) = (7, 1, 'B04')`);
    assert.deepEqual(await found(), [
      `fails: public.sigs: scene 1, band B04: 38 ${other}`,
      'note: scene 1 was renewed since: parcelwise stored rows of it on 2199-01-01T12:00:00.000Z; make another certificate',
      'note: scene 2 is superseded by scene 1 since; its rows stay, and the views leave them out',
    ]);
    await season.spoil(`DELETE FROM parcelwise.extraction WHERE obsid = 2`);
    assert.deepEqual((await found()).slice(-3), [
      'fails: public.sigs: scene 2: by the ledger other parcels are met than were certified',
      'note: scene 1 was renewed since: parcelwise stored rows of it on 2199-01-01T12:00:00.000Z; make another certificate',
      'note: scene 2 was forgotten since (parcelwise scene forget): the certificate is of rows before',
    ]);
  });

  it('only notes that parcels were redrawn since', async () => {
    await season.spoil(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 1, 0) WHERE ogc_fid = 7',
    );
    assert.deepEqual(await found(), [
      'note: the parcels of public.parcels have changed since: 40 now, 40 then; rows are of those of then',
    ]);
    await season.spoil(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, -1, 0) WHERE ogc_fid = 7',
    );
  });

  it('does not hold where tables or columns are gone, nor lets names in it reach a statement', async () => {
    const [table] = certificate.tables;
    assert.ok(table);
    const tables = [
      { ...table, results: 'sigs; DROP TABLE sigs' },
      { ...table, columns: { ...table.columns, results: ['mean::float8), (SELECT 1'] } },
      { ...table, catalogue: 'nowhere' },
    ];
    assert.deepEqual(
      (await season.verify({ ...certificate, tables })).filter((line) => !/^note|ledger/.test(line)),
      [
        'fails: sigs; DROP TABLE sigs is gone',
        'fails: public.sigs has no column mean::float8), (SELECT 1 any more',
        'fails: the catalogue nowhere is gone',
      ],
    );
  });
});
