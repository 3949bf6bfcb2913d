/**
 * The command as a shell completes it: what may stand after which words, read off the command's own declarations.
 *
 * Terms. *Path*: the words that name a command, without the program's own. *Value*: what follows an option, or an argument.
 */
import { type Command, Help, type Option } from 'commander';

/** Files and folders are the shell's to complete; of text it knows nothing. */
export type Value =
  | { readonly kind: 'file' | 'folder' | 'text' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

export interface CompletedOption {
  /** `-h`, `--help`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined where it takes none. */
  readonly value: Value | undefined;
  /** The value may be left out. */
  readonly isOptional: boolean;
}

export interface CompletedCommand {
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What its arguments are; undefined where it takes none. */
  readonly argument: Value | undefined;
  readonly commands: readonly CompletedCommand[];
}

/** Names of values that are looked for on the disk. */
const FILES = new Set(['file', 'key', 'source', 'target']);
const FOLDERS = new Set(['folder']);

const help = new Help();

export function completedCommand(command: Command, path: readonly string[] = []): CompletedCommand {
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const { registeredArguments: args } = command;
  const values = args.map((one) => valueOf(one.name(), one.argChoices));
  return {
    path,
    description: described(command.summary() || command.description()),
    options: help.visibleOptions(command).map(completedOption),
    argument: values.find(({ kind }) => kind !== 'text') ?? values[0],
    commands: commands.map((one) => completedCommand(one, [...path, one.name()])),
  };
}

/** The command and all below it. */
export function allCommands(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function completedOption(option: Option): CompletedOption {
  const { short, long, description, required, optional, argChoices } = option;
  const [, name = ''] = /[<[]([^>\].]*)/.exec(option.flags) ?? [];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description: described(description),
    value: required || optional ? valueOf(name, argChoices) : undefined,
    isOptional: optional,
  };
}

function valueOf(name: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choice', choices };
  return { kind: FILES.has(name) ? 'file' : FOLDERS.has(name) ? 'folder' : 'text' };
}

/** Beside a list of names there is room for no more. */
const DESCRIPTION = 72;

function described(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  if (line.length <= DESCRIPTION) return line;
  return `${line.slice(0, line.lastIndexOf(' ', DESCRIPTION)).replace(/[,;:]$/, '')} …`;
}
