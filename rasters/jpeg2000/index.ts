/** JPEG 2000: JP2 files and bare codestreams, decoded by a kernel of our own. */
export { openJpeg2000 } from './open.js';
