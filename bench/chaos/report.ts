/** The report of chaos runs, in Markdown. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { type ChaosResult, median } from './run.js';

/** True where every promise was kept. */
export function isFlawless({ comparisons, broken, leaks }: ChaosResult): boolean {
  const wrong = comparisons.some(
    ({ lost, surplus, doubled, stuck, misnamed }) => lost + surplus + doubled + stuck + misnamed > 0,
  );
  return !wrong && broken.length === 0 && leaks.length === 0;
}

export function report(results: readonly ChaosResult[]): string {
  return [
    '# Chaos',
    '',
    'Written by `npm run chaos`. Two workers, each on a scratch disk of its own, run three campaigns (one a CARD type) while',
    'faults are injected for real: signals, a proxy in front of PostgreSQL and one in front of the S3 gateway, `pg_ctl`, a',
    'Temporal dev server killed and started again on its database file, a filled disk. All rows are then compared with those',
    'of an undisturbed run, bit by bit. *Recovery* is the time from the end of a fault until every scene that was in hand',
    'when it struck has got on: another chunk stored, an end, or a new owner.',
    '',
    `Machine: ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB.`,
    '',
    ...results.flatMap(section),
  ].join('\n');
}

function section(result: ChaosResult): string[] {
  const { seed, faults, calm, comparisons, broken, leaks, looked, seconds } = result;
  const recoveries = faults.flatMap(({ recovery }) => recovery ?? []);
  const sum = (
    of: 'scenes' | 'rows' | 'hists' | 'lost' | 'surplus' | 'doubled' | 'stuck' | 'misnamed',
  ): number => comparisons.reduce((total, one) => total + one[of], 0);
  const misses = faults.length - recoveries.length;
  return [
    `## ${faults.length} faults, seed ${seed}`,
    '',
    table([
      ['', ''],
      ['scenes', number(sum('scenes'))],
      ['rows and histograms', number(sum('rows') + sum('hists'))],
      ['lost', number(sum('lost'))],
      ['doubled, or not to be there', number(sum('doubled') + sum('surplus'))],
      ['scenes stuck', number(sum('stuck'))],
      ['scenes with another status word than undisturbed', number(sum('misnamed'))],
      ['other promises broken', number(broken.length)],
      [
        `secrets found (${looked.histories} histories, ${looked.files} files, ${looked.titles} process titles)`,
        number(leaks.length),
      ],
      ['recovery, median', `${median(recoveries).toFixed(1)} s`],
      [
        'recovery, worst',
        `${Math.max(...recoveries).toFixed(1)} s${misses > 0 ? `; ${misses} without` : ''}`,
      ],
      [
        'the same measure without faults, median and worst',
        `${median(calm).toFixed(1)} s, ${Math.max(...calm).toFixed(1)} s`,
      ],
      ['the whole run', `${Math.round(seconds / 60)} min`],
    ]),
    '',
    ...broken.map((what) => `- broken: ${what}`),
    ...leaks.map((where) => `- secret in: ${where}`),
    ...(broken.length + leaks.length > 0 ? [''] : []),
    table([['fault', 'times', 'lasted, median', 'recovery, median', 'recovery, worst'], ...kinds(result)]),
    '',
    '<details><summary>each fault</summary>',
    '',
    table([
      ['', 'struck at', 'fault', 'scenes in hand', 'lasted', 'recovery'],
      ...faults.map(({ name, at, inHand, lasted, recovery }, i) => [
        number(i + 1),
        `${at.toFixed(0)} s`,
        name,
        number(inHand),
        `${lasted.toFixed(1)} s`,
        recovery === undefined ? 'none' : `${recovery.toFixed(1)} s`,
      ]),
    ]),
    '',
    '</details>',
    '',
  ];
}

function kinds({ faults }: ChaosResult): string[][] {
  const names = [...new Set(faults.map(({ name }) => name))].sort();
  return names.map((name) => {
    const ours = faults.filter((fault) => fault.name === name);
    const recoveries = ours.flatMap(({ recovery }) => recovery ?? []);
    const worst = recoveries.length < ours.length ? 'none' : `${Math.max(...recoveries).toFixed(1)} s`;
    return [
      name,
      number(ours.length),
      `${median(ours.map(({ lasted }) => lasted)).toFixed(1)} s`,
      `${median(recoveries).toFixed(1)} s`,
      worst,
    ];
  });
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en');
}
