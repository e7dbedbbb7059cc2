/**
 * Seeds that fail when a bug that the simulator found comes back: each was tried against the code with that bug put back in. They run on
 * every `npm test`, whatever the number of smoke seeds.
 */
export const KEPT_SEEDS: readonly (readonly [seed: number, bug: string])[] = [
  [1, 'Yjs took another clientID for a document that was handed updates under its own, and refused all that followed'],
  [2, 'acts were sent before they were on disk'],
  [7, "a host's own frames from before its admission were dropped at its next start, and with them answered writes"],
  [18, 'what a fork proof took from view was published again only with the next write, and never after a restart'],
  [29, 'fork proofs were sent before they were on disk'],
  [67, 'a host with a hole in a log answered requests from below it with nothing, instead of the snapshot above it']
]
