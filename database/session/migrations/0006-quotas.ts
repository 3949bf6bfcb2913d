/** How much of an object store's account is taken, by all workers together, and what campaigns limit it to. */
export const quotas = {
  id: 6,
  name: 'quotas',
  sql: `
CREATE TABLE parcelwise.quota (
  account text NOT NULL,
  unit text NOT NULL CHECK (unit IN ('bytes', 'requests')),
  free_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, unit)
);

CREATE TABLE parcelwise.quota_limit (
  account text NOT NULL,
  unit text NOT NULL,
  campaign text NOT NULL,
  per_second float8 NOT NULL CHECK (per_second > 0),
  stated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, unit, campaign),
  FOREIGN KEY (account, unit) REFERENCES parcelwise.quota ON DELETE CASCADE
);

COMMENT ON TABLE parcelwise.quota IS 'until when the bytes and requests of an account are spoken for, by leases that workers took one after the other';
COMMENT ON TABLE parcelwise.quota_limit IS 'what a campaign limits an account to; in force for half a minute after it was last stated, the smallest counts';`,
} as const;
