/** Scratch folders are shared by the processes of a host, each with a slot of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FoldersInUse } from '../../../extraction/scratch/folders-in-use.js';
import { Scratch, ScratchUnusable } from '../../../extraction/scratch/scratch.js';
import { ScratchDamaged } from '../../../extraction/scratch/scratch-file.js';
import { StagedScene } from '../../../extraction/scratch/staged-scene.js';

/** Opens the folder it is given, says as which host, and stays. */
const OCCUPANT = `
  const { Scratch } = await import(process.argv[1]);
  const scratch = await Scratch.open(process.argv[2]);
  process.stdout.write(scratch.host);
  setInterval(() => undefined, 1000);
`;

describe('Scratch', () => {
  let root = '';
  const children: ChildProcess[] = [];
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'parcelwise-scratch-'));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(root, { recursive: true });
  });

  async function occupant(): Promise<{ child: ChildProcess; host: string }> {
    const module = new URL('../../../extraction/scratch/scratch.js', import.meta.url).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', OCCUPANT, module, root]);
    children.push(child);
    const [host] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, host: host.toString() };
  }

  it('gives two processes two slots, and a killed one its own again', async () => {
    const ours = await Scratch.open(root);
    const { child, host } = await occupant();
    assert.notEqual(host, ours.host);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal((await occupant()).host, host);
    await ours.close();
  });

  it('gives processes that start at once, after all were killed, a slot each', async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const child of children) if (child.signalCode === null) await once(child, 'exit');
    const started = await Promise.all(Array.from({ length: 6 }, occupant));
    assert.equal(new Set(started.map(({ host }) => host)).size, 6);
  });

  it('names the folder of an extraction in numbers only, whatever the table is called', async () => {
    const scratch = await Scratch.open(root);
    const folders = ['public.sigs', '"../../etc".sigs', 'public."Sigs"'].map((table) =>
      scratch.sceneFolder(table, 7),
    );
    assert.equal(new Set(folders).size, 3);
    for (const folder of folders)
      assert.match(folder.slice(root.length), /^\/slot-\d+\/scenes\/7-[0-9a-f]{8}$/);
    await scratch.close();
  });

  it('writes a scene complete or not at all', async () => {
    const staged = new StagedScene(join(root, 'scene'));
    await staged.begin({ obsid: 1, reference: 'A', results: 'sigs', runId: 'one' });
    assert.equal(await staged.readManifest(), undefined);
    await staged.writeManifest({ bands: [], bytes: 3, facts: {} });
    await writeFile(staged.path('plan.json.part'), '{"footpri');
    assert.equal(await staged.readPlan(), undefined);
    await staged.begin({ obsid: 1, reference: 'A', results: 'sigs', runId: 'two' });
    assert.equal(await staged.readManifest(), undefined, 'begun anew, it is not complete');
    assert.equal((await staged.readLabel())?.runId, 'two');
    assert.deepEqual((await readdir(staged.folder)).sort(), ['label.json', 'plan.json.part']);
  });

  it('keeps its name wherever its disk goes, and takes another where somebody else bears it', async () => {
    const one = await Scratch.open(join(root, 'disk'));
    const { host } = one;
    assert.match(host, /^[\w.-]+-[0-9a-f]{12}$/);
    await one.close();
    await rename(join(root, 'disk'), join(root, 'elsewhere'));
    const two = await Scratch.open(join(root, 'elsewhere'));
    assert.equal(two.host, host);
    const staged = new StagedScene(two.sceneFolder('public.sigs', 1));
    await staged.begin({ obsid: 1, reference: 'A', results: 'sigs', runId: 'one' });
    await two.rename();
    assert.notEqual(two.host, host);
    assert.deepEqual(await two.stagedFolders(), [], 'what lies here is a copy of the other one');
    const renamed = two.host;
    await two.close();
    const three = await Scratch.open(join(root, 'elsewhere'));
    assert.equal(three.host, renamed);
    await three.close();
  });

  it('sets aside what lies in the place of its own, names it, and starts', async () => {
    const place = join(root, 'odd');
    await mkdir(join(place, 'slot-0.lock'), { recursive: true });
    await mkdir(join(place, 'slot-1', 'disk.json'), { recursive: true });
    await writeFile(join(place, 'slot-1', 'scenes'), 'a file');
    await writeFile(join(place, 'coverages'), '');
    const told: string[] = [];
    const scratch = await Scratch.open(place, { warn: (line) => told.push(line) });
    assert.equal(basename(join(scratch.sceneFolder('a', 1), '../..')), 'slot-1', 'slot 0 can not be locked');
    assert.equal(told.length, 3);
    for (const [i, what] of ['scenes', 'coverages', 'disk.json'].entries())
      assert.match(told[i]!, new RegExp(`/${what} can't be used: .+ set aside as .+/set-aside/`));
    await writeFile(join(scratch.sceneFolder('a', 1), '..', 'notes.txt'), 'of somebody');
    await mkdir(join(scratch.sceneFolder('a', 1), '..', 'holiday'));
    assert.deepEqual(await scratch.stagedFolders(), []);
    await scratch.setStrangersAside();
    assert.equal(told.length, 5);
    assert.equal((await readdir(join(place, 'set-aside'))).length, 5);
    await scratch.close();
  });

  for (const [what, content] of [
    ['nothing', ''],
    ['no JSON', '{"host'],
    ['another thing', '[]'],
    ['a name of no good', '{"host":"../x"}'],
  ] as const)
    it(`takes a new name where its file holds ${what}`, async () => {
      const place = join(root, `named-${what.length}`);
      await (await Scratch.open(place)).close();
      await writeFile(join(place, 'slot-0', 'disk.json'), content);
      const scratch = await Scratch.open(place);
      assert.match(scratch.host, /-[0-9a-f]{12}$/);
      await scratch.close();
    });

  it('says in a sentence what keeps a folder from being used', async () => {
    await writeFile(join(root, 'file'), '');
    for (const path of ['file', 'file/below'])
      await assert.rejects(Scratch.open(join(root, path)), (error) => {
        assert.ok(error instanceof ScratchUnusable);
        assert.match(
          error.message,
          /can't be used as scratch folder: .+\. Give the worker another by --scratch/,
        );
        return true;
      });
  });
});

