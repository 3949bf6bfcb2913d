/** Which hosts and files may be asked where somebody else names them. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  insideFolders,
  isNeverAsked,
  AddressNotAllowed,
  guardedLookup,
  readAllowedAddresses,
  requireHost,
} from '../../store/allowed-addresses.js';
import { printable } from '../../store/printable.js';

describe('addresses that are never asked', () => {
  const never = [
    ...['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::1', 'febf:ffff::1'],
    ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::169.254.169.254', '64:ff9b::169.254.169.254'],
    ...[
      '2002:a9fe:a9fe::1',
      'fd00:ec2::254',
      'fd00:ec2::23',
      'fd20:ce::254',
      'fd00:42::42',
      '100.100.100.200',
      '168.63.129.16',
      '[fe80::1]',
      'fe80::1%eth0',
    ],
  ];
  for (const address of never)
    it(address, () => {
      assert.equal(isNeverAsked(address), true);
    });

  for (const address of [
    '169.253.255.255',
    '169.255.0.0',
    '127.0.0.1',
    '10.0.0.1',
    '::1',
    'fd00:ec3::254',
    'fec0::1',
    'fe7f::1',
  ])
    it(`but ${address} may be`, () => {
      assert.equal(isNeverAsked(address), false);
    });

  const spellings = [
    ...['http://2852039166/', 'http://0xa9fea9fe/', 'http://0251.0376.0251.0376/', 'http://169.254.43518/'],
    ...['http://[::ffff:169.254.169.254]/', 'http://[fe80::1]/', 'http://169.254.169.254./'],
  ];
  for (const url of spellings)
    it(`in every spelling: ${url}`, () => {
      assert.throws(() => {
        requireHost(new URL(url), { folders: [] });
      }, AddressNotAllowed);
    });

  it('also where the operator lists them', () => {
    assert.throws(() => {
      requireHost(new URL('http://169.254.169.254/'), { folders: [], hosts: ['169.254.169.254'] });
    }, AddressNotAllowed);
  });
});

describe('a name', () => {
  const looked = (name: string, all: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      guardedLookup(name, { all }, (error, address) => {
        if (error === null) resolve(address);
        else reject(error);
      });
    });

  it('that leads to such an address is refused when it is looked up, else it is found as Node does', async () => {
    for (const all of [true, false]) {
      await assert.rejects(looked('169.254.169.254', all), AddressNotAllowed);
      await assert.rejects(looked('::ffff:169.254.169.254', all), AddressNotAllowed);
    }
    assert.deepEqual(await looked('127.0.0.1', true), [{ address: '127.0.0.1', family: 4 }]);
    assert.equal(await looked('127.0.0.1', false), '127.0.0.1');
    await assert.rejects(looked('no.such.host.invalid', true), /ENOTFOUND|EAI_AGAIN/);
  });
});

describe('hosts that the operator lists', () => {
  const allowed = readAllowedAddresses({ PARCELWISE_HOSTS: 'stac.example.org, *.Tiles.example' });
  const asked = (host: string): boolean => {
    try {
      requireHost(new URL(`https://${host}/v1`), allowed);
      return true;
    } catch (error) {
      assert.ok(error instanceof AddressNotAllowed && error.message.includes('PARCELWISE_HOSTS'));
      return false;
    }
  };
  for (const [host, expected] of [
    ...[['stac.example.org', true] as const, ['STAC.example.org:8443', true] as const],
    ...[['a.tiles.example', true] as const, ['a.b.tiles.example', true] as const],
    ...[['tiles.example', false] as const, ['evil-tiles.example', false] as const],
    ...[['stac.example.org.evil', false] as const, ['127.0.0.1', false] as const],
  ])
    it(`${host}: ${expected ? 'asked' : 'not asked'}`, () => {
      assert.equal(asked(host), expected);
    });
});

describe('files that may be read', () => {
  let folder: string;
  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'parcelwise-outside-')));
    await mkdir(join(folder, 'open'));
    await mkdir(join(folder, 'open-not'));
    for (const file of ['open/a.json', 'open-not/secret', 'secret']) await writeFile(join(folder, file), 'x');
    await symlink('../secret', join(folder, 'open', 'link.json'));
    await symlink('a.json', join(folder, 'open', 'near.json'));
    await symlink('open', join(folder, 'other-name'));
  });
  after(() => rm(folder, { recursive: true }));
  const read = (path: string, name = 'open'): Promise<string> =>
    insideFolders(join(folder, path), readAllowedAddresses({ PARCELWISE_STAC_FOLDER: join(folder, name) }));

  it('lie below the folder, links resolved', async () => {
    assert.equal(await read('open/a.json'), join(folder, 'open/a.json'));
    assert.equal(await read('open/near.json'), join(folder, 'open/a.json'));
    assert.equal(await read('other-name/a.json', 'other-name'), join(folder, 'open/a.json'));
    assert.equal(await read('open/a.json', 'other-name'), join(folder, 'open/a.json'));
  });

  for (const path of ['secret', 'open/link.json', 'open-not/secret', 'open/../secret', 'nothing', 'open'])
    it(`not ${path}, and nobody learns whether it exists`, async () => {
      await assert.rejects(read(path), (error: Error) => {
        assert.ok(error instanceof AddressNotAllowed);
        assert.match(error.message, /is not below .*PARCELWISE_STAC_FOLDER/);
        return true;
      });
    });

  it('none where no folder is set', async () => {
    await assert.rejects(insideFolders(join(folder, 'open/a.json'), readAllowedAddresses({})), /names none/);
  });
});

describe('what others say', () => {
  it('is one line without control characters, of bounded length', () => {
    assert.equal(printable('a\u001b[31m\r\nb\u202e c\0'), 'a [31m b c');
    assert.equal(printable('x'.repeat(200)).length, 200);
    assert.equal(printable('x'.repeat(201)), `${'x'.repeat(199)}…`);
  });
});
