/** What a sync has found so far: carried through continue-as-new, returned at the end, shown to people. */
import type { SyncCursor, SyncOrder, SyncPage } from '../activities/sync-contract.js';
import { escapeMarkdown } from './markdown.js';

export interface SyncState {
  order: SyncOrder | null;
  /** The search under way, and where to read on in it. */
  search: number;
  cursor: SyncCursor | null;
  /** Items of the search under way. */
  received: number;
  matched: number | null;
  total: SyncReport;
}

/** `received` = entered + known + doubled + all that were refused. */
export interface SyncReport {
  source: string;
  pages: number;
  /** Items the source said there are, over all searches; null where it doesn't say. */
  matched: number | null;
  received: number;
  entered: number;
  known: number;
  doubled: number;
  refused: Record<string, number>;
  /** Some of the refused, with their reason. */
  examples: string[];
  /** Where the source gave fewer or more items than it said. */
  gaps: string[];
}

const EXAMPLES = 20;

export function newSync(): SyncState {
  const nothing = { pages: 0, matched: null, received: 0, entered: 0, known: 0, doubled: 0 };
  return {
    order: null,
    search: 0,
    cursor: null,
    received: 0,
    matched: null,
    total: { source: '', ...nothing, refused: {}, examples: [], gaps: [] },
  };
}

export function addPage(state: SyncState, page: SyncPage): void {
  const { total } = state;
  state.cursor = page.next;
  state.received += page.received;
  // The last word counts: scenes are published while the pages are read.
  state.matched = page.matched ?? state.matched;
  total.pages += 1;
  total.received += page.received;
  total.entered += page.entered;
  total.known += page.known;
  total.doubled += page.doubled;
  for (const [reason, count] of Object.entries(page.refused))
    total.refused[reason] = (total.refused[reason] ?? 0) + count;
  total.examples = [...total.examples, ...page.examples].slice(0, EXAMPLES);
}

/** Compares what a search gave with what the source said it has, and goes on to the next. */
export function endSearch(state: SyncState): void {
  const { total, matched, received } = state;
  if (matched !== null) {
    total.matched = (total.matched ?? 0) + matched;
    if (matched !== received)
      total.gaps.push(`search ${state.search + 1}: the source has ${matched} items and gave ${received}`);
  }
  state.search += 1;
  state.cursor = null;
  state.received = 0;
  state.matched = null;
}

/** In Markdown, for the Web UI. */
export function describeSync({ order, total, search }: SyncState): string {
  const searches = order?.searches.length ?? 0;
  return [
    `**${escapeMarkdown(total.source || 'preparing')}**: ${total.received} items read${total.matched === null ? '' : ` of ${total.matched}`}`,
    '',
    ...(searches > 1 ? [`- searches done: ${search} of ${searches}`] : []),
    `- entered: ${total.entered}`,
    `- known already: ${total.known}`,
    ...(total.doubled > 0 ? [`- told of more than once: ${total.doubled}`] : []),
    ...Object.entries(total.refused).map(
      ([reason, count]) => `- left out, ${escapeMarkdown(reason)}: ${count}`,
    ),
    ...total.gaps.map((gap) => `- gap: ${escapeMarkdown(gap)}`),
    ...(total.examples.length > 0 ? ['', '**Left out**', ''] : []),
    ...total.examples.map((example) => `- ${escapeMarkdown(example)}`),
  ].join('\n');
}
