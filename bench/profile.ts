/** Where a program spends its time: V8's samples of all its threads, by file and function. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface Spent {
  readonly where: string;
  readonly seconds: number;
  readonly share: number;
}

/**
 * The `most` places that take most time of their own; waiting is left out.
 * @param run runs the program by Node with the flags it is given.
 */
export async function profileOf(
  folder: string,
  run: (flags: readonly string[]) => Promise<unknown>,
  most: number,
): Promise<Spent[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(['--cpu-prof', `--cpu-prof-dir=${folder}`]);
  const seconds = new Map<string, number>();
  for (const name of readdirSync(folder)) {
    const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile;
    const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
    for (const [i, sample] of profile.samples.entries()) {
      const place = places.get(sample)!;
      if (place !== '(idle)')
        seconds.set(place, (seconds.get(place) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1e6);
    }
  }
  const all = [...seconds.values()].reduce((sum, one) => sum + one, 0);
  return [...seconds]
    .map(([where, spent]) => ({ where, seconds: spent, share: spent / all }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, most);
}

/** All functions of a WebAssembly module count as one: they have no names in it. */
function placeOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url.startsWith('wasm:')) return 'the kernel (WebAssembly)';
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url.includes('/dist/') ? `${url.replace(/^.*\/dist\//, '').replace(/\.js$/, '')}: ${name}` : name;
}
