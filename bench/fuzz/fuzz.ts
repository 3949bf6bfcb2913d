/** Makes the inputs one by one, gives each to a subject, and counts what becomes of it. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneOf, random, type Random } from '../../demo/season/random.js';
import { PIXEL_RULES } from '../../zonal/index.js';
import { bloat, BLOATED, bloatBoxes } from './bloat.js';
import { damage, damageText } from './damage.js';
import { hostileExpression } from './hostile-expressions.js';
import { hostileOptions } from './hostile-options.js';
import { hostileWkb } from './hostile-wkb.js';
import { soundRasters, type SoundRaster } from './sound-rasters.js';
import { type Answer, type Attempt, Subject } from './subject.js';

/** What one input may take. A decoder may hold two copies of the largest block its limits allow. */
export const LIMITS = { seconds: 5, heapMegabytes: 512, residentMegabytes: 1536 };

/** Of ten inputs so many are geometries, expressions and options; the others are rasters. */
const [GEOMETRIES, EXPRESSIONS, OPTIONS] = [3, 1, 1];
/** Of rasters such a share has texts made long on purpose. */
const BLOATED_SHARE = 0.15;
const SUBJECTS = 2;
const OPTIONS_KIND = 'options';

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Folder where the files of findings are kept. */
  readonly keep?: string;
  readonly progress?: (done: number) => void;
}

export interface Finding {
  readonly input: number;
  readonly kind: string;
  readonly what: string;
}

export interface Tally {
  readonly kind: string;
  inputs: number;
  read: number;
  refused: number;
  findings: number;
  /** Seconds of CPU. */
  slowest: number;
  mostMegabytes: number;
}

interface Input {
  readonly kind: string;
  /** The raster's files, the one to open first, or the file of options; none for the others. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly attempt?: Attempt;
  /** CPU it may take; undefined for the limit of all. */
  readonly seconds?: number;
}

export async function fuzz(options: FuzzOptions): Promise<{ tallies: Tally[]; findings: Finding[] }> {
  const sound = await soundRasters();
  const folder = mkdtempSync(join(tmpdir(), 'parcelwise-fuzz-'));
  const tallies = new Map<string, Tally>();
  const findings: Finding[] = [];
  let next = 0;
  let done = 0;

  const lane = async (number: number): Promise<void> => {
    const own = join(folder, String(number));
    const subject = new Subject(LIMITS);
    try {
      while (next < options.inputs) {
        const index = next++;
        const input = inputOf(sound, random(options.seed, index));
        mkdirSync(own, { recursive: true });
        const paths = input.files.map(({ name, bytes }) => {
          writeFileSync(join(own, name), bytes);
          return join(own, name);
        });
        const attempt = input.attempt ?? { [input.kind === OPTIONS_KIND ? 'options' : 'path']: paths[0]! };
        const answer = await subject.try(attempt);
        const finding = count(tallies, input, answer);
        if (finding !== undefined) {
          findings.push({ input: index, kind: input.kind, what: finding });
          keep(options.keep, index, input, paths);
        }
        rmSync(own, { recursive: true });
        options.progress?.(++done);
      }
    } finally {
      await subject.end();
    }
  };
  try {
    await Promise.all(Array.from({ length: SUBJECTS }, (_, number) => lane(number)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  findings.sort((a, b) => a.input - b.input);
  return { tallies: [...tallies.values()].sort((a, b) => a.kind.localeCompare(b.kind)), findings };
}

function inputOf(sound: readonly SoundRaster[], next: Random): Input {
  const sort = 10 * next();
  if (sort < GEOMETRIES) {
    const pixels = oneOf(PIXEL_RULES, next);
    return { kind: `WKB, ${pixels}`, files: [], attempt: { wkb: hostileWkb(next), pixels } };
  }
  if (sort < GEOMETRIES + EXPRESSIONS)
    return { kind: 'expression', files: [], attempt: { expression: hostileExpression(next) } };
  if (sort < GEOMETRIES + EXPRESSIONS + OPTIONS)
    return { kind: OPTIONS_KIND, files: [{ name: 'db_config.json', bytes: hostileOptions(next) }] };
  const { kind, files } = oneOf(sound, next);
  if (next() < BLOATED_SHARE) {
    const bloated = files.map(({ name, bytes, text }) => {
      if (text) return { name, bytes: bloat(bytes, next) };
      return { name, bytes: name.endsWith('.jp2') ? bloatBoxes(bytes, next) : bytes };
    });
    return { kind, files: bloated, seconds: BLOATED.seconds };
  }
  // One of the files is damaged: mostly the first, for that is what is read most.
  const hit = files.length > 1 && next() < 0.4 ? 1 : 0;
  return {
    kind,
    files: files.map(({ name, bytes, text }, i) => {
      if (i !== hit) return { name, bytes };
      return { name, bytes: text ? damageText(bytes, next) : damage(bytes, next) };
    }),
  };
}

/** Counts an answer. @returns what is wrong with it, if anything. */
function count(
  tallies: Map<string, Tally>,
  { kind, seconds = LIMITS.seconds }: Input,
  answer: Answer,
): string | undefined {
  const zero = { kind, inputs: 0, read: 0, refused: 0, findings: 0, slowest: 0, mostMegabytes: 0 };
  const tally = tallies.get(kind) ?? zero;
  tallies.set(kind, tally);
  tally.inputs += 1;
  tally.slowest = Math.max(tally.slowest, answer.seconds);
  tally.mostMegabytes = Math.max(tally.mostMegabytes, answer.megabytes);
  const what =
    answer.outcome === 'fault'
      ? answer.message
      : answer.megabytes > LIMITS.residentMegabytes
        ? `took ${Math.round(answer.megabytes)} MB (${answer.message})`
        : answer.seconds > seconds
          ? `took ${answer.seconds.toFixed(1)} s (${answer.message})`
          : undefined;
  if (what !== undefined) tally.findings += 1;
  else if (answer.outcome === 'read') tally.read += 1;
  else tally.refused += 1;
  return what;
}

function keep(folder: string | undefined, index: number, input: Input, paths: readonly string[]): void {
  if (folder === undefined) return;
  const to = join(folder, String(index));
  mkdirSync(to, { recursive: true });
  paths.forEach((path, i) => {
    copyFileSync(path, join(to, input.files[i]!.name));
  });
  const { wkb, expression } = input.attempt ?? {};
  if (wkb !== undefined) writeFileSync(join(to, 'geometry.wkb'), wkb);
  if (expression !== undefined) writeFileSync(join(to, 'expression.txt'), expression);
}
