/** Bands that lie on web servers by https, each server's certificate from an authority of the test's own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { skipWithoutOpenssl, TestAuthority } from '../store/tls.js';
import { WebServer } from '../store/web-server.js';

const PROGRAM = fileURLToPath(new URL('fetch-by-address.js', import.meta.url));
const COGS = { B04: randomBytes(2_000_000), B08: randomBytes(1_000_000), SC: randomBytes(100_000) };

describe('bands on a web server by https', { skip: skipWithoutOpenssl }, () => {
  let folder: string;
  let authority: TestAuthority;
  let web: WebServer;
  let misnamed: WebServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-https-'));
    authority = await TestAuthority.make(folder);
    web = await WebServer.start(await authority.certify('IP:127.0.0.1'));
    misnamed = await WebServer.start(await authority.certify('DNS:elsewhere.example'));
  });
  after(async () => {
    await Promise.all([web.stop(), misnamed.stop()]);
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    for (const server of [web, misnamed]) {
      server.reset();
      for (const [band, cog] of Object.entries(COGS)) server.objects.set(`/${band}.tif`, cog);
    }
  });

  /** What the program says where it fails; nothing where all is fetched. */
  async function fetched(server: WebServer, env: NodeJS.ProcessEnv): Promise<string> {
    const assets = Object.keys(COGS).map((band) => [band, { href: `${server.url}/${band}.tif?sig=secret` }]);
    const ran = promisify(execFile)(
      process.execPath,
      [PROGRAM, folder, JSON.stringify(Object.fromEntries(assets))],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: '', ...env }, timeout: 30_000 },
    );
    return await ran.then(
      () => '',
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  }
  const trusting = (): NodeJS.ProcessEnv => ({ NODE_EXTRA_CA_CERTS: authority.file });

  it('are found and downloaded from a server whose authority NODE_EXTRA_CA_CERTS names', async () => {
    web.mishaps.push({ kind: 'cut', bytes: 500_000 });
    assert.equal(await fetched(web, trusting()), '');
    for (const [band, cog] of Object.entries(COGS))
      assert.ok((await readFile(join(folder, `${band}.tif`))).equals(cog), `${band} differs`);
    const gets = web.asked.filter((asked) => asked.startsWith('GET'));
    assert.equal(gets.length, 4, 'one of them went on after a cut');
  });

  it('are not asked for at a server whose authority is unknown: the host is named, and the remedy', async () => {
    const said = await fetched(web, {});
    const { host } = new URL(web.url);
    assert.match(said, new RegExp(`^StoreUntrusted: https://${host}/B04.tif: the certificate of ${host} `));
    assert.match(said, /from nobody this machine trusts \(.*PEM file and name that in NODE_EXTRA_CA_CERTS/);
    assert.doesNotMatch(said, /secret/);
    assert.deepEqual(web.asked, []);
  });

  it('are not asked for at a server that shows the certificate of another', async () => {
    const said = await fetched(misnamed, trusting());
    assert.match(said, /^StoreUntrusted: .*certificate that 127\.0\.0\.1:\d+ shows is for another name/);
    assert.deepEqual(misnamed.asked, []);
  });
});
