/** The trees of the acceptance cases, real products among them, where they are at hand. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SceneIncomplete } from '../../cards/card.js';
import { cardType } from '../../cards/card-types.js';
import { FolderStore } from '../../store/folder-store.js';

const shared = process.env.PARCELWISE_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const cases = join(shared, 'data/cases');

interface Case {
  readonly campaign: { readonly card: string; readonly bands: string[] | null };
  readonly scenes: {
    readonly reference: string;
    readonly card: string;
    readonly obstime: string;
    readonly status_before: string;
    readonly status_expected: string;
  }[];
}

describe('the acceptance cases', { skip: existsSync(cases) ? false : 'the real cases are not here' }, () => {
  for (const name of ['flanders-bs', 'flanders-c6', 'flanders-s2', 't22hbd-s2']) {
    it(`${name}: every scene is found, or missing by the word that is expected`, async () => {
      const { campaign, scenes } = JSON.parse(readFileSync(join(cases, name, 'case.json'), 'utf8')) as Case;
      const card = cardType(campaign.card);
      const bands = (campaign.bands ?? card.defaultBands).map((band) => card.parseBand(band));
      const store = new FolderStore(join(cases, name, 'eodata'));
      const tried = scenes.filter(
        (scene) =>
          scene.status_before === 'ingested' && !['ingested', 'no_parcels'].includes(scene.status_expected),
      );
      assert.ok(tried.length > 0);
      for (const { reference, obstime, status_expected: expected } of tried) {
        const scene = { reference, obstime: obstime.replace(' ', 'T') };
        const status = await card.locate(scene, bands, 'api', store).then(
          (found) => (found.length === bands.length ? 'extracted' : 'too few'),
          (error: unknown) => (error instanceof SceneIncomplete ? error.status : String(error)),
        );
        assert.equal(status, expected, reference);
      }
    });
  }
});
