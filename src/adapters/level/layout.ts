/** What lies in a store's folder, beside the sentinel `store.json`. */
export const LAYOUT = {
  /** The LevelDB database: the truth. */
  database: 'frames',
  /** A database being copied from a damaged one; whole only when `frames` is no longer there. */
  rebuilt: 'frames.new',
  /** The last database that was found damaged, for whoever wants to look into it. */
  damaged: 'frames.damaged',
  tail: 'tail',
  lock: 'lock'
} as const
