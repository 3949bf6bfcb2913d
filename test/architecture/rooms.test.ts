/** The house: which room may import which, and no circles. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  ABOVE,
  circlesOf,
  type Import,
  importsBelow,
  MAY_IMPORT,
  readSource,
  ROOMS,
  ROOT,
  sourcesBelow,
} from './import-graph.js';

const NO_ROOMS = ['docs', 'api-docs', 'node_modules', 'dist'];

const imports = ROOMS.flatMap(importsBelow);
const everything = [...imports, ...ABOVE.flatMap(importsBelow)];
/** SQL stands in the first; the others make what is theirs: a private cluster's database, the made-up season's tables. */
const SQL_ROOMS = ['database', 'stack', 'demo'];
/** The beginning of a statement, in a text. */
const STATEMENT =
  /['`]\s*(?:SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|COPY|LOCK|ANALYZE|(?:CREATE|ALTER|DROP) [A-Z]+)\s/;
/** Every index.ts is the way into its folder; and the files that it exports from. */
const entries = new Map(
  ROOMS.flatMap(sourcesBelow)
    .filter((file) => file.endsWith('/index.ts'))
    .map((entry) => [entry, everything.filter(({ from }) => from === entry).map(({ to }) => to)]),
);
const roomOf = (file: string): string => file.split('/')[0]!;

describe('the rooms', () => {
  it('are all in the table', () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
    const known = [...ROOMS, ...ABOVE, ...NO_ROOMS];
    assert.deepEqual(
      folders.filter((name) => !known.includes(name)),
      [],
    );
  });

  it('import only rooms below them', () => {
    const upwards = imports
      .filter(
        ({ from, to }) => roomOf(to) !== roomOf(from) && !MAY_IMPORT[roomOf(from)]!.includes(roomOf(to)),
      )
      .map(
        ({ from, line, to }) =>
          `${from}:${line} imports ${to}: ${roomOf(from)}/ may not import ${roomOf(to)}/`,
      );
    assert.deepEqual(upwards, []);
  });

  it('have a table that leads down only', () => {
    const order = ROOMS.flatMap((room) => MAY_IMPORT[room]!.map((to) => ({ from: room, line: 0, to })));
    assert.deepEqual(circlesOf(order), []);
  });

  it('stand in the table of docs/architecture.md, each above all that it may import', () => {
    const page = readSource('docs/architecture.md');
    const table = page.split(/^## Folders$/m)[1]!.split(/^## /m)[0]!;
    const told = [...table.matchAll(/^\| `([a-z]+)\/` /gm)].map(([, room]) => room!);
    assert.deepEqual([...told].sort(), [...ROOMS].sort());
    const upwards = ROOMS.flatMap((room) =>
      MAY_IMPORT[room]!.filter((below) => told.indexOf(below) < told.indexOf(room)).map(
        (below) => `${room}/ may import ${below}/, which stands above it`,
      ),
    );
    assert.deepEqual(upwards, []);
  });

  it('have no two files that import each other in a circle, not even for types', () => {
    const circles = circlesOf(imports).map((circle) => circle.join(' -> '));
    assert.deepEqual(circles, []);
  });

  it('are entered by their index.ts where a folder of any depth has one', () => {
    const inner = everything
      .flatMap((one) => closedFolders(one).map((folder) => ({ ...one, folder })))
      .filter(({ from, to, folder }) => !mayReach(from, to, folder))
      .map(({ from, line, to, folder }) => `${from}:${line} reaches into ${to} past ${folder}/index.ts`);
    assert.deepEqual(inner, []);
  });

  it('leave SQL to database/, save what the stack and the demo make for themselves', () => {
    const others = ROOMS.filter((room) => !SQL_ROOMS.includes(room)).flatMap(sourcesBelow);
    assert.deepEqual(
      others.filter((file) => STATEMENT.test(readSource(file))),
      [],
    );
    assert.ok(sourcesBelow('database').some((file) => STATEMENT.test(readSource(file))));
  });

  it('have an index.ts that only exports', () => {
    const more = [...entries.keys()].filter((entry) => {
      const text = readSource(entry).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
      return text.replace(/export (type )?\{[^}]*\} from '[^']+';/g, '').trim() !== '';
    });
    assert.deepEqual(more, []);
  });
});

/** The folders with an entry that the imported file lies in and the importing one doesn't, the outermost first. */
function closedFolders({ from, to }: Import): string[] {
  return to
    .split('/')
    .slice(0, -1)
    .map((_, depth, names) => names.slice(0, depth + 1).join('/'))
    .filter((folder) => entries.has(`${folder}/index.ts`) && !from.startsWith(`${folder}/`));
}

/** Tests and benchmarks reach files that no entry offers; a room's own tests reach all of it. */
function mayReach(from: string, to: string, folder: string): boolean {
  const entry = `${folder}/index.ts`;
  if (to === entry || from.startsWith(`test/${roomOf(folder)}/`)) return true;
  return ABOVE.includes(roomOf(from)) && !entries.get(entry)!.includes(to);
}
