import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Consequence } from '../../workflows/failures.js';
import { Stagings } from '../../workflows/stagings.js';

type Kind = Consequence['kind'];

function consequence(kind: Kind): Consequence {
  return kind === 'mark'
    ? { kind, terminal: { status: 'bad_raster', reason: 'cut short' } }
    : { kind, reason: 'of a test' };
}

/** How many stagings a scene has that ends in these ways, the last of them again and again; `stored` chunks in each. */
function stagings(
  ends: readonly Kind[],
  { hasHosts = true, stored = 0 }: { hasHosts?: boolean; stored?: number } = {},
): number {
  const tries = new Stagings(hasHosts);
  for (let count = 1; count < 100; count++) {
    tries.begin();
    for (let chunk = 0; chunk < stored; chunk++) tries.storedOne();
    if (!tries.allowAnother(consequence(ends[count - 1] ?? ends.at(-1)!))) return count;
  }
  return Infinity;
}

describe('a scene is staged', () => {
  it('three times where hosts fall silent, twenty where files are gone, for ever where a disk is full', () => {
    assert.equal(stagings(['restage-host-gone']), 3);
    assert.equal(stagings(['restage']), 20);
    assert.equal(stagings(['wait-for-room']), Infinity);
  });

  it('for as long as chunks are stored in between', () => {
    for (const kind of ['restage', 'restage-host-gone'] as const)
      assert.equal(stagings([kind], { stored: 1 }), Infinity);
  });

  it('once more where a raster can not be read, whatever else has happened', () => {
    assert.equal(stagings(['mark']), 2);
    assert.equal(stagings(['restage', 'mark', 'restage-host-gone', 'mark']), 4);
    assert.equal(stagings(['mark'], { stored: 1 }), 2);
  });

  it('but once where another attempt is of no use', () => {
    for (const kind of ['leave', 'stop-campaign', 'give-back', 'retry'] as const)
      assert.equal(stagings([kind]), 1);
  });

  it('again where files are gone or were not fetched, but not to wait, where there are no other hosts', () => {
    for (const kind of ['restage-host-gone', 'wait-for-room'] as const)
      assert.equal(stagings([kind], { hasHosts: false, stored: 1 }), 1);
    assert.equal(stagings(['restage'], { hasHosts: false }), 20);
    assert.equal(stagings(['mark'], { hasHosts: false }), 2);
  });
});