describe('a staged scene', () => {
  const label = { obsid: 1, reference: 'A', results: 'sigs', runId: 'one' };
  const band = { band: 'B04', name: 'B04', file: '0-a.tif', rasterBand: 1, classes: false };
  let root = '';
  let staged: StagedScene;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'parcelwise-staged-'));
    staged = new StagedScene(join(root, 'scene'));
  });
  after(() => rm(root, { recursive: true }));

  async function complete(): Promise<void> {
    await staged.begin(label);
    await writeFile(staged.path(band.file), 'pixels');
    await writeFile(staged.path('plan.json'), '{}');
    await staged.writeManifest({ bands: [band], bytes: 6, facts: {} });
  }

  it('is found again by the run that staged it, and by no other', async () => {
    await complete();
    assert.equal((await staged.staged(label))?.bytes, 6);
    for (const other of [{ obsid: 2 }, { reference: 'B' }, { results: 'sigs_2' }, { runId: 'two' }])
      assert.equal(await staged.staged({ ...label, ...other }), undefined);
  });

  it('is not found where an object is gone or empty, or it was said to be bad', async () => {
    await complete();
    await truncate(staged.path(band.file), 0);
    assert.equal(await staged.staged(label), undefined);
    await rm(staged.path(band.file));
    assert.equal(await staged.staged(label), undefined);
    await complete();
    await staged.distrust();
    assert.equal(await staged.staged(label), undefined);
    await staged.begin(label);
    assert.deepEqual(await readdir(staged.folder), ['label.json']);
  });

  it('counts for nothing after the machine was started anew', async () => {
    await complete();
    const before = JSON.stringify({ bands: [band], bytes: 6, facts: {}, boot: 'another' });
    await writeFile(staged.path('scene.json'), before);
    assert.equal(await staged.readManifest(), undefined);
    assert.equal(await staged.staged(label), undefined);
    await staged.begin(label);
    assert.ok((await readdir(staged.folder)).includes(band.file), 'a download goes on from what is there');
    await writeFile(staged.path('label.json'), JSON.stringify({ ...label, boot: 'another' }));
    await staged.begin(label);
    assert.deepEqual(await readdir(staged.folder), ['label.json'], 'and not from what may have been lost');
  });

  for (const [what, content] of [
    ...[
      ['empty', ''],
      ['cut short', '{"bands": ['],
      ['null', 'null'],
      ['a list', '[]'],
      ['a number', '7'],
    ],
    ...[['of other fields', '{"obsid":"1","bands":{},"footprint":[]}']],
    [
      'of a path beyond its folder',
      JSON.stringify({ bands: [{ ...band, file: '../x' }], bytes: 1, facts: {} }),
    ],
  ] as [string, string][])
    it(`is damaged, and says where, where its files are ${what}`, async () => {
      await complete();
      for (const file of ['label.json', 'scene.json', 'plan.json'])
        await writeFile(staged.path(file), content);
      const reads = {
        label: () => staged.readLabel(),
        scene: () => staged.readManifest(),
        plan: () => staged.readPlan(),
      };
      for (const [file, read] of Object.entries(reads))
        await assert.rejects(
          read(),
          (error) => error instanceof ScratchDamaged && error.message.startsWith(staged.path(`${file}.json`)),
        );
      assert.equal(await staged.staged(label), undefined);
      await staged.begin(label);
      assert.equal((await staged.readLabel())?.runId, 'one');
    });

  it('is damaged where a folder lies in the place of a file, and can be begun', async () => {
    await complete();
    for (const file of ['label.json', 'scene.json', 'plan.json']) {
      await rm(staged.path(file));
      await mkdir(staged.path(file));
    }
    await assert.rejects(staged.readLabel(), ScratchDamaged);
    await assert.rejects(staged.readManifest(), ScratchDamaged);
    await complete();
    assert.equal((await staged.staged(label))?.bytes, 6);
  });
});

