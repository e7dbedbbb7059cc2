import type { Host } from '../host/host.js'

const lastByHost = new WeakMap<Host, Map<string, Promise<unknown>>>()

/**
 * Runs work of one name on one host one after the other: what looks at the view, waits for the disk, and would otherwise be overtaken by
 * a call that saw the same (ten shells of one agent that claim one scope at once make one claim).
 */
export const oneAtATime = async <Value>(host: Host, name: string, work: () => Promise<Value>): Promise<Value> => {
  const last = lastByHost.get(host) ?? new Map<string, Promise<unknown>>()
  lastByHost.set(host, last)
  const before = last.get(name)
  const mine = before === undefined ? work() : before.then(work, work)
  last.set(name, mine)
  try {
    return await mine
  } finally {
    if (last.get(name) === mine) last.delete(name)
  }
}

/** The name under which the claims of one session change. */
export const claimsOf = (session: string): string => `claims/${session}`
