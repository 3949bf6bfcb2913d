/** Servers that answer oddly when they are asked for a part of an object: its own bytes, or a refusal that says what to do. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ObjectReplaced, RangesIgnored } from '../../store/fetch-range.js';
import { type ObjectInfo, type ObjectStore, StoreFailure } from '../../store/object-store.js';
import { S3Store } from '../../store/s3-store.js';
import { WebStore } from '../../store/web-store.js';
import { OddServer } from '../stac/odd-server.js';
import { temporaryFolder } from '../temporary-folder.js';

const QUICK = { idleMs: 500, connectMs: 2_000, attempts: 1, longestPauseMs: 100 };
const BYTES = randomBytes(300_000);
const SPAN = { from: 1000, to: 201_000 };
const MODIFIED = 'Sat, 01 Jun 2024 00:00:00 GMT';

/** What is answered to a range of the object. */
interface Answer {
  readonly status?: number;
  readonly from?: number;
  readonly to?: number;
  /** As `Content-Range` tells it. */
  readonly total?: number;
  readonly headers?: Readonly<Record<string, string>>;
}
type Asked = Readonly<{ from: number; to: number; ifMatch: string | undefined; count: number }>;

type Refusal = typeof ObjectReplaced | typeof RangesIgnored | typeof StoreFailure;

interface Manner {
  /** Of the object that was listed. */
  readonly etag?: string;
  readonly answer: (asked: Asked) => Answer;
  /** By default the right bytes come. */
  readonly refusal?: Refusal | readonly Refusal[];
}

const MANNERS: Readonly<Record<string, Manner>> = {
  'that sends it': { answer: () => ({}) },
  'that sends 50 kB of it at a time': { answer: ({ from, to }) => ({ to: Math.min(to, from + 50_000) }) },
  'that sends all of the object': {
    answer: () => ({ status: 200, from: 0, to: BYTES.length }),
    refusal: RangesIgnored,
  },
  'that sends all of the object under the name of a part': {
    answer: () => ({ from: 0, to: BYTES.length }),
    refusal: RangesIgnored,
  },
  'that sends whole blocks of its cache': {
    answer: ({ from }) => ({ from, to: BYTES.length }),
    refusal: RangesIgnored,
  },
  'that sends several parts in one': {
    answer: () => ({ headers: { 'content-range': '', 'content-type': 'multipart/byteranges; boundary=b' } }),
    refusal: [RangesIgnored, ObjectReplaced],
  },
  'that has another version, and says so': { answer: () => ({ status: 412 }), refusal: ObjectReplaced },
  'that has another version, and sends it': {
    answer: () => ({ headers: { etag: '"v2"' } }),
    refusal: ObjectReplaced,
  },
  'that has a larger object by now': { answer: () => ({ total: 300_001 }), refusal: ObjectReplaced },
  'that has a shorter object by now': { answer: () => ({ status: 416, total: 10 }), refusal: ObjectReplaced },
  'that has another version after 50 kB': {
    answer: ({ from, count }) =>
      count === 0 ? { to: from + 50_000 } : { headers: { etag: '"v2"' }, to: from + 50_000 },
    refusal: ObjectReplaced,
  },
  'that tells no version any more': { answer: () => ({ headers: { etag: '' } }), refusal: ObjectReplaced },
  'that packs what it sends': {
    answer: () => ({ headers: { 'content-encoding': 'gzip' } }),
    refusal: StoreFailure,
  },
  'that tells versions by weak ETags': {
    etag: 'W/"w1"',
    answer: ({ ifMatch }) => (ifMatch === undefined ? { headers: { etag: 'W/"w1"' } } : { status: 412 }),
  },
  'that has another weak ETag by now': {
    etag: 'W/"w1"',
    answer: () => ({ headers: { etag: 'W/"w2"' } }),
    refusal: ObjectReplaced,
  },
  'that tells versions by their date': {
    etag: 'W/2024-06-01T00:00:00Z',
    answer: () => ({ headers: { etag: '', 'last-modified': MODIFIED } }),
  },
  'that has another date by now': {
    etag: 'W/2024-06-01T00:00:00Z',
    answer: () => ({ headers: { etag: '', 'last-modified': MODIFIED.replace('00 GMT', '01 GMT') } }),
    refusal: ObjectReplaced,
  },
};

let server: OddServer;
interface Place {
  store: ObjectStore;
  readonly key: () => string;
  /** An ETag as the store names the version by it. */
  readonly named: (etag: string) => string;
}
const stores: Record<string, Place> = {
  'an S3 gateway': {
    store: undefined as never,
    key: () => 'scene/B04.jp2',
    named: (etag) => etag.replace(/^"|"$/g, ''),
  },
  'a web server': {
    store: new WebStore({ idleMs: 500, attempts: 1, longestPauseMs: 100 }),
    key: () => `${server.url}/B04.jp2`,
    named: (etag) => /^"(.*)"$/.exec(etag)?.[1] ?? etag,
  },
};
const folder = temporaryFolder('odd-ranges');
before(async () => {
  server = await OddServer.start(() => undefined);
  stores['an S3 gateway']!.store = new S3Store(
    {
      ...{ endpoint: server.url, bucket: 'eodata', region: 'us-east-1', addressing: 'path' },
      credentials: () => ({ accessKeyId: 'id', secretAccessKey: 'key' }),
    },
    QUICK,
  );
});
after(async () => {
  for (const { store } of Object.values(stores)) store.close();
  await server.stop();
});

function serve({ answer }: Manner): void {
  let count = 0;
  server.answer = (request: IncomingMessage, response: ServerResponse) => {
    const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const asked = { from: Number(from), to: Number(last) + 1, ifMatch: request.headers['if-match'], count };
    count += 1;
    const answered = { status: 206, total: BYTES.length, ...asked, ...answer(asked) };
    const body = answered.status < 300 ? BYTES.subarray(answered.from, answered.to) : Buffer.alloc(0);
    const range = answered.status === 416 ? '*' : `${answered.from}-${answered.to - 1}`;
    const headers = {
      ...{ etag: '"v1"', 'content-type': 'application/octet-stream', 'content-length': String(body.length) },
      ...([206, 416].includes(answered.status) && { 'content-range': `bytes ${range}/${answered.total}` }),
      ...answered.headers,
    };
    const told = Object.entries(headers).filter(([, value]) => value !== '');
    response.writeHead(answered.status, Object.fromEntries(told)).end(body);
  };
}

for (const [kind, place] of Object.entries(stores))
  describe(`a part asked of ${kind}`, () => {
    for (const [what, manner] of Object.entries(MANNERS))
      it(`${what} ${manner.refusal ? 'is refused' : 'comes, and nothing beside it'}`, async () => {
        serve(manner);
        const object: ObjectInfo = {
          key: place.key(),
          bytes: BYTES.length,
          etag: place.named(manner.etag ?? '"v1"'),
        };
        const file = await open(join(folder, 'part'), 'w+');
        try {
          const fetching = place.store.fetch(object, SPAN, file);
          if (manner.refusal) {
            const refusals = [manner.refusal].flat();
            await assert.rejects(fetching, (error: Error) => {
              assert.ok(refusals.includes(error.constructor as Refusal), String(error));
              return true;
            });
          } else {
            await fetching;
            const there = await file.readFile();
            const wanted = Buffer.alloc(SPAN.to);
            BYTES.copy(wanted, SPAN.from, SPAN.from, SPAN.to);
            assert.ok(there.equals(wanted));
          }
        } finally {
          await file.close();
        }
      });
  });
