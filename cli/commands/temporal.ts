/** `parcelwise temporal …`: Temporal's own command, found, downloaded or built as the demo does, for those who lack it. */
import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { reportTo } from '../../stack/stack.js';
import { findTemporal } from '../../stack/temporal.js';

export function addTemporal(program: Command): void {
  program
    .command('temporal')
    .argument('[words...]', 'what stands behind "temporal"')
    .description("run Temporal's own command, with the words and the settings that it takes")
    .addHelpText(
      'after',
      '\nExample: parcelwise temporal workflow list\nIts own help: parcelwise temporal help',
    )
    .passThroughOptions()
    .allowUnknownOption()
    .action(runTemporal);
}

/** Ends as the command does. */
async function runTemporal(words: string[]): Promise<void> {
  const binary = await findTemporal(reportTo(process.stderr));
  const child = spawn(binary, words, { stdio: 'inherit' });
  // Ctrl-C reaches the command too, and what it does about it is its own business.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
