/** Certificates of the tests' own, made by openssl: an authority nobody else knows, and servers that it vouches for. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** For `describe`: skips where there is no openssl, and says so. */
export const skipWithoutOpenssl = await run('openssl', ['version']).then(
  () => false as const,
  () => 'there is no openssl on PATH',
);

export interface ServerCertificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

export class TestAuthority {
  private constructor(private readonly folder: string) {}

  static async make(folder: string): Promise<TestAuthority> {
    const authority = new TestAuthority(folder);
    await authority.openssl(
      ...['req', '-x509', ...EC_KEY, '-days', '2', '-subj', '/CN=authority of parcelwise tests'],
      ...['-keyout', 'ca.key', '-out', 'ca.pem'],
    );
    return authority;
  }

  /** What NODE_EXTRA_CA_CERTS names. */
  get file(): string {
    return join(this.folder, 'ca.pem');
  }

  /** @param names as in subjectAltName: `IP:127.0.0.1`, `DNS:localhost`. */
  async certify(names: string, days = 2): Promise<ServerCertificate> {
    await writeFile(join(this.folder, 'names'), `subjectAltName=${names}\n`);
    await this.openssl('req', '-new', ...EC_KEY, '-subj', '/CN=server', '-keyout', 'key', '-out', 'request');
    await this.openssl(
      ...['x509', '-req', '-in', 'request', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', String(days), '-extfile', 'names', '-out', 'cert'],
    );
    const [key, cert] = await Promise.all(['key', 'cert'].map((name) => readFile(join(this.folder, name))));
    return { key: key!, cert: cert! };
  }

  private async openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.folder });
  }
}
