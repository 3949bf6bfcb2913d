/** `parcelwise doctor`: looks at all that a campaign needs, and says what to do about what is wrong. */
import type { Command } from 'commander';
import { readSettings } from '../../workers/settings.js';
import { addConfigOptions, configFiles, type ConfigOptions } from '../config-options.js';
import { lookAtDatabase } from '../doctor/database.js';
import { allWell, type Finding, look } from '../doctor/finding.js';
import { lookAtMemory, lookAtNode, lookAtScratch } from '../doctor/machine.js';
import { lookAtStore } from '../doctor/store.js';
import { lookAtTemporal } from '../doctor/temporal.js';

const MARKS: Readonly<Record<Finding['state'], string>> = {
  ok: 'ok',
  advice: 'note',
  fault: 'FAULT',
  skipped: '-',
};

export function addDoctor(program: Command): void {
  addConfigOptions(program.command('doctor'))
    .description(
      'look at Node, memory, disk, database, object store and Temporal; exit 0 when nothing is at fault (notes are no fault)',
    )
    .option('--json', 'print JSON, for programs')
    .action(async (options: ConfigOptions & { json?: boolean }) => {
      const files = configFiles(options);
      const findings = (
        await Promise.all([
          lookAtMachine(),
          lookAtDatabase(files.dbConfig),
          lookAtStore(files.s3Config),
          lookAtTemporal(files.dbConfig),
        ])
      ).flat();
      process.stdout.write(
        options.json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : describeFindings(findings),
      );
      if (!allWell(findings)) process.exitCode = 1;
    });
}

async function lookAtMachine(): Promise<Finding[]> {
  return [
    lookAtNode(),
    lookAtMemory(),
    ...(await look('scratch disk', () => lookAtScratch(readSettings(process.env)))),
  ];
}

/** A line each, and below it what to do about it. */
function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings
    .flatMap(({ what, state, found, remedy }) => [
      `${MARKS[state].padEnd(6)}${what.padEnd(width + 2)}${found}`,
      ...(remedy === undefined || remedy === '' ? [] : [`${' '.repeat(width + 8)}${remedy}`]),
    ])
    .map((line) => `${line}\n`)
    .join('');
}
