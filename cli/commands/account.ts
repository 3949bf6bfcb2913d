/** `parcelwise account`: who may ask `parcelwise serve`. */
import { stdin } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { enterToken, enterUser } from '../../server/accounts/enter.js';
import { UserError } from '../../terminal/user-error.js';
import { notice } from '../notice.js';

interface AccountCommand {
  readonly aois?: string[];
  readonly all?: true;
}

const LEAST_LETTERS = 8;

export function addAccount(program: Command): void {
  const account = program.command('account').description('make accounts and tokens for parcelwise serve');
  addAreas(account.command('add <name>'))
    .description(
      "enter an account with a password into CbM's users.json, or change one; the password is asked for, or read from standard input",
    )
    .option('--users <file>', 'the file of accounts', 'users.json')
    .action(async (name: string, options: AccountCommand & { readonly users: string }) => {
      await enterUser(options.users, { name, password: await askPassword(), aois: areasOf(options) });
      notice(`${name} stands in ${options.users}; a server that runs knows within seconds`);
    });
  addAreas(account.command('token <name>'))
    .description('make a bearer token for a program, tell it once, and keep its digest')
    .option('--tokens <file>', 'the file of tokens', 'tokens.json')
    .option('--expires <day>', 'the last day on which it is good, UTC', day)
    .action(
      (name: string, options: AccountCommand & { readonly tokens: string; readonly expires?: string }) => {
        const aois = areasOf(options);
        if (aois === undefined) throw new UserError('a token is for areas: say --aois ms,nl or --all');
        const { tokens, expires } = options;
        process.stdout.write(`${enterToken(tokens, { name, aois, expires })}\n`);
        notice(`it is not kept: only its digest stands in ${tokens}`);
      },
    );
}

function addAreas(command: Command): Command {
  return command
    .option(
      '--aois <names>',
      'areas of interest that may be seen with it, with commas: ms,nl',
      (names: string) =>
        names
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
    )
    .option('--all', 'all areas may be seen with it');
}

/** Undefined where nothing is said of them. */
function areasOf({ aois, all }: AccountCommand): string[] | undefined {
  return all === true ? ['admin'] : aois;
}

async function askPassword(): Promise<string> {
  const password = stdin.isTTY ? await askUnseen() : (await readAll(stdin)).replace(/\r?\n$/, '');
  if (password.length >= LEAST_LETTERS) return password;
  throw new UserError(`a password has ${LEAST_LETTERS} letters at least`);
}

/** What is typed is not shown. */
async function askUnseen(): Promise<string> {
  process.stderr.write('password: ');
  const unseen = new Writable({
    write: (_, __, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: stdin, output: unseen, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('It is a day such as 2027-12-31.');
}
