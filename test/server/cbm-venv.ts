/** JRC's Python client from PyPI. */
import { findPython, type PythonEnvironment } from '../python-environment.js';

const CLIENT = 'cbm==0.0.18';

/** The client asks setuptools for its version, by a module that later ones have given up. */
export function findCbmClient(): Promise<PythonEnvironment> {
  return findPython(CLIENT.replace('==', '-'), [CLIENT, 'setuptools<81']);
}
