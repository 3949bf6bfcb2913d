/** What the section `sparse` aims at, and how its cases are told. */
import type { Bench } from '../bench.js';
import { type Cell, median, number, type Report } from '../report.js';
import type { Oracle } from './oracle.js';
import type { Taken } from './scenes-in-turn.js';
import { FREE_LANE } from './slow-store.js';

export interface Beside extends Taken {
  readonly oracle: Oracle;
  /** Seconds that decoding the oracle's tiles takes. */
  readonly decoding: number;
}

/** 1.15 of the slower of line and decoding, and half a second for all that is neither. */
function allowedSeconds({ bytes, decoding }: Beside): number {
  return 1.15 * Math.max(bytes / FREE_LANE.bytesASecond, decoding) + 0.5;
}

export const COLUMNS = [
  ...['', 'scenes', 'MB fetched', 'of whole objects', 'against the oracle', 'worst', 'requests'],
  ...['scene, wall s', 'line s', 'decoding s', 'against what is allowed', 'CPU s'],
];

/** Medians of scenes of one case. */
export function row(name: string, scenes: readonly Beside[]): Cell[] {
  const middle = (of: (one: Beside) => number): number => median(scenes.map(of));
  return [
    ...[name, scenes.length, number(middle(({ bytes }) => bytes / 1e6))],
    `${number(middle(({ bytes, oracle }) => (100 * bytes) / oracle.wholeBytes))} %`,
    ...[`${middle(ofOracle).toFixed(3)} x`, `${Math.max(...scenes.map(ofOracle)).toFixed(3)} x`],
    ...[middle(({ requests }) => requests), number(middle(({ wall }) => wall))],
    number(middle(({ bytes }) => bytes / FREE_LANE.bytesASecond)),
    number(middle(({ decoding }) => decoding)),
    `${number(middle(ofAllowed))} x`,
    number(middle(({ cpu }) => cpu)),
  ];
}

function ofOracle({ bytes, oracle }: Beside): number {
  return bytes / oracle.bytes;
}

function ofAllowed(one: Beside): number {
  return one.wall / allowedSeconds(one);
}

/** @param atMost of the oracle's bytes, at the worst place */
export function aim({ report }: Bench, name: string, scenes: readonly Beside[], atMost: number): void {
  report.target({
    what: `${name}: bytes against an oracle's, the worst scene`,
    unit: ' x',
    measured: Math.max(...scenes.map(ofOracle)),
    atMost,
  });
  report.target({
    what: `${name}: seconds against 1.15 of the slower of line and decoding and half a second`,
    unit: ' x',
    measured: median(scenes.map(ofAllowed)),
    atMost: 1,
  });
}

/** Medians, for the simulation of a season. */
export function keepFigures(report: Report, name: string, scenes: readonly Beside[]): void {
  const keep = (figure: string, of: (one: Beside) => number): void => {
    report.figure(`${name}.${figure}`, median(scenes.map(of)));
  };
  keep('requests', ({ requests }) => requests);
  keep('cpu', ({ cpu }) => cpu);
  keep('share', ({ oracle }) => oracle.decodingShare);
  keep('ofOracle', ofOracle);
}
