/** What the command says and how it ends when it is used wrongly, without any server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { commandOf, EXAMPLES } from '../../cli/examples.js';
import { createProgram } from '../../cli/program.js';
import { MAIN, parcelwise, type Run } from './command.js';

/** Nothing listens there. */
const NO_TEMPORAL = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
const SECRET = 'S3cret-of-the-test';

const CONFIG = {
  database: {
    connection: { host: '127.0.0.1', port: 1, dbname: 'cbm', dbuser: 'cbm', dbpasswd: SECRET },
    tables: { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs' },
    args: { name: 'roi', startdate: '2024-01-01', enddate: '2024-12-31' },
  },
};

describe('the command line', { concurrency: 2 }, () => {
  let folder: string;
  let config: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-cli-'));
    config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify(CONFIG));
  });
  after(() => rm(folder, { recursive: true }));

  function run(args: string, env: Record<string, string> = {}): Promise<Run> {
    const words = args.split(' ').map((word) => (word === 'CONFIG' ? config : word));
    return parcelwise(words, { cwd: folder, env });
  }

  /** Ends with the code and the message, and shows neither a stack nor the password. */
  async function fails(
    args: string,
    code: number,
    message: RegExp,
    env?: Record<string, string>,
  ): Promise<void> {
    const ran = await run(args, env);
    assert.match(ran.err, message);
    assert.equal(ran.code, code, ran.err);
    assert.doesNotMatch(ran.err, /\n\s+at /);
    assert.ok(!(ran.out + ran.err).includes(SECRET));
  }

  it('has examples of commands that are there, with options that they have', async () => {
    const program = await createProgram();
    for (const [words, lines] of Object.entries(EXAMPLES)) {
      const command = commandOf(program, words);
      assert.ok(command, words);
      for (const line of lines) {
        assert.ok(`${line} `.startsWith(`parcelwise ${words} `), line);
        const given = line.match(/ --[a-z-]+/g)?.map((one) => one.trim()) ?? [];
        for (const option of given)
          assert.ok(
            command.options.some(({ long }) => long === option),
            line,
          );
        const [target = ''] = line.slice(`parcelwise ${words} `.length).split(' ');
        const isRequired = command.registeredArguments.some(({ required }) => required);
        assert.ok(!isRequired || !/^(--.*)?$/.test(target), line);
      }
    }
    const help = await run('export --help');
    assert.match(help.out, /Examples:\n {2}parcelwise export export\/2024\n/);
    assert.match((await run('--help')).out, /Exit codes: 0 done/);
  });

  it('tells its version and its help on standard output, and exits 0', async () => {
    const version = await run('--version');
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
    const help = await run('campaign run --help');
    assert.deepEqual([help.code, help.err], [0, '']);
    assert.match(help.out, /--db-config <file>[\s\S]*--s3-config <file>/);
  });

  it('ends in silence where nobody reads its output to the end', async () => {
    const help = `"${process.execPath}" "${MAIN}" campaign run --help`;
    const script = `exec 3>&1; (sleep 0.2; ${help}; echo $? >&3) | true`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
    assert.equal(stdout, '141\n');
    assert.equal(stderr, '');
  });

  it('explains every command and every option', async () => {
    const commands = [await createProgram()];
    for (const command of commands) {
      commands.push(...command.commands);
      assert.notEqual(command.description(), '', command.name());
      for (const option of command.options) assert.notEqual(option.description, '', option.flags);
    }
    assert.ok(commands.length > 15);
  });

  it('lists commands that are not loaded beside the one that is, in one order', async () => {
    const names = (words?: string[]): Promise<string[]> =>
      createProgram(words).then(({ commands }) => commands.map((command) => command.name()));
    assert.deepEqual(await names(['--help']), await names());
    assert.deepEqual(await names(['campaign', 'run']), await names());
    for (const command of (await createProgram([])).commands)
      assert.deepEqual([command.commands.length, command.summary() === ''], [0, false]);
  });

  it('exits 2 for an unknown command, option, CARD type or number', async () => {
    await Promise.all([
      fails('bogus', 2, /unknown command 'bogus'/),
      fails('worker --bogus', 2, /unknown option '--bogus'/),
      fails('campaign run --card xx', 2, /Allowed choices are s2, bs, c6/),
      fails('campaign run --card s2 --concurrency 0', 2, /whole number from 1/),
      fails('campaign run --card s2 --bands ,', 2, /list with commas/),
      fails('demo --seed -1', 2, /whole number from 0/),
    ]);
  });

  it('exits 2 and names the file that is missing, not JSON, or lacks a key', async () => {
    await writeFile(join(folder, 'broken.json'), `{"database": {"connection": {"dbpasswd": "${SECRET}"`);
    await writeFile(join(folder, 'empty.json'), '{"database": {}}');
    await writeFile(join(folder, 'list.json'), '[]');
    await Promise.all([
      fails('init --db-config nowhere.json', 2, /nowhere\.json: there is no such file/),
      fails('init', 2, /there is no db_config\.json/),
      fails('init --db-config broken.json', 2, /broken\.json is not valid JSON/),
      fails('init --db-config empty.json', 2, /empty\.json: database\.tables/),
      fails('init --db-config list.json', 2, /list\.json: the file: /),
      fails('campaign run --card s2 --db-config CONFIG --s3-config nowhere.json', 2, /nowhere\.json/),
    ]);
  });

  it('exits 2 for a period that can not be', async () => {
    await fails('campaign start --card s2 --db-config CONFIG --start soon', 2, /period\.start/, NO_TEMPORAL);
  });

  it('exits 2 and names a variable that is no number', async () => {
    await fails('worker --db-config CONFIG', 2, /PARCELWISE_THREADS is "many"/, {
      PARCELWISE_THREADS: 'many',
    });
  });

  it('exits 1 and says where it looked for a server that does not answer', async () => {
    await fails('campaign status x', 1, /no Temporal server answers at 127\.0\.0\.1:1 \(/, NO_TEMPORAL);
    await fails('init --no-temporal --db-config CONFIG', 1, /PostgreSQL at 127\.0\.0\.1:1.*nothing listens/);
  });

  it('finds a fault in each server that does not answer, and says so for machines too', async () => {
    const env = { ...NO_TEMPORAL, PARCELWISE_BUCKET: 'b', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    const ran = await run('doctor --json --db-config CONFIG', env);
    assert.equal(ran.code, 1);
    const faults = (JSON.parse(ran.out) as { what: string; state: string }[]).filter(
      ({ state }) => state === 'fault',
    );
    assert.deepEqual(faults.map(({ what }) => what).sort(), ['Temporal', 'database', 'object store']);
  });

  it('has nothing to stop where nothing runs', async () => {
    const ran = await run('down --folder nothing');
    assert.deepEqual([ran.code, ran.out], [0, 'nothing runs here\n']);
  });
});
