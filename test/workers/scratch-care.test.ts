/** Who may come onto a host's scratch disk, and who has to leave it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { evictResting } from '../../activities/host/scratch-space.js';
import type { OpenScenes } from '../../activities/host/open-scenes.js';
import { Scratch } from '../../extraction/scratch/scratch.js';
import { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { Admission } from '../../workers/admission.js';
import { cleanScratch } from '../../workers/scratch-cleanup.js';

const NEVER = new AbortController().signal;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {
  // Nothing is looked for in the log.
}

const nothingOpen = { forget: () => Promise.resolve() };

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
    new Admission({ scratch, scenes: nothingOpen }, { stagedScenes, reserveBytes }, log);

  /** Whether a slot is to be had within a moment. */
  async function admits(admission: Admission): Promise<boolean> {
    const giveUp = new AbortController();
    const asked = admission.reserveSlot({}, giveUp.signal).then(
      () => true,
      () => false,
    );
    const late = sleep(400).then(() => {
      giveUp.abort(new Error('waited too long'));
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

describe('Admission of scenes that wait to be staged anew', () => {
  it('is not kept from them by their own folders', async (test) => {
    test.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    await scratch.close();
    scratch = await Scratch.open(root);
    for (const obsid of [1, 2, 3]) await stage(obsid, true);
    const admission = new Admission(
      { scratch, scenes: nothingOpen },
      { stagedScenes: 3, reserveBytes: 0 },
      ignore,
    );
    const giveUp = new AbortController();
    const refused = admission.reserveSlot({}, giveUp.signal);
    giveUp.abort(new Error('waited too long'));
    await assert.rejects(refused, /waited too long/);
    test.mock.timers.tick(15_000);
    await admission.reserveSlot({}, NEVER);
    assert.equal((await scratch.stagedFolders()).length, 3, 'they may be of use to those that come');
  });

  it('removes those at rest, the longest first, where the disk is full, and none that is at work', async (test) => {
    test.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const folders = await Promise.all([1, 2, 3].map((obsid) => stage(obsid, true)));
    await scratch.inUse.during(folders[0]!, () => Promise.resolve());
    test.mock.timers.tick(60_000);
    await scratch.inUse.during(folders[2]!, async () => {
      let asked = 0;
      const gone: string[] = [];
      const scenes = { forget: (folder: string) => Promise.resolve(void gone.push(folder)) };
      assert.equal(await evictResting({ scratch, scenes }, () => Promise.resolve(asked++ === 1)), true);
      assert.deepEqual(gone, [folders[1]]);
      assert.equal(await evictResting({ scratch, scenes }, () => Promise.resolve(false)), false);
      assert.deepEqual(gone, [folders[1], folders[0]]);
    });
    assert.deepEqual(await scratch.stagedFolders(), [folders[2]]);
  });
});

describe('cleanScratch', () => {
  it('sets aside what it can not read, names it, and goes on', async () => {
    const [empty, folder, odd, good] = await Promise.all([1, 2, 3, 4].map((obsid) => stage(obsid, true)));
    await writeFile(join(empty!, 'label.json'), '');
    await rm(join(folder!, 'label.json'));
    await mkdir(join(folder!, 'label.json'));
    await writeFile(join(odd!, 'label.json'), '{"obsid": null}');
    await writeFile(join(good!, '..', 'core.1234'), 'dumped');
    const told: string[] = [];
    await scratch.close();
    scratch = await Scratch.open(root, { warn: (line) => told.push(line) });
    const temporal = {
      stateOf: () => Promise.resolve('running' as const),
    };
    await cleanScratch({ scratch, temporal, scenes: nothingOpen }, quiet);
    assert.deepEqual(await scratch.stagedFolders(), [good]);
    assert.equal(told.length, 4);
    for (const path of [empty, folder, odd])
      assert.ok(told.some((line) => line.startsWith(`${join(path!, 'label.json')} can't be used: `)));
    assert.equal((await readdir(join(root, 'set-aside'))).length, 4);
  });

  it('leaves a scene alone that a step works on, label or not', async () => {
    const folder = await stage(1, false);
    await rm(join(folder, 'label.json'));
    const temporal = {
      stateOf: () => Promise.resolve('closed' as const),
    };
    await scratch.inUse.during(folder, () => cleanScratch({ scratch, temporal, scenes: nothingOpen }, quiet));
    assert.deepEqual(await scratch.stagedFolders(), [folder]);
    await cleanScratch({ scratch, temporal, scenes: nothingOpen }, quiet);
    assert.deepEqual(await scratch.stagedFolders(), []);
  });

  it('gives back the memory of a scene at rest whose workflow goes on elsewhere', async (test) => {
    test.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const folder = await stage(1, true);
    await scratch.inUse.during(folder, () => Promise.resolve());
    const gone: string[] = [];
    const scenes = { forget: (path: string) => Promise.resolve(void gone.push(path)) };
    const temporal = {
      stateOf: () => Promise.resolve('running' as const),
    };
    await cleanScratch({ scratch, temporal, scenes }, quiet);
    assert.deepEqual(gone, []);
    test.mock.timers.tick(60_000);
    await cleanScratch({ scratch, temporal, scenes }, quiet);
    assert.deepEqual(gone, [folder]);
    assert.deepEqual(await scratch.stagedFolders(), [folder]);
  });

  it('removes what belongs to no scene that runs, and lets go of it first', async () => {
    await stage(1, true);
    await stage(2, true);
    await stage(3, false);
    const forgotten: string[] = [];
    const asked: unknown[] = [];
    const scenes = { forget: (folder: string) => Promise.resolve(void forgotten.push(basename(folder))) };
    const temporal = {
      stateOf: (owner: { workflowId: string; runId: string }) => {
        asked.push(owner);
        return Promise.resolve(owner.runId === 'run-1' ? ('running' as const) : ('unknown' as const));
      },
    };
    await cleanScratch({ scratch, temporal, scenes: scenes }, quiet);
    const left = await readdir(join(scratch.sceneFolder('public.sigs', 1), '..'));
    assert.deepEqual(left, [basename(scratch.sceneFolder('public.sigs', 1))]);
    assert.equal(forgotten.length, 2);
    assert.deepEqual(asked[0], { workflowId: 'scene/public.sigs/1', runId: 'run-1' });
  });

  it('removes nothing while Temporal can not be asked', async () => {
    await stage(1, true);
    const temporal = {
      stateOf: () => Promise.reject(new Error('no server answers')),
    };
    const scenes = { forget: () => Promise.resolve() } as unknown as OpenScenes;
    await assert.rejects(cleanScratch({ scratch, temporal, scenes }, quiet), /no server answers/);
    assert.equal((await scratch.stagedFolders()).length, 1);
  });
});
