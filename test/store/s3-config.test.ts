import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { readS3Config, S3ConfigError } from '../../store/s3-config.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('config');

function file(content: unknown): string {
  const path = join(folder, 's3_config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const CBM_S3 = {
  access_key: 'key',
  secret_key: 'hush',
  host: 'https://eodata.cloudferro.com',
  bucket: 'DIAS',
};

describe("CbM's s3_config.json", () => {
  it('is read as it is', () => {
    const config = readS3Config(file({ s3: CBM_S3 }), {});
    assert.equal(config.endpoint, 'https://eodata.cloudferro.com');
    assert.equal(config.bucket, 'DIAS');
    assert.equal(config.addressing, 'path');
    assert.deepEqual(config.credentials?.(), { accessKeyId: 'key', secretAccessKey: 'hush' });
  });

  it('never shows its secret when it is printed or serialised', () => {
    const config = readS3Config(file({ s3: CBM_S3 }), {});
    assert.doesNotMatch(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config), /hush/);
  });

  const hosts = {
    'eodata.dataspace.copernicus.eu': 'https://eodata.dataspace.copernicus.eu',
    'https://s3.example.org:9000/': 'https://s3.example.org:9000',
    'http://data.cloudferro.com': 'http://data.cloudferro.com',
    '127.0.0.1:7070': 'http://127.0.0.1:7070',
    'localhost:7070': 'http://localhost:7070',
    'gateway:7070': 'http://gateway:7070',
    'file:///srv/archive': 'file:///srv/archive',
  };
  for (const [host, endpoint] of Object.entries(hosts)) {
    it(`takes the host ${host} for ${endpoint}`, () => {
      assert.equal(readS3Config(file({ s3: { ...CBM_S3, host } }), {}).endpoint, endpoint);
    });
  }

  it('needs no region: the store decides the default, the file and the environment come before it', () => {
    const region = (host: string, extra: object = {}, env = {}): string | undefined =>
      readS3Config(file({ s3: { ...CBM_S3, host, ...extra } }), env).region;
    assert.equal(region('eodata.dataspace.copernicus.eu'), 'default');
    assert.equal(region('eodata.cloudferro.com'), 'default');
    assert.equal(region('s3.example.org'), 'us-east-1');
    assert.equal(region('notcloudferro.com'), 'us-east-1');
    assert.equal(region('s3.example.org', {}, { AWS_DEFAULT_REGION: 'here' }), 'here');
    assert.equal(region('s3.example.org', { region: 'WAW3-1' }, { AWS_REGION: 'here' }), 'WAW3-1');
  });

  const faults: [string, unknown, RegExp][] = [
    ['no JSON', '{"s3": {"secret_key": "hush" "x"}}', /is not valid JSON/],
    ['no s3', { S3: CBM_S3 }, /s3/],
    ['a bucket that is a number', { s3: { ...CBM_S3, bucket: 7 } }, /s3\.bucket/],
    ['a bucket with a prefix', { s3: { ...CBM_S3, bucket: 'DIAS/Sentinel-2' } }, /bucket is a name alone/],
    ['a bucket as an address', { s3: { ...CBM_S3, bucket: 's3://DIAS' } }, /bucket is a name alone/],
    ['no bucket', { s3: { ...CBM_S3, bucket: undefined } }, /s3\.bucket is missing/],
    ['an empty secret key', { s3: { ...CBM_S3, secret_key: ' ' } }, /s3\.secret_key is missing/],
    ['no access key', { s3: { ...CBM_S3, access_key: undefined } }, /s3\.access_key is missing/],
    ['a host that is none', { s3: { ...CBM_S3, host: 'http://' } }, /s3\.host/],
    ['a host of another kind', { s3: { ...CBM_S3, host: 'ftp://x.org' } }, /s3\.host/],
    ['a host with a password', { s3: { ...CBM_S3, host: 'https://u:hush@x.org' } }, /s3\.host/],
  ];
  for (const [what, content, says] of faults) {
    it(`is refused with ${what}, by an error that names file and key but no secret`, () => {
      const path = file(content);
      assert.throws(
        () => readS3Config(path, {}),
        (error: Error) => {
          assert.ok(error instanceof S3ConfigError);
          assert.ok(error.message.startsWith(`${path}: `));
          assert.match(error.message, says);
          assert.doesNotMatch(inspect(error), /hush/);
          return true;
        },
      );
    });
  }

  it('that is not there is named', () => {
    assert.throws(
      () => readS3Config(join(folder, 'nowhere.json'), {}),
      /nowhere\.json: can't be read \(ENOENT\)/,
    );
  });
});

describe('AWS_* variables', () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'hush',
    AWS_SESSION_TOKEN: 'token',
    AWS_ENDPOINT_URL: 'http://general:1',
    AWS_ENDPOINT_URL_S3: 'http://special:2',
    PARCELWISE_BUCKET: 'eodata',
  };

  it('are enough by themselves', () => {
    const config = readS3Config(undefined, env);
    assert.equal(config.endpoint, 'http://special:2');
    assert.equal(config.bucket, 'eodata');
    assert.deepEqual(config.credentials?.(), {
      accessKeyId: 'id',
      secretAccessKey: 'hush',
      sessionToken: 'token',
    });
  });

  it('fill what the file leaves out, and no more', () => {
    const config = readS3Config(file({ s3: { bucket: 'b', host: 'own.example.org' } }), env);
    assert.equal(config.endpoint, 'https://own.example.org');
    assert.equal(config.bucket, 'b');
    assert.equal(config.credentials?.().accessKeyId, 'id');
    assert.equal(readS3Config(file({ s3: CBM_S3 }), env).credentials?.().accessKeyId, 'key');
  });

  it("leave keys to the SDK's own chain, and the region to a profile, where they name none", () => {
    const config = readS3Config(file({ s3: { bucket: 'b' } }), { AWS_PROFILE: 'eo' });
    assert.equal(config.credentials, undefined);
    assert.equal(config.region, undefined);
  });
});
