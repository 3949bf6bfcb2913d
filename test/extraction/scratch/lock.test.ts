/** Locks hold between processes that share nothing but the disk, and are gone with their process. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tryLock } from '../../../extraction/scratch/lock.js';

const HOLDER = `
  const { tryLock } = await import(process.argv[1]);
  process.stdout.write((await tryLock(process.argv[2])) ? 'taken' : 'refused');
  setInterval(() => undefined, 1000);
`;

/** A program that runs another one without the network and the names of this process, as a container does. */
const APART = ['unshare', '--net', '--uts', '--ipc', '--pid', '--fork', '--kill-child'];

function canSetApart(): boolean {
  try {
    execFileSync(APART[0]!, [...APART.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('tryLock', () => {
  let folder = '';
  const children: ChildProcess[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-lock-'));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  async function holder(
    path: string,
    before: readonly string[] = [],
  ): Promise<{ child: ChildProcess; said: string }> {
    const module = new URL('../../../extraction/scratch/lock.js', import.meta.url).href;
    const [program, ...args] = [
      ...before,
      process.execPath,
      '--input-type=module',
      '-e',
      HOLDER,
      module,
      path,
    ];
    const child = spawn(program, args);
    children.push(child);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, said: said.toString() };
  }

  it('gives a lock once, in one process too, and again after its release', async () => {
    const path = join(folder, 'once.lock');
    const lock = await tryLock(path);
    assert.ok(lock);
    assert.equal(await tryLock(path), undefined);
    await lock.release();
    const again = await tryLock(path);
    assert.ok(again);
    await again.release();
    assert.ok(!(await readdir(folder)).includes('once.lock'), 'nothing is left behind');
  });

  it('keeps one that nobody refers to any more', async () => {
    const path = join(folder, 'kept.lock');
    await tryLock(path);
    for (let i = 0; i < 200; i++) Buffer.alloc(1 << 20);
    assert.equal(await tryLock(path), undefined);
  });

  it('is dropped with its process, however that ends', async () => {
    const path = join(folder, 'killed.lock');
    const { child, said } = await holder(path);
    assert.equal(said, 'taken');
    assert.equal(await tryLock(path), undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await tryLock(path);
    assert.ok(lock);
    await lock.release();
  });

  it(
    'holds between namespaces of network, processes and names',
    { skip: !canSetApart() && 'only root can set processes apart' },
    async () => {
      const path = join(folder, 'apart.lock');
      assert.equal((await holder(path, APART)).said, 'taken');
      assert.equal((await holder(path, APART)).said, 'refused');
      assert.equal(await tryLock(path), undefined);
    },
  );

  it('is of the file that stands under the name', async () => {
    const path = join(folder, 'replaced.lock');
    const old = await tryLock(path);
    await unlink(path);
    await writeFile(path, '');
    const lock = await tryLock(path);
    assert.ok(lock, 'the one of before is of a file that is gone');
    await lock.release();
    await old?.release();
  });
});
