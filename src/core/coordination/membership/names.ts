import type { HostId, HostKey } from '../../brand.js'

interface Named {
  readonly key: HostKey
  readonly hostId: HostId
  readonly name: string
}

const withId = ({ name, hostId }: Named): string => `${name}-${hostId.slice(0, 8)}`
/** `Mac` and `mac` are one name to a person. */
const folded = (name: string): string => name.toLowerCase()

/**
 * What hosts are called where people read: the bare name where only one host has it, else all of them with their ids. A host that calls itself as another
 * would be called in full gets its own id behind that as well. One that is held back is always named with its id, and takes nobody's name away.
 */
export class DisplayNames {
  readonly #byKey = new Map<HostKey, string>()

  constructor(hosts: readonly Named[], heldBack: readonly Named[] = []) {
    // the keys of one host are one host
    const uses = new Map<string, Set<HostId>>()
    for (const { name, hostId } of hosts) uses.set(folded(name), (uses.get(folded(name)) ?? new Set()).add(hostId))
    const inFull = new Set(hosts.map(host => folded(withId(host))))
    for (const host of hosts) {
      const isAlone = uses.get(folded(host.name))?.size === 1 && !inFull.has(folded(host.name))
      this.#byKey.set(host.key, isAlone ? host.name : withId(host))
    }
    for (const host of heldBack) this.#byKey.set(host.key, withId(host))
  }

  /** `unknown-` and the first 8 digits of the key, where the roster has never heard of it. */
  of(key: HostKey): string {
    return this.#byKey.get(key) ?? `unknown-${key.slice(0, 8)}`
  }
}
