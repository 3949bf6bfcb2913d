/** What each section found last, kept as files, so that a section measured anew takes its place among the others. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { SECTIONS, type SectionName } from './options.js';
import type { Finding } from './report.js';

export class Findings {
  constructor(private readonly folder: string) {}

  async keep(section: SectionName, finding: Finding): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(this.path(section), await format(JSON.stringify(finding), { parser: 'json' }));
  }

  of(section: SectionName): Finding | undefined {
    const path = this.path(section);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Finding) : undefined;
  }

  /** In the sections' order. */
  all(): Finding[] {
    return SECTIONS.map((section) => this.of(section)).filter((finding) => finding !== undefined);
  }

  private path(section: SectionName): string {
    return join(this.folder, `${section}.json`);
  }
}
