/** The connection of a call that holds: what is said before the answer, what the caller says meanwhile, and whether anybody still listens. */
export interface CallerLine {
  /** Aborted when nobody holds the other end any more (`gone`), or when the daemon ends (`stopping`). */
  readonly ended: AbortSignal
  /** Says something before the answer. */
  say(interim: Readonly<Record<string, unknown>>): void
  /** What the caller says from now on, a line at a time; what it said before, first. */
  onHeard(hear: (line: string) => void): void
}

export type LineEnd = 'gone' | 'stopping'

/** Why the line ended; null while it holds. */
export const lineEnd = ({ ended }: CallerLine): LineEnd | null => (ended.aborted ? (ended.reason === 'stopping' ? 'stopping' : 'gone') : null)
