import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Certificate, CertifiedScene } from '../../../export/certificate/certificate.js';
import { html, table } from '../../../export/certificate/html.js';
import { pageOf } from '../../../export/certificate/page.js';
import { publicText } from '../../../export/certificate/public-text.js';

const HOSTILE = `<script>alert("1")</script>&'`;
const DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function sceneOf(obsid: number): CertifiedScene {
  const rows = { rows: 5, digest: DIGEST };
  return {
    ...{
      obsid,
      reference: HOSTILE,
      obstime: '2024-03-01T10:00:00Z',
      sensor: '2A',
      card: 's2',
      campaign: HOSTILE,
    },
    product: {
      ...{ baseline: HOSTILE, item: null, collection: null, relativeOrbit: 8, pass: 'descending' },
      ...{ radiometry: 'harmonised', offsets: { B04: -1000, SC: 0 } },
      objects: [{ key: HOSTILE, etag: HOSTILE, bytes: 3 }],
    },
    ...{ parcels: 7, chunks: 1, parcelsDigest: DIGEST, gapsDigest: DIGEST },
    layers: { B04: { ...rows, gaps: { cloudy: 2 } }, 'B04:clear': { ...rows, gaps: { 'no-data': 2 } } },
  };
}

function contentOf(scenes: readonly CertifiedScene[]): Omit<Certificate, 'page'> {
  return {
    ...{ format: 'parcelwise certificate 1', made: '2024-11-05T10:00:00.000Z', asked: {} },
    software: { [HOSTILE]: HOSTILE },
    audit: { scenes: 1, extracted: 1, parcels: 7, gaps: 4, findings: 0, notes: [HOSTILE] },
    tables: [
      {
        ...{ catalogue: HOSTILE, results: HOSTILE, clear: HOSTILE, hists: HOSTILE },
        columns: { results: ['mean'] },
        selections: [
          {
            tables: { catalogue: HOSTILE, aois: HOSTILE, parcels: HOSTILE },
            ...{ aoi: { field: HOSTILE, name: HOSTILE }, period: { start: HOSTILE, end: HOSTILE } },
            ...{ card: HOSTILE, minAreaM2: 3000, scenes: 1 },
          },
        ],
        measured: [],
        parcelSets: [HOSTILE],
        sums: {
          parcels: 7,
          layers: { B04: { parcels: 7, rows: 5, gaps: { cloudy: 2, [HOSTILE]: 0 } } },
          hists: 5,
        },
        scenes: [...scenes],
        ended: [{ obsid: 9, reference: HOSTILE, status: HOSTILE, reason: HOSTILE }],
        open: 2,
      },
    ],
    parcels: [{ table: HOSTILE, parcels: 40, digest: DIGEST }],
    files: [{ path: HOSTILE, bytes: 1, sha256: DIGEST }],
    signer: { algorithm: 'Ed25519', publicKey: HOSTILE, fingerprint: DIGEST },
  };
}

describe("a certificate's page", () => {
  it('has nothing in it but text of what others have named', () => {
    const page = pageOf(contentOf([sceneOf(1)]));
    assert.ok(!page.includes('<script'));
    assert.ok(page.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'));
  });

  it('shows the sum of each layer, scenes, reasons in words, and what is no part of it', () => {
    const page = pageOf(contentOf([sceneOf(1)]));
    for (const part of [
      '<td>B04</td><td class="n">7</td><td class="n">5</td>',
      'harmonised, offset -1000',
      '8 descending',
      'cloudy: none of its pixels is clear',
      '2 scenes of',
    ])
      assert.ok(page.includes(part), part);
  });

  it('says what the audit was narrowed to', () => {
    assert.doesNotMatch(pageOf(contentOf([sceneOf(1)])), /It was asked about/);
    const asked = { results: 'public.sigs', card: 's2', campaign: HOSTILE };
    const page = pageOf({ ...contentOf([sceneOf(1)]), asked });
    assert.match(page, /It was asked about rows of public\.sigs, CARD type s2, the campaign &lt;script&gt;/);
  });

  it('lists objects of a few scenes, and counts those of many', () => {
    const many = (count: number) => contentOf(Array.from({ length: count }, (_, i) => sceneOf(i + 1)));
    assert.match(pageOf(many(60)), /<th>ETag<\/th>/);
    assert.doesNotMatch(pageOf(many(61)), /<th>ETag<\/th>/);
    assert.match(pageOf(many(61)), /61 objects, each with its bytes and ETag/);
  });
});

describe('HTML', () => {
  it('escapes values, joins lists and leaves out what is undefined', () => {
    assert.equal(
      html`<b>${'a<b'}${undefined}${[1, html`<i>${'&'}</i>`]}</b>`.text,
      '<b>a&lt;b1<i>&amp;</i></b>',
    );
  });

  it('sets columns of numbers to the right', () => {
    assert.match(
      table(['name', 'rows'], [['a', 1234]]).text,
      /<th>name<\/th><th class="n">rows<\/th>[^]*<td class="n">1,234<\/td>/,
    );
  });
});

describe('text for everybody', () => {
  it('has no user, password, query or folder in it', () => {
    for (const [told, shown] of [
      ['https://user:word@host/key.tif?sig=1&x=2 was refused', 'https://host/key.tif was refused'],
      ['postgres://cbm:secret@db/cbm', 'postgres://db/cbm'],
      ['s3://bucket/a/b/c.jp2 is not there', 's3://bucket/a/b/c.jp2 is not there'],
      ['/var/scratch/7/B04.jp2: cut short', 'B04.jp2: cut short'],
      ['the file "/home/anna/x.tif" and (/srv/data/y.img)', 'the file "x.tif" and (y.img)'],
      ['Sentinel-2/MSI/L2A/a.SAFE and 3/4 of it', 'Sentinel-2/MSI/L2A/a.SAFE and 3/4 of it'],
    ] as const)
      assert.equal(publicText(told), shown);
  });
});
