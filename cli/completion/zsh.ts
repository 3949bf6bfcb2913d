/** Completion for zsh: a function a command, each made of one `_arguments`. */
import { allCommands, type CompletedCommand, type CompletedOption, type Value } from './tree.js';

/** It works from a folder of `fpath`, as `_parcelwise`, and read by `source`. */
export function zshCompletion(program: CompletedCommand): string {
  return `#compdef parcelwise
# Completion of parcelwise for zsh, made by "parcelwise completion zsh".

${allCommands(program).map(functionOf).join('\n')}
if [[ $funcstack[1] == _parcelwise ]]; then
    _parcelwise "$@"
else
    compdef _parcelwise parcelwise
fi
`;
}

function functionOf(command: CompletedCommand): string {
  const { path, options, argument, commands } = command;
  const specs = options.map(optionSpec);
  if (commands.length === 0) {
    const all = [...specs, ...(argument === undefined ? [] : [quoted(`*:argument:${actionOf(argument)}`)])];
    return `${nameOf(path)}() {
    _arguments -S ${all.join(' ')}
}
`;
  }
  const described = commands.map((one) => quoted(`${one.path.at(-1) ?? ''}:${one.description}`));
  return `${nameOf(path)}() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -C ${specs.join(' ')} '1:command:->command' '*::argument:->argument'
    case $state in
        command)
            local -a commands
            commands=(${described.join(' ')})
            _describe command commands
            ;;
        argument)
            case $line[1] in
${commands.map(({ path: own }) => `                ${own.at(-1) ?? ''}) ${nameOf(own)} ;;`).join('\n')}
            esac
            ;;
    esac
}
`;
}

/** \`(-h --help)'{-h,--help}'[…]\`: who has written one is not offered the other. */
function optionSpec({ flags, description, value, isOptional }: CompletedOption): string {
  const told = `[${description.replaceAll(/[\\[\]]/g, '\\$&')}]`;
  const colon = isOptional ? '::' : ':';
  const action = value === undefined ? '' : `${colon}value:${actionOf(value)}`;
  const spec = (flag: string): string =>
    quoted(
      `(${flags.join(' ')})${flag}${value !== undefined && flag.startsWith('--') ? '=' : ''}${told}${action}`,
    );
  return flags.map(spec).join(' ');
}

function actionOf(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return `(${value.choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'text':
      return ' ';
  }
}

function nameOf(path: readonly string[]): string {
  return ['_parcelwise', ...path].join('__');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
