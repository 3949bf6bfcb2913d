/** Finds PostgreSQL's server programs with PostGIS on this machine, or installs Debian's. */
import { execFile } from 'node:child_process';
import { access, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from './report.js';
import { firstExecutable, pathFolders, run } from './tools.js';

const execFileAsync = promisify(execFile);

export interface PostgresBinaries {
  /** The folder of `postgres` and `initdb`. */
  readonly bin: string;
  readonly major: number;
}

/** Folders whose children are installations, each with its own `bin`: Debian, Red Hat, Homebrew, Postgres.app. */
const INSTALLATIONS = [
  '/usr/lib/postgresql',
  '/usr',
  '/opt/homebrew/opt',
  '/usr/local/opt',
  '/Applications/Postgres.app/Contents/Versions',
];

const REMEDY =
  'install it (Debian, Ubuntu: apt-get install postgresql-postgis; Fedora: dnf install postgresql-server postgis; ' +
  'macOS: brew install postgresql postgis) or set DATABASE_URL to a database of your own';

/**
 * The newest PostgreSQL with PostGIS, or the one of `major`, which an existing cluster needs. Installed by apt-get where
 * there is none and we may (root, or sudo without a password).
 * @throws with the remedy where there is none and none can be installed.
 */
export async function findPostgres(
  report: Report,
  major?: number,
  signal?: AbortSignal,
): Promise<PostgresBinaries> {
  const found = await installedPostgres(major);
  if (found !== undefined) return found;
  if (major !== undefined) {
    throw new Error(
      `the database was made by PostgreSQL ${major}, which is no longer here with PostGIS; install it again`,
    );
  }
  const sudo = await rootCommand();
  const apt = await firstExecutable('apt-get', pathFolders());
  if (sudo === undefined || apt === undefined)
    throw new Error(`no PostgreSQL with PostGIS on this machine: ${REMEDY}`);
  await installByApt(sudo, report, signal);
  const installed = await installedPostgres();
  if (installed === undefined) throw new Error(`apt-get installed no PostgreSQL with PostGIS: ${REMEDY}`);
  return installed;
}

async function installedPostgres(major?: number): Promise<PostgresBinaries | undefined> {
  const bins = [...(await installationFolders()), ...pathFolders()];
  const candidates = await Promise.all(bins.map(inspect));
  return candidates
    .filter((candidate) => candidate !== undefined)
    .filter((candidate) => major === undefined || candidate.major === major)
    .sort((a, b) => b.major - a.major)[0];
}

async function installationFolders(): Promise<string[]> {
  const listings = await Promise.all(
    INSTALLATIONS.map(async (parent) => {
      const children = await readdir(parent).catch(() => []);
      return children
        .filter((name) => /^(\d+|pgsql-\d+|postgresql(@\d+)?)$/.test(name))
        .map((name) => join(parent, name, 'bin'));
    }),
  );
  return listings.flat();
}

/** What lies in a folder of programs: undefined unless it is a PostgreSQL server with PostGIS. */
async function inspect(folder: string): Promise<PostgresBinaries | undefined> {
  const found = await firstExecutable('postgres', [folder]);
  if (found === undefined) return undefined;
  // A link on PATH leads to the folder that holds initdb and the rest.
  const bin = join(await realpath(found), '..');
  if ((await firstExecutable('initdb', [bin])) === undefined) return undefined;
  const { stdout } = await execFileAsync(join(bin, 'postgres'), ['--version']).catch(() => ({ stdout: '' }));
  const major = Number(/PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? NaN);
  const shares = [
    join(bin, '../share/postgresql'),
    join(bin, '../share'),
    '/usr/share/pgsql',
    `/usr/share/postgresql/${major}`,
  ];
  const { stdout: share } = await execFileAsync(join(bin, 'pg_config'), ['--sharedir']).catch(() => ({
    stdout: '',
  }));
  if (share !== '') shares.unshift(share.trim());
  for (const folderOfShare of shares) {
    const control = join(folderOfShare, 'extension', 'postgis.control');
    if (
      await access(control).then(
        () => true,
        () => false,
      )
    )
      return { bin, major };
  }
  return undefined;
}

/** What to put before a command that needs root: nothing as root, `sudo -n` where it asks for no password. */
async function rootCommand(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  return execFileAsync('sudo', ['-n', 'true']).then(
    () => ['sudo', '-n'],
    () => undefined,
  );
}

/**
 * Installs Debian's or Ubuntu's PostgreSQL and PostGIS. Their packages would create a system cluster and start it; a
 * drop-in of createcluster.conf, there for this moment only, keeps them from it.
 */
async function installByApt(sudo: readonly string[], report: Report, signal?: AbortSignal): Promise<void> {
  const root = async (...command: string[]): Promise<void> => {
    const [first = '', ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
    await run(first, rest, { signal });
  };
  report('installing PostgreSQL and PostGIS by apt-get (once, one or two minutes)');
  await root('apt-get', '-q', 'update');
  const { stdout } = await execFileAsync('apt-cache', [
    'search',
    '--names-only',
    '^postgresql-[0-9]+-postgis-3$',
  ]);
  const packages = [...stdout.matchAll(/^(postgresql-(\d+)-postgis-3) /gm)].sort(
    (a, b) => Number(b[2]) - Number(a[2]),
  );
  const chosen = packages[0]?.[1];
  if (chosen === undefined) throw new Error(`apt-get knows no package of PostGIS: ${REMEDY}`);

  const dropInFolder = '/etc/postgresql-common/createcluster.d';
  const dropIn = join(dropInFolder, 'parcelwise.conf');
  await root('sh', '-c', `mkdir -p ${dropInFolder} && echo 'create_main_cluster = false' > ${dropIn}`);
  try {
    await root(
      'apt-get',
      '-q',
      '-y',
      '--no-install-recommends',
      '-o',
      'DPkg::Lock::Timeout=120',
      'install',
      chosen,
    );
  } finally {
    await root('rm', '-f', dropIn);
  }
}
