/** The audit: the proof, from the database alone, that nothing is lost and nothing is there twice. */
export { audit } from './audit.js';
export type { Audit, AuditedTable, AuditOptions, SoundAudit } from './audit.js';
export type { AuditScope } from './expected.js';
export { FINDING_KINDS } from './findings.js';
export type { Finding, FindingKind, FindingsOfKind } from './findings.js';
