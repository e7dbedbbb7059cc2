/** The repository that all claims of the benchmarks are in. */
export const REPOSITORY = 'example.org/team/app'
const HALF_AN_HOUR = 30 * 60_000

/** A claim as an agent makes one: about 300 bytes of text once it is written. */
export const claimOf = (path, wall) => ({
  kind: 'claim',
  fields: { repo: REPOSITORY, scope: [path], mode: 'exclusive', reason: 'moves the session check into the middleware', until: wall + HALF_AN_HOUR }
})

/** The same for a peer that keeps plain values in a Yjs map. */
export const plainClaimOf = (path, wall) => ({ repo: REPOSITORY, scope: [path], mode: 'exclusive', reason: 'moves the session check into the middleware', until: wall + HALF_AN_HOUR, session: 'bench', stamp: wall })

/** Ten thousand different files of one code base, 25 to a folder. */
export const pathOf = index => `packages/module-${Math.floor(index / 250)}/src/part-${Math.floor(index / 25) % 10}/file-${index}.ts`
