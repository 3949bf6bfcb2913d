import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { canonicalJson, type Json, readableJson } from '../../../export/certificate/canonical.js';
import type { Certificate } from '../../../export/certificate/certificate.js';
import { openSigned, signCertificate, signerOf } from '../../../export/certificate/signature.js';
import {
  fingerprintOf,
  isOpenToOthers,
  makeKey,
  readPrivateKey,
  readPublicKey,
} from '../../../export/certificate/signing-key.js';
import { verifySignature } from '../../../export/certificate/verify-signature.js';

const { privateKey } = generateKeyPairSync('ed25519');
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const CERTIFICATE: Certificate = {
  ...{ format: 'parcelwise certificate 1', made: '2024-11-05T10:00:00.000Z' },
  ...{ software: { parcelwise: '1.2.3' }, asked: {}, tables: [], parcels: [] },
  audit: { scenes: 12, extracted: 12, parcels: 1200, gaps: 7, findings: 0, notes: ['naïve "note" €'] },
  page: { bytes: 0, sha256: NOTHING },
  signer: signerOf(privateKey),
};

/** Why a file is refused; empty where it is not. */
function refusal(text: string): string {
  const signed = openSigned(text);
  return typeof signed === 'string' ? signed : '';
}

describe('a signed certificate', () => {
  const text = signCertificate(CERTIFICATE, privateKey);

  it('opens as it was signed, as it was written or in the canonical form', () => {
    const signed = openSigned(text);
    assert.ok(typeof signed !== 'string');
    assert.deepEqual(signed.certificate, CERTIFICATE);
    assert.equal(refusal(canonicalJson(JSON.parse(text) as Json)), '');
  });

  it('can be checked without this program: Ed25519 over the canonical JSON of all but the signature', () => {
    const { signature, ...content } = JSON.parse(text) as Record<string, Json> & { signature: string };
    const bytes = Buffer.from(canonicalJson(content));
    const key = Buffer.from(CERTIFICATE.signer.publicKey, 'base64');
    assert.ok(verify(null, bytes, { key, format: 'der', type: 'spki' }, Buffer.from(signature, 'base64')));
  });

  it('is refused with any one byte changed, lost or put in', () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 4, 32]) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= bit;
        assert.notEqual(refusal(changed.toString()), '', `byte ${at} changed`);
      }
      const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
      assert.notEqual(refusal(without.toString()), '', `byte ${at} lost`);
      const more = Buffer.concat([bytes.subarray(0, at), Buffer.from(' '), bytes.subarray(at)]);
      assert.notEqual(refusal(more.toString()), '', `a blank before byte ${at}`);
    }
  });

  it('is refused where numbers or names are written in another way, or twice', () => {
    for (const [from, to] of [
      ['"scenes":12', '"scenes":12.0'],
      ['"scenes":12', '"scenes":1.2e1'],
      ['"scenes":12', '"scenes":13,"scenes":12'],
      ['"scenes":12', '"\\u0073cenes":12'],
      ['"parcels":1200', '"parcels":1200.00000000000000001'],
    ] as const) {
      assert.ok(text.includes(from));
      assert.match(refusal(text.replace(from, to)), /written anew/, to);
    }
    assert.match(refusal(JSON.stringify(JSON.parse(text), null, 2)), /written anew/);
    assert.match(refusal(text.replace('"scenes":12', '"scenes":13')), /was changed/);
    assert.match(refusal(text.replace('"scenes":12', '"more":1,"scenes":12')), /was changed/);
  });

  it('is refused without a signature, with another one, and with another key', () => {
    const content = JSON.parse(text) as Record<string, Json>;
    const { signature = null, ...unsigned } = content;
    assert.equal(refusal(readableJson(unsigned)), 'it is not signed');
    for (const other of ['', 'AAAA', Buffer.alloc(64).toString('base64')])
      assert.match(refusal(readableJson({ ...unsigned, signature: other })), /was changed/);
    const { privateKey: stranger } = generateKeyPairSync('ed25519');
    const theirs = sign(null, Buffer.from(canonicalJson(unsigned)), stranger).toString('base64');
    assert.match(refusal(readableJson({ ...unsigned, signature: theirs })), /was changed/);
    const signer = { ...CERTIFICATE.signer, publicKey: signerOf(stranger).publicKey };
    assert.match(refusal(readableJson({ ...unsigned, signer, signature })), /fingerprint/);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const ofRsa = {
      ...CERTIFICATE.signer,
      publicKey: rsa.export({ format: 'der', type: 'spki' }).toString('base64'),
    };
    assert.match(refusal(readableJson({ ...unsigned, signer: ofRsa, signature })), /rsa, not of Ed25519/);
  });

  it('is refused where it is something else', () => {
    for (const [other, why] of [
      ['', /no JSON/],
      ['{"files": []}', /no certificate: /],
      ['[1]', /no certificate/],
      ['null', /no certificate/],
      [text.replace('certificate 1', 'certificate 2'), /format/],
      [`{"a":`.repeat(5000) + '1' + '}'.repeat(5000), /no certificate/],
    ] as const)
      assert.match(refusal(other), why);
  });

  it('is refused where bytes of it are no UTF-8, which would be read as another sign', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-bytes-'));
    const notes = ['what was no text: \ufffd'];
    const bytes = Buffer.from(
      signCertificate({ ...CERTIFICATE, audit: { ...CERTIFICATE.audit, notes } }, privateKey),
    );
    const at = bytes.indexOf(Buffer.from('\ufffd'));
    const verdicts = async (written: Buffer): Promise<string[]> => {
      await writeFile(join(folder, 'c.json'), written);
      const { lines } = await verifySignature(join(folder, 'c.json'), undefined);
      return lines.map(({ verdict }) => verdict);
    };
    try {
      assert.deepEqual(await verdicts(bytes), ['holds', 'note']);
      const other = Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]);
      assert.deepEqual(await verdicts(other), ['fails']);
      assert.deepEqual(await verdicts(Buffer.concat([Buffer.from('\ufeff'), bytes])), ['fails']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('opens in seconds with a season of a country in it', () => {
    const digest = NOTHING;
    const layers = Object.fromEntries(
      ['B02', 'B03', 'B04', 'B08', 'SC'].map((band) => [
        band,
        { rows: 300_000, digest, gaps: { cloudy: 12 } },
      ]),
    );
    const scenes = Array.from({ length: 2_000 }, (_, i) => ({
      ...{ obsid: i, reference: `SCENE_${i}`, obstime: '2024-03-01T10:00:00Z', sensor: '2A', card: 's2' },
      ...{
        campaign: 'spring',
        parcels: 300_012,
        chunks: 11,
        parcelsDigest: digest,
        gapsDigest: digest,
        layers,
      },
      product: {
        baseline: '05.10',
        item: null,
        collection: null,
        relativeOrbit: 8,
        pass: null,
        radiometry: 'raw',
      },
    }));
    const table = {
      ...{ catalogue: 'dias', results: 'sigs', columns: { results: ['mean'] }, selections: [], measured: [] },
      ...{ parcelSets: [], sums: { parcels: 0, layers: {}, hists: 0 }, scenes, ended: [], open: 0 },
    };
    const large = signCertificate({ ...CERTIFICATE, tables: [table] }, privateKey);
    assert.ok(large.length > 2e6);
    const began = performance.now();
    assert.equal(refusal(large), '');
    assert.ok(performance.now() - began < 20_000);
  });
});

