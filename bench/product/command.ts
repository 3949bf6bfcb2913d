/** The command `parcelwise` as a process of its own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finished, runMeasured } from '../child.js';
import type { Servers } from './servers.js';

/** By what, where and with which servers the command is run. */
export interface Setting {
  readonly servers: Servers;
  /** Holds db_config.json, s3_config.json, and scratch files. */
  readonly folder: string;
  /** The folder of another checkout, built, whose command takes the place of this one's. */
  readonly checkout?: string | undefined;
}

/** What Node runs. */
export function commandPath({ checkout }: Setting): string {
  if (checkout !== undefined) return join(checkout, 'dist', 'cli', 'main.js');
  return fileURLToPath(new URL('../../cli/main.js', import.meta.url));
}

/**
 * Runs the command to its end. `flags` are Node's.
 * @throws with what it said when it fails.
 */
export function runCommand(
  setting: Setting,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<Finished> {
  return runMeasured(process.execPath, [...flags, commandPath(setting), ...args], {
    cwd: setting.folder,
    env: environment(setting),
  });
}

/** Nothing of the person's own settings gets in. */
export function environment({ servers, folder }: Setting): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(PG[A-Z]+|DATABASE_URL|AWS_.*|TEMPORAL_.*|PARCELWISE_.*)$/.test(name),
  );
  return {
    ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])),
    TEMPORAL_ADDRESS: servers.temporal.address,
    PARCELWISE_SCRATCH: join(folder, 'scratch'),
  };
}
