/** The S3 gateway that PARCELWISE_TEST_S3 names: test/run.ts starts one. */

export interface Gateway {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** That of a bucket; its neighbours are buckets too. */
  readonly folder: string;
}

/** For `describe`: skips where there is none. */
export const skipWithoutStore = process.env.PARCELWISE_TEST_S3 ? false : 'no store';

/** Where there is one. */
export function gateway(): Gateway {
  return JSON.parse(process.env.PARCELWISE_TEST_S3!) as Gateway;
}
