import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Folders whose source a setting may be read in. */
const SOURCES = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|docs$)/.test(entry.name))
  .map(({ name }) => name);

const pages = ['README.md', ...filesBelow('docs', '.md')].map((path) => ({ path, text: read(path) }));
/** Pages that are linked to and from, but speak of other times and of more than the command. */
const others = ['CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('bench', '.md')].map((path) => ({
  path,
  text: read(path),
}));

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** As GitHub makes anchors of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** `Links` and their targets, without those in code. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```[^]*?^```/gm, '').replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

describe('the pages', () => {
  it('link to files and headings that exist', () => {
    const broken = [...pages, ...others].flatMap(({ path, text }) =>
      linksOf(text)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [file = '', anchor] = target.split('#');
          const page = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file));
          if (!existsSync(join(ROOT, page))) return true;
          return anchor !== undefined && !anchorsOf(read(page)).includes(anchor);
        })
        .map((target) => `${path}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('name commands and options that the command understands', async () => {
    const program = await createProgram();
    const unknown = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\bparcelwise ([a-z][^`"|\n]*)/g)]
        .map(([, words = '']) => words)
        .filter((words) => isCommandLine(program, words) && !understood(program, words))
        .map((words) => `${path}: parcelwise ${words}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('name every command there is in docs/commands.md', async () => {
    const page = read('docs/commands.md');
    const missing = leaves(await createProgram()).filter((name) => !page.includes(name));
    assert.deepEqual(missing, []);
  });

  it('name exactly the variables that the code reads', () => {
    const variables = (text: string): string[] => text.match(/\bPARCELWISE_[A-Z_]*[A-Z]\b/g) ?? [];
    const sources = SOURCES.flatMap((folder) => filesBelow(folder, '.ts')).filter(
      (path) => !path.includes('/docs/'),
    );
    const code = new Set(sources.flatMap((path) => variables(read(path))));
    const told = new Set(pages.flatMap(({ text }) => variables(text)));
    assert.deepEqual([...told].sort(), [...code].sort());
  });
});

/** Prose goes on after "parcelwise" too ("parcelwise turns scenes into …"): a command line names a command first. */
function isCommandLine(program: Command, words: string): boolean {
  const [first = ''] = words.split(/[\s\\,.;:)]/);
  return program.commands.some((command) => command.name() === first) || /--[a-z]/.test(words);
}

/** Follows the words down the tree of commands; every option must be one of the command they lead to. */
function understood(program: Command, words: string): boolean {
  let command = program;
  let deeper = true;
  for (const word of words.replace(/\s#.*$/, '').split(/\s+/)) {
    const next = deeper ? command.commands.find((candidate) => candidate.name() === word) : undefined;
    if (next) command = next;
    else if (deeper && command.commands.length > 0 && /^[a-z]/.test(word)) return false;
    else deeper = false;
    if (
      word.startsWith('--') &&
      !command.options.some(({ long }) => long === word.replace(/[=,.;)].*$/, ''))
    ) {
      return word === '--help';
    }
  }
  return true;
}

function leaves(command: Command, path = 'parcelwise'): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
    .flatMap((child) =>
      child.commands.length > 0 ? leaves(child, `${path} ${child.name()}`) : [`${path} ${child.name()}`],
    );
}
