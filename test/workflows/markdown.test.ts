import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCampaign, newCampaign, progressOf, recordRelease } from '../../workflows/campaign-state.js';
import type { Order } from '../../campaigns/order.js';
import { escapeMarkdown } from '../../workflows/markdown.js';
import { MockActivities } from './mock-activities.js';

describe('text of others in Markdown', () => {
  it('leaves product names, tables and sentences as they are', () => {
    for (const text of [
      'S2A_MSIL2A_20240302T105619_N0400_R051_T31UES_20240302T140000.SAFE',
      'public.sigs_2024',
      'scene 3: B04 notfound, 12 % of it (no object of the band).',
    ])
      assert.equal(escapeMarkdown(text), text);
  });

  it('shows links, emphasis, code, HTML and tables as they were written', () => {
    assert.equal(
      escapeMarkdown('[a](http://x) *b* `c` <img src=x> |d| ~~e~~'),
      '\\[a\\](http://x) \\*b\\* \\`c\\` \\<img src=x\\> \\|d\\| \\~\\~e\\~\\~',
    );
    assert.equal(escapeMarkdown('_all_ of a_b'), '\\_all\\_ of a_b');
    assert.equal(escapeMarkdown('a\\b &lt; R&D'), 'a\\\\b \\&lt; R&D');
  });

  it('begins no heading, list or line of its own, and stays one line', () => {
    assert.equal(escapeMarkdown('# big'), '\\# big');
    assert.equal(escapeMarkdown('- item'), '\\- item');
    assert.equal(escapeMarkdown('12. item'), '12\\. item');
    assert.equal(escapeMarkdown('12 scenes'), '12 scenes');
    assert.equal(escapeMarkdown('one\n\n# two'), 'one # two');
  });

  it('is what the page of a campaign is made of', () => {
    const state = newCampaign(4);
    recordRelease(state, { obsid: 3, reference: 'A<script>' }, 'the store says\n# <b>no</b>');
    const page = describeCampaign(state, progressOf(state, 'running', [{ obsid: 4, reference: '![x](y)' }]));
    assert.ok(page.includes('- 3 A\\<script\\>: the store says # \\<b\\>no\\</b\\>'), page);
    assert.ok(page.includes('- 4 !\\[x\\](y)'), page);
  });

  it('says of a campaign what it leaves out', () => {
    const { order } = new MockActivities('public.sigs');
    const aboutOf = (asked: Partial<Order>): string | undefined => {
      const state = newCampaign(4);
      const prepared = { scenes: 1, reconciled: 0, searchAttributes: false, warnings: [] };
      state.prepared = { ...prepared, order: { ...order, ...asked } };
      return describeCampaign(state, progressOf(state, 'running', [])).split('\n')[0];
    };
    assert.match(aboutOf({}) ?? '', / into public\.sigs$/);
    assert.match(aboutOf({ skipCloudy: true }) ?? '', / into public\.sigs; without cloudy parcels$/);
    assert.match(aboutOf({ add: true }) ?? '', /; of extracted scenes only what they lack$/);
    assert.match(aboutOf({ add: true, skipCloudy: true }) ?? '', /lack; without cloudy parcels$/);
    assert.match(aboutOf({ changedOnly: true }) ?? '', /; of extracted scenes only the parcels that have/);
  });
});
