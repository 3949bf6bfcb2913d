/** The pages that have a part made of the code, as they should be. */
import { readFile } from 'node:fs/promises';
import { fieldsOf } from '../../campaigns/fields.js';
import { campaignSchema } from '../../campaigns/options.js';
import { syncSchema } from '../../campaigns/sync-options.js';
import { CARD_TYPES } from '../../cards/card-types.js';
import { createProgram } from '../../cli/program.js';
import { commandsPart } from './commands-part.js';
import { fieldsTable } from './fields-table.js';
import { indicesTable } from './indices-table.js';
import { withPart } from './section.js';

interface Page {
  readonly path: URL;
  readonly text: string;
}

const PARTS = [
  { page: 'campaigns.md', name: 'options', make: () => fieldsTable(fieldsOf(campaignSchema())) },
  { page: 'continuous.md', name: 'options', make: () => fieldsTable(fieldsOf(syncSchema())) },
  { page: 'indices.md', name: 'indices', make: () => indicesTable(CARD_TYPES) },
  { page: 'commands.md', name: 'commands', make: async () => commandsPart(await createProgram()) },
];

export async function generatedPages(): Promise<Page[]> {
  return await Promise.all(
    PARTS.map(async ({ page, name, make }) => {
      const path = new URL(`../../../docs/${page}`, import.meta.url);
      return { path, text: await withPart(await readFile(path, 'utf8'), name, await make()) };
    }),
  );
}
