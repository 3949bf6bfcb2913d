/** S3 gateways, proxies and portals that answer oddly: never an absence, never a wrong size, never another's credentials. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { s2 } from '../../cards/s2.js';
import { ObjectMissing, StoreDenied, StoreFailure } from '../../store/object-store.js';
import { S3Store } from '../../store/s3-store.js';
import { OddServer } from '../stac/odd-server.js';

const QUICK = { idleMs: 500, connectMs: 2_000, attempts: 1 };
const SECRETS = { accessKeyId: 'planted-id', secretAccessKey: 'planted-secret' };
const KEY = 'scene/B04.jp2';
const REFERENCE = 'S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156.SAFE';

let server: OddServer;
let store: S3Store;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parcelwise-odd-s3-'));
  server = await OddServer.start(() => undefined);
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  server.asked.length = 0;
  store = new S3Store(
    {
      ...{ endpoint: server.url, bucket: 'eodata', region: 'us-east-1', addressing: 'path' },
      credentials: () => SECRETS,
      endpointFrom: 'AWS_ENDPOINT_URL',
    },
    QUICK,
  );
});
afterEach(() => {
  store.close();
});

type Headers = Readonly<Record<string, string | number>>;
const send = (
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Headers = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
};
const answerAll = (status: number, body: string | Buffer, headers: Headers = {}): void => {
  server.answer = (_request, response) => {
    send(response, status, body, headers);
  };
};
const fault = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const entry = (key: string, size = '5'): string =>
  `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`;
const listing = (
  content: string,
  prefix = 'scene/',
  more = '<IsTruncated>false</IsTruncated>',
  name = 'eodata',
) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
  `<Name>${name}</Name><Prefix>${prefix}</Prefix>${more}${content}</ListBucketResult>`;

async function listed(prefix = 'scene/'): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
const failure = (error: Error): boolean => {
  assert.ok(error instanceof StoreFailure, `${error.name}: ${error.message}`);
  assert.doesNotMatch(error.message, /planted|log in/);
  return true;
};

describe('a listing', () => {
  it('is empty only where a whole one says so', async () => {
    answerAll(200, listing(''));
    assert.deepEqual(await listed(), []);
    answerAll(200, gzipSync(listing(entry('scene/a'))), { 'content-encoding': 'gzip' });
    assert.deepEqual(await listed(), ['scene/a']);
  });

  const whole = listing(entry('scene/a') + entry('scene/b'));
  const odd: Readonly<Record<string, string | Buffer>> = {
    'a web page': '<!DOCTYPE html><html><body>log in</body></html>',
    nothing: '',
    'white space': ' \n',
    JSON: '{"objects":[]}',
    'an error with 200': fault('InternalError', 'x'),
    'another root': listing('').replaceAll('ListBucketResult', 'ListAllMyBucketsResult'),
    'a root inside another': `<a>${listing('')}</a>`,
    'an empty root': '<ListBucketResult></ListBucketResult>',
    'half a listing': whole.slice(0, whole.length / 2),
    'all but its end': whole.slice(0, -1),
    'another prefix': listing('', 'other/'),
    'no prefix': listing('', ''),
    'another bucket': listing('', 'scene/', undefined, 'other'),
    'keys of another prefix': listing(entry('other/a')),
    'an object without size': listing('<Contents><Key>scene/a</Key></Contents>'),
    'no word whether it goes on': listing('', 'scene/', ''),
    'that it goes on, but not where': listing(entry('scene/a'), 'scene/', '<IsTruncated>true</IsTruncated>'),
    'folders of another prefix': listing('<CommonPrefixes><Prefix>other/</Prefix></CommonPrefixes>'),
    'what was packed and cut': gzipSync(whole).subarray(0, 30),
  };
  for (const [what, body] of Object.entries(odd))
    it(`is not read off ${what}`, async () => {
      answerAll(200, body, what.includes('packed') ? { 'content-encoding': 'gzip' } : {});
      await assert.rejects(listed(), failure);
      await assert.rejects(store.folders('scene/')[Symbol.asyncIterator]().next(), failure);
    });

  it('by a gateway that knows no delimiter has its folders all the same', async () => {
    const keys = ['a/1', 'a/2', 'b', 'c/', 'd//x'].map((key) => entry(`scene/${key}`)).join('');
    answerAll(200, listing(keys));
    const folders: string[] = [];
    for await (const folder of store.folders('scene/')) folders.push(folder);
    assert.deepEqual(folders, ['scene/a/', 'scene/c/', 'scene/d/']);
  });

  it('that was not understood closes no scene', async () => {
    answerAll(200, '<html>log in</html>', { 'content-type': 'text/html' });
    const scene = { reference: REFERENCE, obstime: '2024-06-23T10:46:19' };
    await assert.rejects(s2.locate(scene, ['B04'], 'api', store), failure);
  });

  it('without an end is given up', async () => {
    let n = 0;
    const page = (content: string, token: string): string => {
      const more = `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;
      return listing(content, 'scene/', more);
    };
    const endless: readonly (() => string)[] = [
      () => page(entry('scene/a'), 'same'),
      () => page(entry(`scene/${n}`), `t${n % 3}`),
      () => page(entry('scene/a'), `t${n}`),
      () => page('', `t${n}`),
    ];
    for (const body of endless) {
      n = 0;
      server.answer = (_request, response) => {
        send(response, 200, body());
        n += 1;
      };
      await assert.rejects(listed(), failure);
      assert.ok(n < 110, `${n} pages`);
    }
  });

  it('that is refused by a web page with 404 is no empty one', async () => {
    answerAll(404, '<html>log in</html>', { 'content-type': 'text/html' });
    await assert.rejects(listed(), failure);
    answerAll(404, fault('NoSuchKey', 'x'));
    await assert.rejects(listed(), StoreDenied);
  });
});

/** An object as a gateway of the given manners gives it. */
function serve(
  body: Buffer,
  manners: { head?: (response: ServerResponse) => void; ranges?: boolean; length?: boolean },
) {
  const version = { etag: '"abc"', 'content-type': 'image/jp2' };
  server.answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'HEAD' && manners.head) {
      manners.head(response);
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const isPart = from !== undefined && manners.ranges !== false;
    if (isPart && Number(from) >= body.length) {
      send(response, 416, fault('InvalidRange', 'x'));
      return;
    }
    const last = isPart && to ? Math.min(Number(to), body.length - 1) : body.length - 1;
    const part = isPart ? body.subarray(Number(from), last + 1) : body;
    response.writeHead(isPart ? 206 : 200, {
      ...version,
      ...(manners.length !== false && { 'content-length': part.length }),
      ...(isPart && { 'content-range': `bytes ${from}-${last}/${body.length}` }),
    });
    if (request.method === 'HEAD') response.end();
    else if (cut !== undefined) {
      response.write(part.subarray(0, cut));
      cut = undefined;
      setTimeout(() => response.destroy(), 50);
    } else response.end(part);
  };
}
/** The next body ends after so many bytes. */
let cut: number | undefined;

