/** A scene's steps as calls in this process, its scope, and its life in lines with the time since the beginning. */
import { asFailure } from '../activities/failures.js';
import { claim } from '../activities/claim.js';
import { copyChunk } from '../activities/copy-chunk.js';
import type { ClaimOutcome, MarkedScene, Staged } from '../activities/contract.js';
import type { HostDependencies } from '../activities/dependencies.js';
import { discard } from '../activities/discard.js';
import { extractAndCopyChunk } from '../activities/extract-and-copy-chunk.js';
import { inFolder } from '../activities/host/in-folder.js';
import { mark } from '../activities/mark.js';
import { plan } from '../activities/plan.js';
import { release } from '../activities/release.js';
import { renew } from '../activities/renew.js';
import { stage } from '../activities/stage.js';
import type { StepContext } from '../activities/step-context.js';
import { SUPERSEDED } from '../database/ledger/supersession.js';
import type { HostSteps, LifeBoard, SceneSteps, Surroundings } from '../workflows/scene-life.js';
import { duration } from '../terminal/duration.js';

/** The scope of one scene: stopped from outside, or by a lane that fails. */
export class ProcessScope implements Surroundings {
  readonly hasHosts = false;
  private signal: AbortSignal;

  constructor(private readonly stop: AbortSignal) {
    this.signal = stop;
  }

  /** What a step is given that begins now. */
  context(): StepContext {
    return { signal: this.signal, report: () => undefined };
  }

  isCancellation(): boolean {
    return this.stop.aborted;
  }

  async shielded<T>(work: () => Promise<T>): Promise<T> {
    this.signal = new AbortController().signal;
    return await work();
  }

  async sideBySide(count: number, lane: () => Promise<void>): Promise<void> {
    const scope = new AbortController();
    this.signal = AbortSignal.any([this.stop, scope.signal]);
    const lanes = Array.from({ length: count }, lane);
    try {
      await Promise.all(lanes);
    } catch (error) {
      scope.abort(error);
      await Promise.allSettled(lanes);
      throw error;
    } finally {
      this.signal = this.stop;
    }
  }
}

/** Who is told more of a step's answer than the life tells. */
interface Listener {
  staged(staged: Staged): void;
  marked(accounts: MarkedScene | null): void;
}

export function stepsHere(
  scope: ProcessScope,
  dependencies: HostDependencies,
  listener: Listener,
): SceneSteps {
  const host: HostSteps = {
    // Not on to the last row, so that each step is told with its time.
    planOrFinish: (task) => failing(() => inFolder(plan)(scope.context(), dependencies, task)),
    extractAndCopy: (task) =>
      failing(() => inFolder(extractAndCopyChunk)(scope.context(), dependencies, task)),
    copy: (task) => failing(() => inFolder(copyChunk)(scope.context(), dependencies, task)),
    discard: (task) => failing(() => inFolder(discard)(scope.context(), dependencies, task)),
  };
  return {
    claim: async (task) => asked(await failing(() => claim(scope.context(), dependencies, task))),
    renew: (task) => failing(() => renew(scope.context(), dependencies, task)),
    stage: async (task) => {
      const staged = await failing(() => inFolder(stage)(scope.context(), dependencies, task));
      listener.staged(staged);
      return staged;
    },
    on: () => host,
    mark: async (task, terminal) => {
      const accounts = await failing(() => mark(scope.context(), dependencies, task, terminal));
      listener.marked(accounts);
      return accounts;
    },
    release: (task) => failing(() => release(scope.context(), dependencies, task)),
  };
}

/** Who names a scene wants it, whichever other product is newer. */
function asked(claim: ClaimOutcome): ClaimOutcome {
  if (!claim.claimed || claim.terminal?.status !== SUPERSEDED) return claim;
  const { claimed, parcels, bands, clearBands, indices } = claim;
  return { claimed, parcels, bands, clearBands, indices };
}

/** The error of a step, as the life knows errors: by the table of failures. What it was is kept for who reads the command's end. */
async function failing<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const failure = asFailure(error);
    throw failure === error ? failure : Object.assign(failure, { cause: error });
  }
}

/** Tells each step with the time since the beginning. */
export class LinesBoard implements LifeBoard {
  private readonly began = Date.now();
  private chunks = 0;
  private stored = 0;

  constructor(private readonly write: (line: string) => void) {}

  tell(text: string): void {
    this.write(`${duration((Date.now() - this.began) / 1000).padStart(8)}  ${text}\n`);
  }

  planned({ parcels, cloudy, chunks, pending }: Parameters<LifeBoard['planned']>[0]): void {
    if (cloudy) this.tell(`${cloudy.parcels} of ${cloudy.of} parcels are cloudy, and left out`);
    this.chunks = chunks;
    this.stored = chunks - pending.length;
    this.tell(`planned ${parcels} parcels in ${chunks} chunks, ${pending.length} to do`);
  }

  chunkStored(): void {
    this.stored += 1;
    this.tell(`stored ${this.stored} of ${this.chunks} chunks`);
  }

  note(text: string): void {
    this.tell(text);
  }

  staging(): void {
    // Told by what is staged.
  }

  stagedOn(): void {
    // There is one host.
  }

  end(): void {
    // Told by how the command ends.
  }
}
