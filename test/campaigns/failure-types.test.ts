/** Nothing that the code throws goes without a word about what it means, and people read the same words. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FAILURE_TYPES, FAILURES, failureTypeOf, NOT_RETRYABLE } from '../../campaigns/failure-types.js';
import { ROOT } from '../architecture/import-graph.js';

/** Rooms whose errors may end a step. */
const BELOW_STEPS = [
  ...['activities', 'campaigns', 'cards', 'database', 'extraction', 'forecast', 'reading'],
  ...['layers', 'rasters', 'stac', 'store', 'zonal'],
];

/** Errors that never leave the room they arise in, or arise before there are steps. */
const NEVER_MET: Readonly<Record<string, string>> = {
  AbandonSession: 'ends a session early; what it wraps is thrown on',
  ExpressionMistake: 'becomes an IndexRefused',
  Damage: 'becomes a RasterError',
  Unsupported: 'becomes a RasterError',
  AddressNotAllowed: 'becomes an AddressRefused',
  Over: 'rolls a trial back',
  IndexNotBuilt: 'ends results index, which is no step',
  TableInUse: 'ends results cluster, which is no step',
  Reused: 'a request on a connection that was closed; it is sent again',
  ScratchUnusable: 'ends a worker before it starts',
};

/** Classes of errors, by the name that their instances bear. */
function errorNames(room: string): string[] {
  const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, room, file), 'utf8');
      return [
        ...source.matchAll(
          /^(?:export )?class (\w+) extends (\w*(?:Error|Failure))\b[^]*?^\}|^(?:export )?class (\w+) extends Error \{\}/gm,
        ),
      ].map(
        ([text, name, base, empty]) =>
          /override readonly name = '(\w+)'/.exec(text)?.[1] ?? (base === 'Error' ? name : (base ?? empty))!,
      );
    });
}

describe('the table of failures', () => {
  it('names every error that the rooms below the steps can throw', () => {
    const names = new Set(BELOW_STEPS.flatMap(errorNames));
    for (const known of ['ClaimLost', 'RasterError', 'DiskFull', 'StoreFailure', 'SetBackByOthers', 'Over'])
      assert.ok(names.has(known), `${known} is not found in the sources`);
    const named = new Set<string>(FAILURE_TYPES.flatMap((type) => FAILURES[type].errors));
    const unnamed = [...names].filter((name) => !named.has(name) && NEVER_MET[name] === undefined);
    assert.deepEqual(unnamed, [], 'say in campaigns/failure-types.ts what they mean');
    const gone = [...named, ...Object.keys(NEVER_MET)].filter((name) => !names.has(name));
    assert.deepEqual(gone, [], 'nothing throws them any more');
  });

  it('names an error once, and takes what it does not name for something that may pass', () => {
    const named = FAILURE_TYPES.flatMap((type) => FAILURES[type].errors);
    assert.equal(new Set(named).size, named.length);
    assert.equal(failureTypeOf('BadScene'), 'BadRaster');
    assert.equal(failureTypeOf('TypeError'), 'Transient');
  });

  it('lets nothing be retried that ends the scene, its claim or the campaign', () => {
    const final = FAILURE_TYPES.filter((type) =>
      ['mark', 'leave', 'restage', 'stop-campaign'].includes(FAILURES[type].consequence),
    );
    assert.deepEqual(
      final.filter((type) => !NOT_RETRYABLE.includes(type)),
      [],
    );
  });

  it('is what docs/architecture.md tells', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const section = page.split(/^## When something fails$/m)[1]!.split(/^## /m)[0]!;
    const told = [...section.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, type, follows]) => [
      type,
      follows,
    ]);
    assert.deepEqual(
      told,
      FAILURE_TYPES.map((type) => [type, FAILURES[type].follows]),
    );
  });
});
