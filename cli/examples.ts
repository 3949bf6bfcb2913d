/** Lines that show how commands are used, at the end of their help and on the page of commands. */
import type { Command } from 'commander';

/** By the command's words. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  doctor: ['parcelwise doctor', 'parcelwise doctor --db-config ms/db_config.json --json'],
  serve: [
    'parcelwise serve --no-auth',
    'parcelwise serve --host 0.0.0.0 --tls-cert server.crt --tls-key server.key',
  ],
  'account add': ['parcelwise account add anna --aois ms', 'parcelwise account add boss --all'],
  'account token': ['parcelwise account token notebook --aois ms,nl --expires 2027-12-31'],
  'results show': ['parcelwise results show'],
  'results index': ['parcelwise results index', 'parcelwise results index ms.sigs_2024 ms.clear_2024'],
  'results cluster': ['parcelwise results cluster'],
  export: [
    'parcelwise export export/2024',
    'parcelwise export s3://results/2024 --card s2 --layout wide',
    'parcelwise export march --from 2024-03-01 --to 2024-03-31 --bands B04,B08 --format csv',
  ],
  audit: [
    'parcelwise audit --results ms.sigs_2024',
    'parcelwise audit --results ms.sigs_2024 --certificate sigs_2024 --key season.key --export export/2024',
  ],
  'certificate key': ['parcelwise certificate key season.key'],
  'certificate verify': [
    'parcelwise certificate verify sigs_2024.json --public-key season.key.pub',
    'parcelwise certificate verify sigs_2024.json --offline --export export/2024',
  ],
  completion: ['parcelwise completion bash > ~/.local/share/bash-completion/completions/parcelwise'],
};

/** Adds them to the help of those commands that are loaded. */
export function tellExamples(program: Command): void {
  for (const [words, lines] of Object.entries(EXAMPLES)) {
    const command = commandOf(program, words);
    const heading = lines.length === 1 ? 'Example' : 'Examples';
    command?.addHelpText('after', `\n${heading}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
}

/** Undefined where there is none of these words, or it is not loaded. */
export function commandOf(program: Command, words: string): Command | undefined {
  let command: Command | undefined = program;
  for (const word of words.split(' ')) command = command?.commands.find((one) => one.name() === word);
  return command;
}
