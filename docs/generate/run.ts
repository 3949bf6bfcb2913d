/** `npm run docs`: writes the parts of pages that are made of the code. */
import { writeFile } from 'node:fs/promises';
import { generatedPages } from './pages.js';

for (const { path, text } of await generatedPages()) await writeFile(path, text);
