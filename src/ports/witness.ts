/**
 * What this machine remembers of a host's own log outside its home: the highest number of each of its epochs that is on disk. A home that
 * holds less than its witness was restored, copied or deleted (rules C7).
 *
 * It may be behind the store (a crash, a command that could not write it), never ahead: `note` is called only for what a commit has put on
 * disk. Where it cannot be kept, nothing else stops.
 */
export interface Witness {
  /** Highest number by epoch (24 hex digits). Empty where nothing is known. */
  read(): Promise<ReadonlyMap<string, number>>
  /** Returns at once; nobody waits for it. */
  note(epoch: string, seq: number): void
  /** Why nothing is kept, in words; null while it is. */
  readonly failure: string | null
  /** Waits for what is under way. */
  close(): Promise<void>
}
