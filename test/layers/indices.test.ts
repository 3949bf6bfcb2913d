import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CARD_TYPES } from '../../cards/card-types.js';
import { bs } from '../../cards/bs.js';
import { c6 } from '../../cards/c6.js';
import { s2 } from '../../cards/s2.js';
import { checkNames, findIndex, IndexRefused, storedName, unknownLayer } from '../../layers/indices.js';

const refused = (message: RegExp) => (error: unknown) =>
  error instanceof IndexRefused && message.test(error.message);

describe('the indices of a CARD type', () => {
  it('all have an expression of its bands, and names that nothing else has', () => {
    for (const card of CARD_TYPES) {
      const names = (card.indices?.known ?? []).flatMap(({ name, short }) => [...new Set([name, short])]);
      assert.equal(new Set(names.map((name) => name.toUpperCase())).size, names.length);
      for (const { name, short } of card.indices?.known ?? []) {
        assert.ok(findIndex(name, card)!.program.bands.length >= 2, name);
        assert.ok(short.length <= 3, name);
        for (const one of [name, short]) assert.throws(() => card.parseBand(one));
        for (const band of card.bands)
          for (const preset of ['api', 'scripts'] as const)
            assert.notEqual(card.bandName(band, preset), short);
      }
    }
  });

  it('are found in upper and lower case', () => {
    assert.equal(findIndex(' ndvi ', s2)?.name, 'NDVI');
    assert.equal(findIndex('CIRE', s2)?.name, 'CIre');
    assert.equal(findIndex('NDVI', bs), undefined);
    assert.equal(findIndex('toString', s2), undefined);
  });

  it('are called by three letters where the column holds no more', () => {
    const stored = (name: string, width?: number) => storedName(findIndex(name, s2)!, width);
    assert.equal(stored('NDVI', 3), 'NDV');
    assert.equal(stored('NDVI', 4), 'NDVI');
    assert.equal(stored('NDVI'), 'NDVI');
    assert.equal(stored('CIre', 3), 'CIR');
    assert.equal(storedName(findIndex('CR', bs)!, 3), 'CR');
  });
});

describe("an index of one's own", () => {
  it('is an expression of the bands of the card', () => {
    const own = { Lush: '(B08 - B04) / B8A', OTHER: 'VV - VH' };
    const lush = findIndex('LUSH', s2, own)!;
    assert.deepEqual([lush.name, lush.short, lush.program.bands], ['Lush', undefined, ['B08', 'B04', 'B8A']]);
    assert.deepEqual(findIndex('OTHER', c6, own)!.program.bands, ['VV', 'VH']);
    assert.throws(
      () => findIndex('OTHER', s2, own),
      refused(/^index OTHER, column 1: there is no band 'VV'/),
    );
  });

  it('that has a mistake is told with name and place', () => {
    assert.throws(
      () => findIndex('XYZ', s2, { XYZ: '(B08 - B1l) / B08' }),
      refused(/^index XYZ, column 8: .*nearest is B11\n {2}\(B08 - B1l\) \/ B08\n {9}\^$/),
    );
    assert.throws(() => findIndex('XYZ', s2, { XYZ: '1 + 2' }), refused(/XYZ has no band in it: 1 \+ 2/));
  });

  it('must have a name of its own', () => {
    const message: [name: string, why: RegExp][] = [
      ['B04', /the name of a band of card s2/],
      ['b4', /the name of a band of card s2/],
      ['SCL', /the name of a band of card s2/],
      ['VVb', /the name of a band of card bs/],
      ['VHC', /the name of a band of card c6/],
      ['ndvi', /the name of an index of card s2: NDVI = /],
      ['NDV', /the name of an index of card s2: NDVI = /],
      ['CR', /the name of an index of card bs: CR = /],
      ['9AB', /a name is a letter/],
      ['A-B', /a name is a letter/],
      ['', /a name is a letter/],
    ];
    for (const [name, why] of message)
      assert.throws(
        () => {
          checkNames({ [name]: 'B08 - B04' });
        },
        refused(why),
        name,
      );
    assert.throws(
      () => {
        checkNames({ Xyz: 'B08', XYZ: 'B04' });
      },
      refused(/Xyz and XYZ have one name/),
    );
    checkNames({ XYZ: 'B08', XYZ_2: 'B04' });
  });

  it('needs a name of three letters where the column holds no more', () => {
    const own = { LUSH: 'B08 / B04', LSH: 'B08 / B04' };
    assert.equal(storedName(findIndex('LSH', s2, own)!, 3), 'LSH');
    assert.equal(storedName(findIndex('LUSH', s2, own)!, undefined), 'LUSH');
    assert.throws(
      () => storedName(findIndex('LUSH', s2, own)!, 3),
      refused(/holds 3 characters, too few for index LUSH/),
    );
  });
});

describe('a name that is neither band nor index', () => {
  it('is told the nearest one there is', () => {
    assert.match(unknownLayer('NDVL', s2).message, /neither band nor index 'NDVL'; the nearest is NDVI$/);
    assert.match(unknownLayer('B80', s2).message, /the nearest is B08$/);
    assert.match(unknownLayer('XYX', c6, { XYZ: 'VV' }).message, /the nearest is XYZ$/);
    assert.match(unknownLayer('chlorophyll', c6).message, /there are VV, VH$/);
  });
});
