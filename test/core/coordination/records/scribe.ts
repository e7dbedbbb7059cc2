import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { AuthorId, HostId, HostKey, MeshId, RecordId, SessionName } from '../../../../src/core/brand.js'
import { formRecord, recordIdOf, type RecordFields } from '../../../../src/core/coordination/records/record.js'
import { View, type ViewMember } from '../../../../src/core/coordination/view.js'
import { hostIdOf } from '../../../../src/core/domain.js'

export const MESH = 'ab'.repeat(32) as MeshId
/** 2026-11-20T14:00:00Z, as mesh time. */
export const NOON = 1_795_183_200_000
export const MINUTE = 60_000

export interface Written {
  readonly id: RecordId
  readonly text: string
  readonly hostKey: HostKey
  readonly author: AuthorId
}

/** A host that writes records with its own clock; what it writes is handed to views by the test. */
export class Scribe {
  readonly name: string
  readonly hostKey: HostKey
  readonly host: HostId
  readonly author: AuthorId

  constructor(name: string, key: number, readonly offset = 0) {
    this.name = name
    this.hostKey = key.toString(16).padStart(2, '0').repeat(32) as HostKey
    this.host = hostIdOf(nodeCrypto, this.hostKey)
    this.author = this.epoch(1)
  }

  epoch(counter: number): AuthorId {
    return `${this.hostKey}/${counter.toString(16).padStart(8, '0')}${'7'.repeat(16)}` as AuthorId
  }

  /** `at` is mesh time. */
  write(kind: string, fields: RecordFields, at: number, session = 'claude-1', count = 0): Written {
    const formed = formRecord({ kind, session: session as SessionName, stamp: [at + this.offset, count], offset: this.offset, fields })
    if (!formed.ok) throw new Error(formed.failure.message)
    return this.sign(formed.value)
  }

  sign(text: string): Written {
    return { id: recordIdOf(nodeCrypto, MESH, this.hostKey, text), text, hostKey: this.hostKey, author: this.author }
  }

  claim(scope: readonly string[], at: number, more: RecordFields = {}, session = 'claude-1'): Written {
    return this.write('claim', { repo: 'app', scope, mode: 'exclusive', until: at + 30 * MINUTE, turn: [Math.floor(at / MINUTE), 0], ...more }, at, session)
  }

  member(role = 'worker', state = 'member'): readonly [HostKey, ViewMember] {
    return [this.hostKey, { hostId: this.host, name: this.name, role, state }]
  }
}

export const viewOf = (scribes: readonly Scribe[], written: readonly Written[] = []): View => {
  const view = new View({ crypto: nodeCrypto, mesh: MESH })
  view.setRoster(new Map(scribes.map(scribe => scribe.member())))
  give(view, written)
  return view
}

export const give = (view: View, written: readonly Written[]): void => {
  for (const { author, hostKey, id, text } of written) view.changeAuthor(author, hostKey, { set: [[id, text]], removed: [] })
}

export const entryIn = (view: View, { id }: Written) => {
  const entry = view.record(id)
  if (entry === null) throw new Error(`the view holds no ${id}`)
  return entry
}

export const claimIn = (view: View, { id }: Written) => {
  const claim = view.claims.claim(id)
  if (claim === null) throw new Error(`the view holds no claim ${id}`)
  return claim
}
