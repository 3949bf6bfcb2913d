/** Completion for bash 3.2 and newer: a function that walks the words to the command and the option that is being written. */
import { allCommands, type CompletedCommand, type CompletedOption, type Value } from './tree.js';

/**
 * With `-o default` readline completes files where the function gives nothing; where nothing fits it is told not to, which the
 * bash of macOS can't be. In `--card=s2` the sign is a word of its own.
 */
export function bashCompletion(program: CompletedCommand): string {
  const all = allCommands(program);
  const values = all.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.value === undefined || option.isOptional ? [] : [{ path, option, value: option.value }],
    ),
  );
  const withValue = values.flatMap(({ path, option }) => keysOf(path, option));
  return `# Completion of parcelwise for bash, made by "parcelwise completion bash".
_parcelwise() {
    local cur=\${COMP_WORDS[COMP_CWORD]} path='' option='' words='' word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then continue; fi
        if [[ -n $option ]]; then
            option=''
            continue
        fi
        case "$path $word" in
            ${patterns(all.slice(1).map(({ path }) => keyOf(path)))}) path="$path $word" ;;
            ${patterns(withValue)}) option=$word ;;
        esac
    done
    if [[ $cur == '=' ]]; then cur=''; fi
    if [[ -n $option ]]; then
        case "$path $option" in
${casesOf(values.map(({ path, option, value }) => ({ keys: keysOf(path, option), value })))}
        esac
    elif [[ $cur == -* ]]; then
        case "$path" in
${all.map(({ path, options }) => `            '${keyOf(path)}') words='${options.flatMap(({ flags }) => flags).join(' ')}' ;;`).join('\n')}
        esac
    else
        case "$path" in
${all
  .filter(({ commands }) => commands.length > 0)
  .map(({ path, commands }) => `            '${keyOf(path)}') words='${commands.map(nameOf).join(' ')}' ;;`)
  .join('\n')}
${casesOf(all.flatMap(({ path, argument: value }) => (value === undefined ? [] : [{ keys: [keyOf(path)], value }])))}
            *) compopt +o default 2>/dev/null ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _parcelwise parcelwise
`;
}

/** As the function keeps it: a blank before each word. */
function keyOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('');
}

function keysOf(path: readonly string[], { flags }: CompletedOption): string[] {
  return flags.map((flag) => `${keyOf(path)} ${flag}`);
}

function patterns(keys: readonly string[]): string {
  return keys.map((key) => `'${key}'`).join(' | ');
}

function nameOf({ path }: CompletedCommand): string {
  return path.at(-1) ?? '';
}

/** What is done for each value, once for all that are alike. */
function casesOf(all: readonly { readonly keys: readonly string[]; readonly value: Value }[]): string {
  const alike = new Map<string, string[]>();
  for (const { keys, value } of all)
    alike.set(deedFor(value), [...(alike.get(deedFor(value)) ?? []), ...keys]);
  return [...alike].map(([deed, keys]) => `            ${patterns(keys)}) ${deed} ;;`).join('\n');
}

function deedFor(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return `words='${value.choices.join(' ')}'`;
    case 'file':
      return 'return';
    case 'folder':
      return 'compopt +o default -o dirnames 2>/dev/null; return';
    case 'text':
      return 'compopt +o default 2>/dev/null; return';
  }
}
