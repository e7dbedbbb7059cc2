import type { Millis } from '../brand.js'
import type { AuthorLog } from './log.js'

/** Stamps of one host may run ahead by as much as clocks commonly differ: what overlaps by less may be one place after the other. */
const CLOCKS_MS = 2_000

const goesOnBeside = (log: AuthorLog, other: AuthorLog, ms: Millis): boolean => {
  const [span, others] = [log.span, other.span]
  return span !== null && others !== null && span.last > others.first + ms && others.last >= span.first
}

/**
 * The epochs of one key that were written on at the same time, by what their stamps say: one home opens an epoch and leaves the one before for
 * ever, so two that both go on are two places (rules C4). Those that forked are left out: the new ones that their owners opened tell more.
 */
export const writtenInParallel = (epochs: readonly AuthorLog[]): AuthorLog[] =>
  epochs.filter(log => epochs.some(other => other !== log && (goesOnBeside(log, other, CLOCKS_MS) || goesOnBeside(other, log, CLOCKS_MS))))
