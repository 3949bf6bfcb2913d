/** Looks at the object store: may we list the bucket? */
import { openStore } from '../../store/open.js';
import { readS3Config } from '../../store/s3-config.js';
import { advice, type Finding, look, ok } from './finding.js';

export function lookAtStore(file: string | undefined): Promise<Finding[]> {
  return look('object store', async () => {
    const config = readS3Config(file, process.env);
    const store = openStore(config);
    const where = `bucket ${config.bucket} at ${config.endpoint ?? 'AWS'}`;
    try {
      // The first page is enough: a real bucket has millions of objects.
      const first = await store.list('')[Symbol.asyncIterator]().next();
      return first.done === true
        ? advice('object store', `${where} is empty`, 'Check bucket and host in s3_config.json')
        : ok('object store', where);
    } finally {
      store.close();
    }
  });
}
