/** The codes of the CARD types there are, as in `dias_catalogue.card`: all that workflow code may know of them. */
export const CARD_CODES = ['s2', 'bs', 'c6'] as const;

export type KnownCard = (typeof CARD_CODES)[number];