describe("an object's size", () => {
  const body = randomBytes(1000);

  it('is found by its first byte where HEAD does not say it', async () => {
    const odd: readonly Headers[] = [
      { etag: '"abc"' },
      { etag: '"abc"', 'content-length': 0 },
      { 'content-length': 1000 },
      { etag: '"abc"', 'content-length': 77, 'content-type': 'text/html' },
      { etag: '"abc"', 'content-length': 77, 'content-encoding': 'gzip' },
    ];
    for (const headers of odd) {
      serve(body, {
        head: (response) => {
          response.writeHead(200, headers).end();
        },
      });
      assert.deepEqual(
        await store.head(KEY),
        { key: KEY, bytes: 1000, etag: 'abc' },
        JSON.stringify(headers),
      );
    }
    for (const status of [400, 403, 404, 405]) {
      serve(body, {
        head: (response) => {
          response.writeHead(status).end();
        },
      });
      assert.equal((await store.head(KEY))?.bytes, 1000, String(status));
    }
  });

  it('is 0 only of an empty object', async () => {
    serve(Buffer.alloc(0), {});
    assert.deepEqual(await store.head(KEY), { key: KEY, bytes: 0, etag: 'abc' });
  });

  it('is none where a portal answers in its place', async () => {
    answerAll(200, '<html>log in</html>', { 'content-type': 'text/html' });
    await assert.rejects(store.head(KEY), failure);
    answerAll(200, 'hello', { 'content-type': 'text/plain' });
    await assert.rejects(store.head(KEY), failure, 'neither ETag nor date');
  });
});

describe('an object is missing', () => {
  it('only where the store says NoSuchKey', async () => {
    answerAll(404, fault('NoSuchKey', 'no such key'));
    assert.equal(await store.head(KEY), undefined);
    await assert.rejects(store.read(KEY, { from: 0, bytes: 5 }), ObjectMissing);
  });

  it('not where a bucket is, nor where the answer is none of a store', async () => {
    answerAll(404, fault('NoSuchBucket', 'x'));
    await assert.rejects(store.head(KEY), StoreDenied);
    for (const body of ['', '<html>log in</html>', '{}', fault('NoSuchUpload', 'x')]) {
      answerAll(404, body);
      await assert.rejects(store.head(KEY), failure);
      await assert.rejects(store.read(KEY, { from: 0, bytes: 5 }), failure);
      await assert.rejects(store.download({ key: KEY, bytes: 5 }, join(folder, 'missing')), failure);
    }
  });
});

