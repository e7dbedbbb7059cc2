/** Seeds that once failed, each with the bug that it found. They run on every `npm test`, whatever the number of smoke seeds. */
export const KEPT_SEEDS: readonly (readonly [seed: number, bug: string])[] = [
  [2, "a host's own frames from before its admission were dropped at its next start, and with them answered writes"],
  [4, 'an act was sent before it was on disk'],
  [7, 'heads named frames that were not yet on disk'],
  [20, 'a link told of a new frame by another way than the one asked stayed unlevel until the next beat'],
  [134, 'frames on disk behind a filled hole counted only after a restart'],
  [145, 'a want answered with what had come by another link was followed by no status'],
  [331, "a leap to a snapshot's first part left a host with another document than those that held the frames before"]
]
