/** What each section found last, kept as files, so that a section measured anew takes its place among the others. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECTIONS, type SectionName } from './options.js';
import type { Finding } from './report.js';

export class Findings {
  constructor(private readonly folder: string) {}

  keep(section: SectionName, finding: Finding): void {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(this.path(section), JSON.stringify(finding));
  }

  /** In the sections' order. */
  all(): Finding[] {
    return SECTIONS.map((section) => this.path(section))
      .filter((path) => existsSync(path))
      .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Finding);
  }

  private path(section: SectionName): string {
    return join(this.folder, `${section}.json`);
  }
}
