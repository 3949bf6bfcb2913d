/**
 * What an audit needs to prove a results table from the database alone: which parcels each stored chunk was about, out of
 * which parcel set, by which selection, and where the histograms went. And extractions whose status stands here only,
 * because the catalogue's one status word serves another results table.
 */
export const proof = {
  id: 3,
  name: 'proof',
  sql: `
ALTER TABLE parcelwise.extraction
  ADD COLUMN status_in text NOT NULL DEFAULT 'catalogue' CHECK (status_in IN ('catalogue', 'parcelwise')),
  ADD COLUMN selection jsonb,
  ADD COLUMN hists_table text,
  ADD COLUMN class_band text;
CREATE UNIQUE INDEX extraction_hists ON parcelwise.extraction (hists_table, obsid);

ALTER TABLE parcelwise.ledger
  ADD COLUMN pids integer[],
  ADD COLUMN parcel_set text;

COMMENT ON COLUMN parcelwise.extraction.status_in IS 'whether the status word stands in the catalogue too, or in this table only';
COMMENT ON COLUMN parcelwise.extraction.hists_table IS 'where the histograms of class_band are; one extraction a scene and table, or readers would find each histogram twice';
COMMENT ON COLUMN parcelwise.ledger.pids IS 'parcels of the chunk, ascending: each has a row or a gap in every band';
COMMENT ON COLUMN parcelwise.ledger.parcel_set IS 'fingerprint of the parcels the chunk was extracted from';`,
} as const;