describe('a signing key', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-key-'));
  });
  after(() => rm(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });

  it('is made for its owner alone, with its public half, and overwrites nothing', async () => {
    const { publicFile, fingerprint } = await makeKey(at('a.pem'), undefined);
    assert.equal((await stat(at('a.pem'))).mode & 0o777, 0o600);
    assert.equal(await isOpenToOthers(at('a.pem')), false);
    const key = await readPrivateKey(at('a.pem'), undefined);
    assert.deepEqual(
      [fingerprintOf(key), fingerprintOf(await readPublicKey(publicFile))],
      [fingerprint, fingerprint],
    );
    const before = await readFile(at('a.pem'), 'utf8');
    await assert.rejects(makeKey(at('a.pem'), undefined), /there already/);
    assert.equal(await readFile(at('a.pem'), 'utf8'), before);
    await chmod(at('a.pem'), 0o640);
    assert.equal(await isOpenToOthers(at('a.pem')), true);
  });

  it('may be one of OpenSSL, which tells the same fingerprint', async () => {
    openssl('genpkey', '-algorithm', 'ed25519', '-out', 'o.pem');
    openssl('pkey', '-in', 'o.pem', '-pubout', '-out', 'o.pub');
    openssl('pkey', '-pubin', '-in', 'o.pub', '-outform', 'DER', '-out', 'o.der');
    const [told] = openssl('dgst', '-sha256', '-r', 'o.der').split(' ');
    assert.equal(fingerprintOf(await readPrivateKey(at('o.pem'), undefined)), told);
    assert.equal(fingerprintOf(await readPublicKey(at('o.pub'))), told);
  });

  it('may be encrypted, and is then refused without its passphrase', async () => {
    await makeKey(at('e.pem'), 'open sesame');
    assert.match(await readFile(at('e.pem'), 'utf8'), /ENCRYPTED/);
    await assert.rejects(
      readPrivateKey(at('e.pem'), undefined),
      /e\.pem is encrypted: set PARCELWISE_KEY_PASSPHRASE/,
    );
    await assert.rejects(readPrivateKey(at('e.pem'), 'shut'), /can't be decrypted/);
    assert.equal(
      createPrivateKey({ key: await readFile(at('e.pem')), passphrase: 'open sesame' }).type,
      'private',
    );
    assert.equal((await readPrivateKey(at('e.pem'), 'open sesame')).type, 'private');
  });

  it('is refused where it is of another kind or no key, and the message says how one is made', async () => {
    openssl('genpkey', '-algorithm', 'rsa', '-pkeyopt', 'rsa_keygen_bits:1024', '-quiet', '-out', 'r.pem');
    await writeFile(at('s.pem'), '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n');
    await writeFile(at('t.pem'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    await writeFile(at('n.pem'), 'nothing');
    await makeKey(at('p.pem'), undefined);
    for (const [name, why] of [
      ['r.pem', /key of rsa, not of Ed25519: make one/],
      ['s.pem', /OpenSSH's own form/],
      ['t.pem', /no key that can be read/],
      ['n.pem', /no private key/],
      ['p.pem.pub', /no private key/],
      ['nowhere', /can't be read/],
    ] as const)
      await assert.rejects(readPrivateKey(at(name), undefined), why);
  });

  it('is asked for by file or fingerprint when a certificate is verified', async () => {
    await makeKey(at('v.pem'), undefined);
    const key = await readPrivateKey(at('v.pem'), undefined);
    const path = at('c.json');
    await writeFile(path, signCertificate({ ...CERTIFICATE, signer: signerOf(key) }, key));
    const verdicts = async (trusted?: string): Promise<string> =>
      (await verifySignature(path, trusted)).lines.map(({ verdict }) => verdict).join(' ');
    assert.equal(await verdicts(), 'holds note');
    for (const trusted of [
      at('v.pem.pub'),
      at('v.pem'),
      fingerprintOf(key),
      fingerprintOf(key).toUpperCase(),
    ])
      assert.equal(await verdicts(trusted), 'holds holds');
    await makeKey(at('w.pem'), undefined);
    const other = await verifySignature(path, at('w.pem.pub'));
    assert.deepEqual([other.lines.map(({ verdict }) => verdict), other.certificate], [['fails'], undefined]);
    await assert.rejects(verifySignature(path, at('nowhere')), /can't be read/);
    await assert.rejects(verifySignature(at('nowhere'), undefined), /can't be read/);
  });
});
