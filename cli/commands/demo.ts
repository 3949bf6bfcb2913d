/** `parcelwise demo`: the whole job on a made-up season. */
import { type Command, InvalidArgumentError } from 'commander';
import { runDemo } from '../../demo/demo.js';
import { addConfigOptions, configFiles, type ConfigOptions } from '../config-options.js';
import { STACK_FOLDER } from '../stack-folder.js';
import { stopSignal } from '../signals.js';
import { INTERRUPTED } from '../../terminal/exit-codes.js';

interface DemoCommand extends ConfigOptions {
  readonly folder: string;
  readonly seed: number;
  readonly keep?: boolean;
}

/** Any will do; the same gives the same pixels. */
const SEED = 2024;

export function addDemo(program: Command): void {
  addConfigOptions(program.command('demo'))
    .description(
      'make a season of scenes and parcels, and run a campaign of each CARD type on it; ' +
        'PostgreSQL, Temporal and S3 are started for it, save those whose address is configured',
    )
    .option('--keep', 'leave servers and worker running at the end ("parcelwise down" stops them)')
    .option('--seed <number>', 'another season; the same number gives the same pixels', seed, SEED)
    .option('--folder <folder>', 'where all of it is kept', STACK_FOLDER)
    .action(async (options: DemoCommand) => {
      const signal = stopSignal();
      try {
        const account = await runDemo({
          ...configFiles(options),
          folder: options.folder,
          seed: options.seed,
          keep: options.keep === true,
          signal,
        });
        process.stdout.write(account);
      } catch (error) {
        if (!signal.aborted) throw error;
        // Scenes being painted in threads have no reason to be finished.
        process.exit(INTERRUPTED);
      }
    });
}

function seed(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It is a whole number from 0.');
  return value;
}
