/** The completion scripts, in the shells that they are for. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CARD_TYPES } from '../../cards/card-types.js';
import { createProgram } from '../../cli/program.js';
import { allCommands, completedCommand } from '../../cli/completion/tree.js';
import { parcelwise } from './command.js';
import { missing, typeInto } from './interactive-shell.js';

const CARDS = CARD_TYPES.map(({ code }) => code).sort();
const TAB = '\t';
/** In place of the program: prints its words. */
const STUB = `parcelwise() { printf '<%s>' "$@"; echo; }`;

describe('completion', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-completion-'));
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, out, err } = await parcelwise(['completion', shell]);
      assert.deepEqual([code, err], [0, '']);
      await writeFile(join(folder, `completion.${shell}`), out);
    }
    await mkdir(join(folder, 'functions'));
    await copyFile(join(folder, 'completion.zsh'), join(folder, 'functions', '_parcelwise'));
    await mkdir(join(folder, 'exported'));
    await writeFile(join(folder, 'my key.pem'), '');
    await writeFile(join(folder, 'season.json'), '');
  });
  after(() => rm(folder, { recursive: true }));

  /** What of the answers the stub printed. */
  const printed = (answers: readonly string[]): string[] =>
    answers.map((answer) => (/^<.*>\r?$/m.exec(answer)?.[0] ?? answer).trim());

  const TYPED = [
    [
      `parcelwise campaign ru${TAB}--card b${TAB}--pixels fr${TAB}`,
      '<campaign><run><--card><bs><--pixels><fraction>',
    ],
    [`parcelwise campaign run --pixels=fr${TAB}`, '<campaign><run><--pixels=fraction>'],
    // A value that is called as a command is no command.
    [
      `parcelwise campaign start --name list --concurr${TAB} 7`,
      '<campaign><start><--name><list><--concurrency><7>',
    ],
    [
      `parcelwise certificate verify seas${TAB}--export expo${TAB}`,
      '<certificate><verify><season.json><--export><exported/>',
    ],
    [`parcelwise audit --key my${TAB}--certi${TAB} x`, '<audit><--key><my key.pem><--certificate><x>'],
    // A table is no file.
    [`parcelwise audit --results seas${TAB}`, '<audit><--results><seas>'],
    [`parcelwise completion z${TAB}`, '<completion><zsh>'],
  ] as const;
  const typed = TYPED.map(([line]) => line);
  const expected = TYPED.map(([, words]) => words);

  it(
    'in bash completes commands, options, choices, files and folders',
    { skip: missing('bash', 'script') },
    async () => {
      const begin = [STUB, 'source ./completion.bash'];
      const answers = await typeInto('bash --norc --noprofile -i', begin, typed, folder);
      assert.deepEqual(printed(answers), expected);
    },
  );

  for (const [how, begin] of [
    ['that is sourced', ['autoload -U compinit; compinit -u -D', 'source ./completion.zsh']],
    ['that is found by fpath', ['fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D']],
  ] as const)
    it(`in zsh does so by a file ${how}`, { skip: missing('zsh', 'script') }, async () => {
      const keys = `bindkey '^I' complete-word`;
      const answers = await typeInto('zsh -f -i', [...begin, STUB, keys], typed, folder);
      assert.deepEqual(
        printed(answers).map((words) => words.replace('exported>', 'exported/>')),
        expected,
      );
    });

  it('in fish does so, too', { skip: missing('fish') }, () => {
    const completed = (line: string): string[] => {
      const script = `source ./completion.fish; complete -C '${line}'`;
      const out = execFileSync('fish', ['--no-config', '-c', script], { cwd: folder, encoding: 'utf8' });
      return out
        .split('\n')
        .filter((one) => one !== '')
        .map((one) => one.split(TAB)[0]!);
    };
    assert.deepEqual(completed('parcelwise campaign ru'), ['run']);
    assert.deepEqual(completed('parcelwise campaign run --card '), CARDS);
    assert.deepEqual(completed('parcelwise campaign run --pixels=fr'), ['--pixels=fraction']);
    assert.deepEqual(completed('parcelwise campaign start --name list --concurr'), ['--concurrency']);
    assert.deepEqual(completed('parcelwise certificate verify seas'), ['season.json']);
    assert.deepEqual(completed('parcelwise audit --results seas'), []);
    assert.deepEqual(completed('parcelwise completion '), ['bash', 'fish', 'zsh']);
  });

  it(
    'in bash offers every command and every option where it may stand',
    { skip: missing('bash') },
    async () => {
      const all = allCommands(completedCommand(await createProgram()));
      assert.ok(all.length > 30);
      const asked = all.map(({ path }) => `ask ${path.join(' ')} ''; ask ${path.join(' ')} -`);
      const script = `source ./completion.bash
      ask() { COMP_WORDS=(parcelwise "$@"); COMP_CWORD=$#; _parcelwise; echo "\${COMPREPLY[*]}"; }
      ${asked.join('\n')}`;
      const out = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).split('\n');
      all.forEach(({ path, commands, options, argument }, i) => {
        const words =
          commands.length > 0
            ? commands.map((one) => one.path.at(-1))
            : argument?.kind === 'choice'
              ? argument.choices
              : [];
        assert.equal(out[2 * i], words.join(' '), path.join(' '));
        assert.equal(out[2 * i + 1], options.flatMap(({ flags }) => flags).join(' '), path.join(' '));
      });
    },
  );

  it('refuses shells that it knows nothing of', async () => {
    const { code, err } = await parcelwise(['completion', 'tcsh']);
    assert.equal(code, 2);
    assert.match(err, /Allowed choices are bash, zsh, fish/);
  });
});
