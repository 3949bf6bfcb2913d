/** Who may come onto a host's scratch disk, and who has to leave it. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScenesHere } from '../../activities/scenes-here.js';
import { Scratch } from '../../extraction/scratch.js';
import { StagedScene } from '../../extraction/staged-scene.js';
import { Admission } from '../../workers/admission.js';
import { sweep } from '../../workers/sweep.js';

const NEVER = new AbortController().signal;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {
  // Nothing is looked for in the log.
}

let root = '';
let scratch: Scratch;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'parcelwise-care-'));
  scratch = await Scratch.open(root);
});
afterEach(async () => {
  await scratch.close();
  await rm(root, { recursive: true });
});

async function stage(obsid: number, complete: boolean): Promise<string> {
  const staged = new StagedScene(scratch.sceneFolder('public.sigs', obsid));
  await staged.begin({ obsid, reference: `SCENE_${obsid}`, results: 'public.sigs', runId: `run-${obsid}` });
  if (complete) await staged.writeManifest({ bands: [], bytes: 1, facts: {} });
  return staged.folder;
}

describe('Admission', () => {
  const open = (stagedScenes: number, reserveBytes = 0, log: (message: string) => void = ignore): Admission =>
    new Admission(scratch, { stagedScenes, reserveBytes }, log);

  /** Whether a slot is to be had within a moment. */
  async function admits(admission: Admission): Promise<boolean> {
    const patience = new AbortController();
    const asked = admission.reserveSlot({}, patience.signal).then(
      () => true,
      () => false,
    );
    const late = sleep(400).then(() => {
      patience.abort(new Error('no patience'));
    });
    const admitted = await asked;
    await late;
    return admitted;
  }

  it('counts scenes that lie here and downloads under way, and each once', async () => {
    const admission = open(3);
    await stage(1, true);
    assert.ok(await admits(admission));
    // What is being downloaded has a folder already, but holds a slot.
    await stage(2, false);
    assert.ok(await admits(admission));
    assert.equal(await admits(admission), false);
    admission.releaseSlot();
    assert.ok(await admits(admission));
  });

  it('goes on as soon as a scene has left', async () => {
    const admission = open(1);
    const folder = await stage(1, true);
    const waiting = admission.reserveSlot({}, NEVER);
    await scratch.removeFolder(folder);
    await waiting;
  });

  it('is not blocked by what is left of a download', async () => {
    await stage(1, false);
    assert.ok(await admits(open(1)));
  });

  it('waits while the disk is full, and says so once', async () => {
    const told: string[] = [];
    assert.equal(await admits(open(1, Number.MAX_SAFE_INTEGER, (message) => told.push(message))), false);
    assert.deepEqual(told, [
      `scratch disk ${scratch.root} is full: no scene is admitted until there is room`,
    ]);
  });
});

describe('sweep', () => {
  it('removes what belongs to no scene that runs, and lets go of it first', async () => {
    await stage(1, true);
    await stage(2, true);
    await stage(3, false);
    const forgotten: string[] = [];
    const asked: unknown[] = [];
    const scenes = { forget: (folder: string) => Promise.resolve(void forgotten.push(basename(folder))) };
    const temporal = {
      hasSearchAttributes: () => Promise.resolve(false),
      isRunning: (owner: { workflowId: string; runId: string }) => {
        asked.push(owner);
        return Promise.resolve(owner.runId === 'run-1');
      },
    };
    await sweep({ scratch, temporal, scenes: scenes as unknown as ScenesHere }, quiet);
    const left = await readdir(join(scratch.sceneFolder('public.sigs', 1), '..'));
    assert.deepEqual(left, [basename(scratch.sceneFolder('public.sigs', 1))]);
    assert.equal(forgotten.length, 2);
    assert.deepEqual(asked[0], { workflowId: 'scene/public.sigs/1', runId: 'run-1' });
  });

  it('removes nothing while Temporal can not be asked', async () => {
    await stage(1, true);
    const temporal = {
      hasSearchAttributes: () => Promise.resolve(false),
      isRunning: () => Promise.reject(new Error('no server answers')),
    };
    const scenes = { forget: () => Promise.resolve() } as unknown as ScenesHere;
    await assert.rejects(sweep({ scratch, temporal, scenes }, quiet), /no server answers/);
    assert.equal((await scratch.stagedFolders()).length, 1);
  });
});
