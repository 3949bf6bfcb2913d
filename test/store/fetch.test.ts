/** Ranges of objects, from folders, S3 and web servers: their own bytes in their own places, of one version. */
import assert from 'node:assert/strict';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { ObjectReplaced, RangesIgnored } from '../../store/fetch-range.js';
import { FolderStore } from '../../store/folder-store.js';
import { LimitedStore } from '../../store/limited-store.js';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';
import { RateLimitedStore } from '../../store/rate-limited-store.js';
import { S3Store } from '../../store/s3-store.js';
import { WebStore } from '../../store/web-store.js';
import { temporaryFolder } from '../temporary-folder.js';
import { FaultyProxy } from './faulty-proxy.js';
import { Gateway } from './gateway.js';
import { WebServer } from './web-server.js';

const folder = temporaryFolder('fetch');
const BYTES = Buffer.from(Array.from({ length: 3 << 20 }, (_, i) => (i * 7919) >>> 3));
const SPAN = { from: 1_000_000, to: 2_500_000 };

let files = 0;
async function fetchInto(
  store: ObjectStore,
  object: ObjectInfo,
  span = SPAN,
  onProgress?: (position: number) => void,
): Promise<Buffer> {
  const path = join(folder, `fetched-${(files += 1)}`);
  const file: FileHandle = await open(path, 'w+');
  try {
    await store.fetch(object, span, file, onProgress === undefined ? {} : { onProgress });
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function isSpan(fetched: Buffer, { from, to } = SPAN): void {
  assert.equal(fetched.length, to);
  assert.ok(
    fetched.subarray(0, from).every((byte) => byte === 0),
    'nothing before it',
  );
  assert.ok(fetched.subarray(from).equals(BYTES.subarray(from, to)));
}

describe('a range of a file', () => {
  it('is written to its place, and refused once the file is another', async () => {
    await writeFile(join(folder, 'object'), BYTES);
    const store = new FolderStore(folder);
    const object = (await store.head('object'))!;
    isSpan(await fetchInto(store, object));
    await writeFile(join(folder, 'object'), BYTES.subarray(1));
    await assert.rejects(fetchInto(store, object), ObjectReplaced);
  });
});

describe('a range of an object of S3', () => {
  let gateway: Gateway;
  let proxy: FaultyProxy;
  let store: S3Store;
  before(async () => {
    gateway = await Gateway.start();
    proxy = await FaultyProxy.start(gateway.port);
    await gateway.put('object', BYTES);
    store = new S3Store(gateway.config({ endpoint: proxy.endpoint }));
  });
  after(async () => {
    store.close();
    await proxy.stop();
    await gateway.stop();
  });

  it('is written to its place, and asked for as it is', async () => {
    const object = (await store.head('object'))!;
    proxy.reset();
    const reached: number[] = [];
    isSpan(await fetchInto(store, object, SPAN, (position) => reached.push(position)));
    assert.equal(reached.at(-1), SPAN.to);
    assert.deepEqual(proxy.ranges, [`bytes=${SPAN.from}-${SPAN.to - 1}`]);
    isSpan(await fetchInto(store, object, { from: 5, to: BYTES.length }), { from: 5, to: BYTES.length });
  });

  it('goes on where it was cut', async () => {
    const object = (await store.head('object'))!;
    proxy.reset({ kind: 'cut', bytes: 700_000 });
    isSpan(await fetchInto(store, object));
    const [first, second] = proxy.ranges.map((range) => Number(/bytes=(\d+)-/.exec(range)?.[1]));
    assert.equal(first, SPAN.from);
    assert.ok(second! > SPAN.from && second! <= SPAN.from + 700_000);
  });

  it('is refused where the object was replaced, also in the middle', async () => {
    const object = (await store.head('object'))!;
    const replace = () => gateway.put('object', Buffer.from(BYTES).fill(1, 0, 9));
    proxy.reset({ kind: 'cut', bytes: 700_000 }, { kind: 'after', event: replace });
    await assert.rejects(fetchInto(store, object), ObjectReplaced);
    await gateway.put('object', BYTES);
  });

  it('takes its turn among downloads, but for some bytes of a header', async () => {
    const object = (await store.head('object'))!;
    const limited = new LimitedStore(store, 1);
    let held!: () => void;
    const holding = new Promise<void>((resolve) => (held = resolve));
    const order: string[] = [];
    proxy.reset({ kind: 'after', event: () => holding });
    const large = fetchInto(limited, object).then(() => order.push('first'));
    while (proxy.ranges.length === 0) await delay(5);
    const next = fetchInto(limited, object).then(() => order.push('second'));
    const head = { from: 0, to: 1 << 16 };
    isSpan(await fetchInto(limited, object, head), head);
    assert.deepEqual(order, []);
    held();
    await Promise.all([large, next]);
    assert.deepEqual(order, ['first', 'second']);
  });

  it('is paid for: a request, and the bytes that came', async () => {
    const object = (await store.head('object'))!;
    const paid = { requests: 0, bytes: 0 };
    const limited = new RateLimitedStore(store, {
      request: () => Promise.resolve(void (paid.requests += 1)),
      received: (bytes) => Promise.resolve(void (paid.bytes += bytes)),
    });
    await fetchInto(limited, object);
    assert.deepEqual(paid, { requests: 1, bytes: SPAN.to - SPAN.from });
  });
});

describe('a range of an object of a web server', () => {
  let web: WebServer;
  let store: WebStore;
  before(async () => {
    web = await WebServer.start();
    web.objects.set('/object', BYTES);
    store = new WebStore();
  });
  after(async () => {
    store.close();
    await web.stop();
  });

  it('is written to its place, and goes on where it was cut', async () => {
    const object = (await store.head(`${web.url}/object`))!;
    web.reset({ kind: 'cut', bytes: 700_000 });
    isSpan(await fetchInto(store, object));
    assert.equal(web.asked[0], `GET /object bytes=${SPAN.from}-${SPAN.to - 1}`);
    assert.ok(web.headers.every((headers) => headers['if-match'] !== undefined));
  });

  it('is refused where the object was replaced', async () => {
    const object = (await store.head(`${web.url}/object`))!;
    web.objects.set('/object', Buffer.from(BYTES).fill(1, 0, 9));
    await assert.rejects(fetchInto(store, object), ObjectReplaced);
    web.objects.set('/object', BYTES);
  });

  it('is refused by a server that sends all in place of a part', async () => {
    const object = (await store.head(`${web.url}/object`))!;
    web.manners = { ...web.manners, ranges: false };
    await assert.rejects(fetchInto(store, object), RangesIgnored);
    web.reset();
  });
});
