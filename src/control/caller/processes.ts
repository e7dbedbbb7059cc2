/**
 * What can be seen of the machine's processes. Nothing here throws: what cannot be read (another user's process, one that has just
 * ended, a sandbox) is null or empty, and the evidence gets weaker for it.
 */
export interface ProcessTable {
  /** Null for the first process of the machine or container too. */
  parentOf(pid: number): number | null
  /** When it began, in whatever the system counts: equal texts for one pid are one process. */
  startTime(pid: number): string | null
  /** Its arguments, the program first; empty when unknown. */
  command(pid: number): readonly string[]
  /** The pid of its session's leader, which may have ended. */
  sessionLeader(pid: number): number | null
  /** Its controlling terminal, as people name it (`pts/2`). */
  terminal(pid: number): string | null
}