describe('a download', () => {
  const body = randomBytes(300_000);

  it('ends where ranges are ignored and a connection was cut', async () => {
    serve(body, { ranges: false });
    const info = (await store.head(KEY))!;
    cut = 100_000;
    const path = join(folder, 'no-ranges');
    await store.download(info, path);
    assert.ok((await readFile(path)).equals(body));
  });

  it('ends where bodies have no length', async () => {
    serve(body, { length: false });
    const info = (await store.head(KEY))!;
    assert.equal(info.bytes, body.length);
    cut = 100_000;
    const path = join(folder, 'no-length');
    await store.download(info, path);
    assert.ok((await readFile(path)).equals(body));
  });

  it('takes no other range than it asked for', async () => {
    server.answer = (_request, response) => {
      send(response, 206, body.subarray(0, 10), { etag: '"abc"', 'content-range': 'bytes 0-9/300000' });
    };
    await assert.rejects(store.read(KEY, { from: 5, bytes: 10 }), failure);
  });

  it('reads the bytes it asked for where ranges are ignored, of small objects too', async () => {
    serve(body.subarray(0, 100), { ranges: false });
    assert.ok((await store.read(KEY, { from: 50, bytes: 100 })).equals(body.subarray(50, 100)));
    serve(body, { ranges: false });
    assert.ok((await store.read(KEY, { from: 50, bytes: 100 })).equals(body.subarray(50, 150)));
    serve(body.subarray(0, 100), {});
    assert.equal((await store.read(KEY, { from: 100, bytes: 10 })).length, 0);
  });
});

describe('a refusal', () => {
  const headless = (status: number, body: string): void => {
    server.answer = (request, response) => {
      send(response, status, request.method === 'HEAD' ? '' : body);
    };
  };
  const tooMuch = [
    [403, 'QuotaExceeded', 'The monthly quota is used up'],
    [403, 'AccessDenied', 'Too many concurrent flows for this account'],
    [403, 'AccessDenied', 'Rate limit exceeded'],
    [503, 'SlowDown', 'Please reduce your request rate'],
    [429, 'TooManyRequests', 'x'],
    [403, 'RequestLimitExceeded', 'x'],
    [503, 'ServiceUnavailable', 'x'],
    [509, 'BandwidthLimitExceeded', 'x'],
  ] as const;
  for (const [status, code, words] of tooMuch)
    it(`because it is too much is waited out, in the store's own words: ${status} ${code}`, async () => {
      headless(status, fault(code, words));
      for (const ask of [() => store.head(KEY), () => listed(), () => store.read(KEY, { from: 0, bytes: 1 })])
        await assert.rejects(ask, (error: StoreFailure) => {
          failure(error);
          if (status !== 503 && status !== 429)
            assert.match(error.message, new RegExp(`${status} ${code} \\(.*${words.slice(0, 8)}`));
          assert.doesNotMatch(error.message, /access_key/);
          return true;
        });
    });

  it('of the credentials stops, with the code and words of the store, but nothing secret in them', async () => {
    headless(403, fault('AccessDenied', `No for planted-id\u0085 of planted-secret${'x'.repeat(400)}`));
    for (const ask of [() => store.head(KEY), () => listed()])
      await assert.rejects(ask, (error: Error) => {
        assert.ok(error instanceof StoreDenied);
        assert.match(error.message, /403 AccessDenied \(No for \*\*\* of \*\*\*x+…\)\); check access_key/);
        assert.ok(error.message.length < 500);
        return true;
      });
  });

  it('by a web page says nothing of the credentials', async () => {
    for (const status of [301, 302, 401, 403, 407, 418]) {
      answerAll(status, '<html>log in</html>', { 'content-type': 'text/html' });
      await assert.rejects(store.head(KEY), failure);
      await assert.rejects(listed(), failure);
    }
  });
});

describe('an endpoint that is not reached', () => {
  const says = async (endpoint: string, pattern: RegExp): Promise<void> => {
    const other = new S3Store(
      {
        endpoint,
        bucket: 'b',
        region: 'x',
        addressing: 'path',
        credentials: () => SECRETS,
        endpointFrom: 'AWS_ENDPOINT_URL',
      },
      QUICK,
    );
    try {
      await assert.rejects(other.head(KEY), (error: Error) => {
        failure(error);
        assert.match(error.message, pattern);
        assert.match(error.message, /named by AWS_ENDPOINT_URL/);
        return true;
      });
    } finally {
      other.close();
    }
  };

  it('is told with the host, the setting and what helps', async () => {
    await says(
      'http://127.0.0.1:1',
      /ECONNREFUSED: nothing listens at 127\.0\.0\.1:1; see that the server is up/,
    );
    await says('http://no.such.host.invalid', /(ENOTFOUND|EAI_AGAIN): .*no\.such\.host\.invalid/);
    await says(server.url.replace('http', 'https'), /does not speak TLS/);
    server.answer = () => undefined;
    await says(server.url, /ETIMEDOUT: no answer from 127\.0\.0\.1:\d+/);
    server.answer = (request) => request.socket.end('SSH-2.0-OpenSSH\r\n');
    await says(server.url, /does not answer in HTTP|ended the connection/);
  });
});
