/**
 * What parcelwise knows beyond CbM's tables: who extracts which scene, in which chunks, what is stored, and why a parcel
 * has no row. Foreign keys keep plan, ledger and gaps from ever contradicting one another.
 */
export const extractions = {
  id: 1,
  name: 'extractions',
  sql: `
CREATE TABLE parcelwise.extraction (
  results_table text NOT NULL,
  obsid integer NOT NULL,
  catalogue_table text NOT NULL,
  card text NOT NULL,
  bands text[] NOT NULL,
  campaign text NOT NULL,
  status text NOT NULL,
  reason text,
  owner_workflow text NOT NULL,
  owner_run text NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  accounts jsonb,
  facts jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (results_table, obsid)
);
CREATE INDEX extraction_held ON parcelwise.extraction (catalogue_table, obsid) WHERE status = 'inprogress';

CREATE TABLE parcelwise.plan (
  results_table text NOT NULL,
  obsid integer NOT NULL,
  chunk integer NOT NULL,
  first_pid integer NOT NULL,
  last_pid integer NOT NULL CHECK (last_pid >= first_pid),
  PRIMARY KEY (results_table, obsid, chunk),
  FOREIGN KEY (results_table, obsid) REFERENCES parcelwise.extraction ON DELETE CASCADE
);

CREATE TABLE parcelwise.ledger (
  results_table text NOT NULL,
  obsid integer NOT NULL,
  chunk integer NOT NULL,
  parcels integer NOT NULL,
  rows integer NOT NULL,
  hists integer NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (results_table, obsid, chunk),
  FOREIGN KEY (results_table, obsid, chunk) REFERENCES parcelwise.plan ON DELETE CASCADE
);

CREATE TABLE parcelwise.gap (
  results_table text NOT NULL,
  obsid integer NOT NULL,
  chunk integer NOT NULL,
  band text NOT NULL,
  reason text NOT NULL,
  pids integer[] NOT NULL,
  PRIMARY KEY (results_table, obsid, chunk, band, reason),
  FOREIGN KEY (results_table, obsid, chunk) REFERENCES parcelwise.ledger ON DELETE CASCADE
);

COMMENT ON TABLE parcelwise.extraction IS 'one scene turned into rows of one results table: who has it, and what came of it';
COMMENT ON TABLE parcelwise.plan IS 'the chunks of an extraction, ranges of ogc_fid fixed once';
COMMENT ON TABLE parcelwise.ledger IS 'the chunks whose rows are stored, written in the same transaction as the rows';
COMMENT ON TABLE parcelwise.gap IS 'parcels of a stored chunk without a row of a band, and why';`,
} as const;
