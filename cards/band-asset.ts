/** What a STAC source says of a product's files: one asset a band. A sync keeps it as JSON, and reading takes it as it was kept. */

/** A number of pixels without data. What JSON has no number for stays a word, as STAC writes it. */
export type NoData = number | 'inf' | '-inf';

/** Where a band's pixels lie, and what its numbers mean where the item says so. */
export interface BandAsset {
  /** `s3://…` or `https://…`. */
  readonly href: string;
  /** The same file by https or s3, where it is offered beside `href` and wants no other login. */
  readonly https?: string;
  readonly s3?: string;
  readonly bytes?: number;
  /** value = DN * scale + offset. */
  readonly scale?: number;
  readonly offset?: number;
  /** The number of pixels without data, besides 0. */
  readonly noData?: NoData;
  /** Which band of the file it is, 1-based, where the file has several. */
  readonly rasterBand?: number;
  /** Whether the file's pixels have BOA_ADD_OFFSET taken in already, where the item speaks of that. */
  readonly offsetApplied?: boolean;
}

/** What a STAC source says of a scene's product. */
export interface ProductAssets {
  /** By the product's names of bands: `B04`, `SC`. */
  readonly bands: Readonly<Record<string, BandAsset>>;
  /** The processing baseline by the item, `05.10`; null where it doesn't say. */
  readonly baseline?: string | null | undefined;
}
