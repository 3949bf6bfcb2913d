/** The house: which room may import which, and no circles. rooms.json is the table that eslint.config.js reads too. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { circlesOf, importsBelow, ROOT } from './import-graph.js';

const MAY_IMPORT = JSON.parse(readFileSync(join(ROOT, 'test/architecture/rooms.json'), 'utf8')) as Record<
  string,
  string[]
>;
const ROOMS = Object.keys(MAY_IMPORT);
/** They stand above the house: they may import everything, and nothing imports them. */
const ABOVE = ['bench', 'test'];
const NO_ROOMS = ['docs', 'node_modules', 'dist'];

const imports = ROOMS.flatMap(importsBelow);
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
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
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

  it('are entered by their index.ts from other rooms, where they have one that says so', () => {
    const inner = imports
      .filter(({ from, to }) => roomOf(from) !== roomOf(to) && CLOSED.includes(roomOf(to)))
      .filter(({ to }) => to !== `${roomOf(to)}/index.ts`)
      .map(({ from, line, to }) => `${from}:${line} reaches into ${to}`);
    assert.deepEqual(inner, []);
  });
});

/** Rooms whose index.ts only exports, and is the way in. */
const CLOSED = ['zonal', 'rasters', 'client'].filter((room) => existsSync(join(ROOT, room, 'index.ts')));
