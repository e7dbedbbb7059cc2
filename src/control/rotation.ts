import type { Host } from '../host/host.js'
import { ROTATION_NOTE } from '../host/rotation.js'
import type { Warning } from './envelope.js'

const WORDS = new Map([
  ['finished', 'a change of this host\'s key had been cut short after the mesh was told; it is finished: the host goes on with its new key'],
  ['taken back', 'a change of this host\'s key had been cut short before anybody was told; it is taken back: the host keeps its key (skein rotate-key begins anew)']
])

/** What a start made of a change of key that was cut short, in words; null: there was none, or it was told. */
export const rotationText = (host: Host): string | null => WORDS.get(host.replica.notes.get(ROTATION_NOTE) ?? '') ?? null

/** The same for the next who asks anything, once. */
export const rotationNotice = (host: Host): Warning[] => {
  const text = rotationText(host)
  if (text === null) return []
  host.runtime.note(ROTATION_NOTE, null)
  return [{ code: 'ROTATION_SETTLED', text, details: {} }]
}
