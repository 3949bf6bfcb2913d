/** Completion for fish: a line an option and a command, each for the command that the words before it name. */
import { allCommands, type CompletedCommand, type CompletedOption, type Value } from './tree.js';

export function fishCompletion(program: CompletedCommand): string {
  const all = allCommands(program);
  const withValue = all.flatMap(({ path, options }) =>
    options
      .filter(({ value, isOptional }) => value !== undefined && !isOptional)
      .flatMap(({ flags }) => flags.map((flag) => `${keyOf(path)} ${flag}`)),
  );
  return `# Completion of parcelwise for fish, made by "parcelwise completion fish".
function __parcelwise_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l path ''
    set -l value no
    for word in $words
        if test $value = yes
            set value no
            continue
        end
        switch "$path $word"
            case ${all
              .slice(1)
              .map(({ path }) => quoted(keyOf(path)))
              .join(' ')}
                set path "$path $word"
            case ${withValue.map(quoted).join(' ')}
                set value yes
        end
    end
    test "$path" = "$argv[1]"
end

complete -c parcelwise -f
${all.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, options, argument, commands }: CompletedCommand): string[] {
  const start = `complete -c parcelwise -n ${quoted(`__parcelwise_at ${quoted(keyOf(path))}`)}`;
  return [
    ...commands.map(
      ({ path: own, description }) => `${start} -a ${own.at(-1) ?? ''} -d ${quoted(description)}`,
    ),
    ...options.map((option) => `${start} ${optionOf(option)}`),
    ...(argument === undefined || argument.kind === 'text' ? [] : [`${start} ${valueOf(argument)}`]),
  ];
}

function optionOf({ flags, description, value, isOptional }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const takes = value === undefined || isOptional ? [] : ['-r', valueOf(value)];
  return [...names, ...takes, '-d', quoted(description)].join(' ');
}

function valueOf(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return `-f -a ${quoted(value.choices.join(' '))}`;
    case 'file':
      return '-F';
    case 'folder':
      return `-f -a ${quoted('(__fish_complete_directories (commandline -ct))')}`;
    case 'text':
      return '-f';
  }
}

function keyOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('');
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
