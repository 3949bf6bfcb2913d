/** The part of docs/commands.md that tells every command, made of what commander's own help says. */
import { type Command, Help, type Option } from 'commander';
import { EXAMPLES } from '../../cli/examples.js';
import { EXIT_CODES } from '../../terminal/exit-codes.js';
import { plainText, table } from './section.js';

/** Where a command's page or section is, for those that have one. */
const READ_ON: Readonly<Record<string, string>> = {
  'campaign run': '[campaigns](campaigns.md)',
  'campaign forecast': '[before a campaign](operations.md#before-a-campaign)',
  'catalogue sync': '[continuous mode](continuous.md)',
  'schedule create': '[continuous mode](continuous.md)',
  'parcels check': '[before a campaign](operations.md#before-a-campaign)',
  'results index': '[tables that answer fast](database.md#tables-that-answer-fast)',
  'results cluster': '[tables that answer fast](database.md#tables-that-answer-fast)',
  'scene forget': '[starting over](operations.md#starting-over)',
  'certificate verify': '[the certificate](certificate.md)',
  serve: '[serving results](serve.md)',
  audit: '[status words and claims](status-and-claims.md#the-proof)',
};
/** Options of so many commands are told once for all of them. */
const SHARED_BY = 3;
const SHARED_HEADING = 'Options of several commands';
const SHARED_ANCHOR = '#options-of-several-commands';

interface Told {
  readonly command: Command;
  /** Behind `parcelwise`. */
  readonly words: string;
}

const help = new Help();

/** Sections of all commands, the exit codes, and the options that many have. */
export function commandsPart(program: Command): string {
  const all = leavesOf(program);
  const shared = sharedOptions(all);
  return [
    table(
      ['command', 'what it does'],
      all.map(({ command, words }) => [
        `[\`parcelwise ${words}\`](#${`parcelwise ${words}`.replaceAll(' ', '-')})`,
        described(command, words),
      ]),
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
    ),
    `## ${SHARED_HEADING}`,
    optionsTable([...shared.values()]),
    ...all.map((told) => sectionOf(told, shared)),
  ].join('\n\n');
}

/** Commands that do something: not those that only have others below them, nor commander's own `help`. */
function leavesOf(command: Command, path: readonly string[] = []): Told[] {
  return help.visibleCommands(command).flatMap((child) => {
    if (child.name() === 'help') return [];
    const words = [...path, child.name()];
    return child.commands.length > 0 ? leavesOf(child, words) : [{ command: child, words: words.join(' ') }];
  });
}

function sharedOptions(all: readonly Told[]): Map<string, Option> {
  const options = all.flatMap(({ command }) => help.visibleOptions(command));
  const counts = new Map<string, number>();
  for (const option of options) counts.set(keyOf(option), (counts.get(keyOf(option)) ?? 0) + 1);
  return new Map(
    options
      .filter((option) => counts.get(keyOf(option))! >= SHARED_BY)
      .map((option) => [keyOf(option), option]),
  );
}

/** Options of one name may mean another thing to another command. */
function keyOf(option: Option): string {
  return `${option.flags}: ${help.optionDescription(option)}`;
}

function sectionOf({ command, words }: Told, shared: ReadonlyMap<string, Option>): string {
  const options = help.visibleOptions(command);
  const own = options.filter((option) => !shared.has(keyOf(option)));
  const others = options.filter((option) => shared.has(keyOf(option)));
  const args = help.visibleArguments(command);
  const also = others.map(({ long, flags }) => `\`${long ?? flags}\``).join(', ');
  return [
    `## parcelwise ${words}`,
    `${capitalised(described(command, words))}.`,
    `\`\`\`sh\n${help.commandUsage(command)}\n\`\`\``,
    ...(EXAMPLES[words] === undefined
      ? []
      : [`For example:\n\n\`\`\`sh\n${EXAMPLES[words].join('\n')}\n\`\`\``]),
    ...(args.length === 0
      ? []
      : [
          table(
            ['argument', 'meaning'],
            args.map((one) => [`\`${help.argumentTerm(one)}\``, plainText(help.argumentDescription(one))]),
          ),
        ]),
    ...(own.length === 0 ? [] : [optionsTable(own)]),
    ...(others.length === 0
      ? []
      : [`${own.length === 0 ? 'Options' : 'Also'}, [as told above](${SHARED_ANCHOR}): ${also}.`]),
  ].join('\n\n');
}

function described(command: Command, words: string): string {
  const more = READ_ON[words];
  return `${plainText(command.description())}${more === undefined ? '' : `; see ${more}`}`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function optionsTable(options: readonly Option[]): string {
  return table(
    ['option', 'meaning'],
    options.map((option) => [`\`${option.flags}\``, plainText(help.optionDescription(option))]),
  );
}
