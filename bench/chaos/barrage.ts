/** The series of faults: in a seeded order, each a short while after the one before, whether or not that is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { below, between, random } from '../../demo/season/random.js';
import { messages } from './campaigns.js';
import type { Blow, Fault, Stage, Target } from './fault.js';
import { FAULTS } from './faults.js';

/** A fault as it went. Times in seconds. */
export interface Struck {
  readonly name: string;
  /** Since the campaigns began. */
  readonly at: number;
  /** Scenes in hand at that moment. */
  readonly inHand: number;
  /** Other faults that were under way at that moment. */
  readonly besides: number;
  readonly lasted: number;
  /** From the fault's end until every scene that was in hand had got on; undefined where it never did. */
  readonly recovery: number | undefined;
}

export interface BarrageOptions {
  readonly faults: readonly Fault[];
  readonly seed: number;
  /** The pause before each fault, at least and at most. */
  readonly gapMs?: readonly [number, number];
  readonly say: (line: string) => void;
}

const GAP_MS = [2_000, 6_000] as const;
/** Nothing takes so long that recovers at all. */
export const RECOVERY_MS = 300_000;

export class Barrage {
  /** Ends with the last fault at each target. */
  private readonly held = new Map<Target, Promise<void>>();
  private readonly began = Date.now();
  private underWay = 0;

  constructor(
    private readonly stage: Stage,
    private readonly options: BarrageOptions,
  ) {}

  /** Strikes them all, and resolves once the run has recovered from each. */
  async run(): Promise<Struck[]> {
    const { faults, seed, gapMs = GAP_MS } = this.options;
    const next = random(seed, 'barrage');
    const struck: Promise<Struck>[] = [];
    for (const [i, fault] of faults.entries()) {
      await sleep(between(next, ...gapMs));
      // Numbers of its own, so that they don't depend on which fault comes to draw its own first.
      const blow = fault.aim(this.stage, random(seed, 'fault', i));
      await Promise.all(blow.at.map((target) => this.held.get(target) ?? Promise.resolve()));
      const going = this.strike(i + 1, fault.name, blow);
      struck.push(going);
      if (fault.alone === true) await going;
    }
    return await Promise.all(struck);
  }

  private async strike(number: number, name: string, { at, strike }: Blow): Promise<Struck> {
    const { watch, broken } = this.stage;
    const mark = watch.mark();
    const from = Date.now();
    const besides = this.underWay++;
    const blow = strike().catch((error: unknown) => {
      broken(`${name} (fault ${number}) could not be made, or not be ended: ${messages(error)}`);
    });
    for (const target of at) this.held.set(target, blow);
    await blow;
    this.underWay -= 1;
    const lasted = (Date.now() - from) / 1000;
    const recovered = await watch.recovery(mark, RECOVERY_MS);
    if (recovered === undefined)
      broken(`${name} (fault ${number}): scenes have not got on within ${RECOVERY_MS / 1000} s`);
    const recovery = recovered === undefined ? undefined : recovered / 1000;
    const struck = {
      name,
      at: (from - this.began) / 1000,
      inHand: mark.inHand.size,
      besides,
      lasted,
      recovery,
    };
    this.options.say(describe(number, struck));
    return struck;
  }
}

function describe(number: number, { name, at, inHand, besides, lasted, recovery }: Struck): string {
  const got = recovery === undefined ? 'NO RECOVERY' : `recovered after ${recovery.toFixed(1)} s`;
  const during = besides > 0 ? `, during ${besides} more` : '';
  return `${number}. at ${at.toFixed(0)} s, ${inHand} scenes in hand${during}: ${name}; lasted ${lasted.toFixed(1)} s, ${got}`;
}

/** So many faults in a random order in which each comes once before any comes again. */
export function deck(count: number, seed: number): Fault[] {
  const next = random(seed, 'deck');
  const faults: Fault[] = [];
  while (faults.length < count) {
    const rest = [...FAULTS];
    while (rest.length > 0) faults.push(...rest.splice(below(next, rest.length), 1));
  }
  return faults.slice(0, count);
}
