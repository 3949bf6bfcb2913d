/** What somebody is told who typed an input wrongly. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { checkCampaignInput } from '../../workflows/campaign-input.js';
import { checkSyncInput } from '../../workflows/sync-input.js';

function refusal(check: (input: unknown) => unknown, input: unknown): string {
  try {
    check(input);
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure && error.type === 'InvalidInput' && error.nonRetryable);
    return error.message;
  }
  throw new assert.AssertionError({ message: 'the input was taken' });
}

const campaign = (input: object): string => refusal(checkCampaignInput, { card: 's2', ...input });

describe('a wrong input', () => {
  it('is told every wrong field, and all that there are', () => {
    const message = campaign({ concurrency: 501, tables: { results: '' } });
    assert.match(message, /^The campaign's input is not valid\. tables\.results: .*concurrency: /);
    assert.match(
      message,
      /It takes \{"card": "s2" \| "bs" \| "c6"\} and.*: database, tables, aoi, .*, rounds\.$/,
    );
    assert.doesNotMatch(message, /meant/);
  });

  it('is told the field that a misspelt one is most like, in its own record', () => {
    assert.match(campaign({ cocurrency: 2 }), /\(is concurrency meant\?\)/);
    assert.match(campaign({ band_names: 'seed' }), /\(is bandNames meant\?\)/);
    assert.match(campaign({ hostSilence: 30 }), /\(is hostSilenceSeconds meant\?\)/);
    assert.match(campaign({ tables: { result: 'sigs' } }), /tables: .*\(is tables\.results meant\?\)/);
    assert.match(campaign({ Period: {}, roundz: 1 }), /\(is period, rounds meant\?\)/);
  });

  it('is taken for misspelt by up to two letters', () => {
    assert.match(campaign({ cocurency: 2 }), /\(is concurrency meant\?\)/);
    assert.doesNotMatch(campaign({ cocureny: 2 }), /meant/);
  });

  it('is told where a field belongs that stands at another place', () => {
    assert.match(campaign({ results: 'sigs' }), /\(is tables\.results meant\?\)/);
    assert.match(campaign({ aoi: { start: '2024-03-01' } }), /\(is period\.start meant\?\)/);
  });

  it('is told no field that is like no other', () => {
    const message = campaign({ weather: 'fine' });
    assert.match(message, /Unrecognized key: "weather"/);
    assert.doesNotMatch(message, /meant/);
  });

  it('of a sync is told the same', () => {
    const message = refusal(checkSyncInput, { source: { listing: 's2' }, clouds: 80 });
    assert.match(message, /\(is cloud meant\?\)/);
    assert.match(message, /"listing": "s2" \| "bs" \| "c6".*: database, tables, aoi, period, cloud, /);
  });
});
