/** Downloads that wait for their turn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LimitedStore } from '../../store/limited-store.js';
import type { ObjectStore } from '../../store/object-store.js';

/** Downloads end when the test says so. */
class Downloads {
  readonly underWay = new Map<string, { end: () => void; fail: (error: Error) => void }>();

  readonly store = {
    download: ({ key }: { key: string }) =>
      new Promise<void>((resolve, reject) => {
        const leave = (then: () => void): void => {
          this.underWay.delete(key);
          then();
        };
        this.underWay.set(key, {
          end: () => {
            leave(resolve);
          },
          fail: (error) => {
            leave(() => {
              reject(error);
            });
          },
        });
      }),
  } as unknown as ObjectStore;

  get keys(): string[] {
    return [...this.underWay.keys()];
  }
}

const object = (key: string): { key: string; bytes: number } => ({ key, bytes: 1 });

describe('LimitedStore', () => {
  it('brings so many objects at a time, first come, first served', async () => {
    const downloads = new Downloads();
    const store = new LimitedStore(downloads.store, 2);
    const all = ['a', 'b', 'c', 'd'].map((key) => store.download(object(key), key));
    await turn();
    assert.deepEqual(downloads.keys, ['a', 'b']);
    downloads.underWay.get('b')!.end();
    await all[1];
    await turn();
    assert.deepEqual(downloads.keys, ['a', 'c']);
    for (const key of ['a', 'c', 'd']) {
      downloads.underWay.get(key)!.end();
      await turn();
    }
    await Promise.all(all);
  });

  it('gives the turn of one that failed, or did not wait for it, to the next', async () => {
    const downloads = new Downloads();
    const store = new LimitedStore(downloads.store, 1);
    const leaving = new AbortController();
    const failed = store.download(object('a'), 'a');
    const left = store.download(object('b'), 'b', { signal: leaving.signal });
    const last = store.download(object('c'), 'c');
    await turn();
    leaving.abort(new Error('cancelled'));
    await assert.rejects(left, /cancelled/);
    downloads.underWay.get('a')!.fail(new Error('cut'));
    await assert.rejects(failed, /cut/);
    await turn();
    assert.deepEqual(downloads.keys, ['c']);
    downloads.underWay.get('c')!.end();
    await last;
    await assert.rejects(
      store.download(object('d'), 'd', { signal: AbortSignal.abort(new Error('too late')) }),
      /too late/,
    );
  });
});
