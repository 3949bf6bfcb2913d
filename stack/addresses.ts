/** What the three servers are reached by, embedded ones and real ones alike. */

export interface DatabaseAddress {
  /** A connection URL with user and password. */
  readonly url: string;
}

export interface TemporalAddress {
  /** host:port of the frontend. */
  readonly address: string;
  /** The Web UI's URL, where there is one. */
  readonly uiAddress?: string | undefined;
}

export interface S3Address {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly bucket: string;
  /** The folder that is the bucket; only the embedded gateway has one. */
  readonly folder?: string | undefined;
}

export interface StackAddresses {
  readonly database: DatabaseAddress;
  readonly temporal: TemporalAddress;
  readonly s3: S3Address;
}