describe('FoldersInUse', () => {
  it('tells who is at rest: nobody at work, nobody asked for within a minute', async () => {
    let now = 1_000_000;
    const inUse = new FoldersInUse(() => now);
    assert.equal(inUse.isAtRest('a'), false, 'what was there before has a moment to be asked for');
    now += 15_000;
    assert.equal(inUse.isAtRest('a'), true);
    await inUse.during('a', async () => {
      now += 3_600_000;
      assert.deepEqual([inUse.isBusy('a'), inUse.isAtRest('a')], [true, false]);
      await inUse.during('a', () => Promise.resolve());
      assert.equal(inUse.isBusy('a'), true);
    });
    assert.deepEqual([inUse.isBusy('a'), inUse.isAtRest('a')], [false, false]);
    now += 59_999;
    assert.equal(inUse.isAtRest('a'), false);
    now += 1;
    assert.equal(inUse.isAtRest('a'), true);
  });

  it('lets a step wait for a removal, and find nothing', async () => {
    const inUse = new FoldersInUse();
    const steps: string[] = [];
    let done = (): void => undefined;
    const removing = inUse.removing('a', () => new Promise((resolve) => (done = resolve)));
    const step = inUse.during('a', () => Promise.resolve(void steps.push('step')));
    steps.push('removed');
    done();
    await Promise.all([removing, step]);
    assert.deepEqual(steps, ['removed', 'step']);
  });
});
