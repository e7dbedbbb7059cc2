import type { Host } from '../host/host.js'

const PREFIX = 'heard/'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What a session was told of one sort of thing, as a note of this host: a few words each, as `keepTold` last kept them. */
export const toldOf = (host: Host, session: string, sort: string): ReadonlySet<string> => {
  const value = parse(host.replica.notes.get(`${PREFIX}${sort}/${session}`) ?? '[]')
  return new Set(Array.isArray(value) ? value.map(String) : [])
}

/** Keeps just these: what is over is forgotten, and would be told again if it came back. */
export const keepTold = (host: Host, session: string, sort: string, told: Iterable<string>): void => {
  const words = [...told].sort()
  const key = `${PREFIX}${sort}/${session}`
  const text = words.length === 0 ? null : JSON.stringify(words)
  if (text !== (host.replica.notes.get(key) ?? null)) host.runtime.note(key, text)
}
