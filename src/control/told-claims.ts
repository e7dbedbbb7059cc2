import type { Host } from '../host/host.js'

/**
 * What a session was told of, as notes of this host: `told/SESSION CLAIM` for another's claim in another work tree (or of a name), with the
 * path behind it in the same work tree, where each file is news; with `~` and the own claim for a pair that is not worth a word; with `!` for an
 * own claim that lapsed.
 */
export const TOLD = 'told/'

/** Drops what was noted of claims that are released: they cross nothing again. */
export const forgetTold = (host: Host): void => {
  const stands = (id: string | undefined): boolean => {
    const entry = host.replica.view.find(id ?? '')
    const claim = entry.ok ? host.replica.view.claims.claim(entry.value.id) : null
    return claim !== null && claim.scope.length > 0
  }
  for (const key of [...host.replica.notes.keys()]) {
    if (!key.startsWith(TOLD)) continue
    const [, other, rest = ''] = key.split(' ')
    if (!stands(other) || (rest.startsWith('~') && !stands(rest.slice(1)))) host.runtime.note(key, null)
  }
}
