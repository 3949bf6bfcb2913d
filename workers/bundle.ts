/** Where the build puts the bundled workflow code. */
import { fileURLToPath } from 'node:url';

export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
