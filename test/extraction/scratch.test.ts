/** Scratch folders are shared by the processes of a host, each with a slot of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Scratch } from '../../extraction/scratch.js';
import { StagedScene } from '../../extraction/staged-scene.js';

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
    const module = new URL('../../extraction/scratch.js', import.meta.url).href;
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
});
