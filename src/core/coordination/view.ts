import type { AuthorId, Hash, HostId, HostKey, MeshId, RecordId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { domainPrefix } from '../domain.js'
import { compareText, toHash, utf8 } from '../encoding/bytes.js'
import type { Result } from '../result.js'
import { ClaimTable } from './claims/claimtable.js'
import { Tags } from './claims/tags.js'
import { Deliveries } from './delivery/deliveries.js'
import { DisplayNames } from './membership/names.js'
import { entryOf, kindShown, type Entry } from './records/entry.js'
import { IdTable } from './records/ids.js'
import type { Names } from './records/kind.js'
import { kindSpec, type Kind } from './records/kinds.js'
import { Repositories } from './repositories/repositories.js'
import { recordNaming } from './records/record.js'
import { isActId } from './records/reference.js'
import { Arrivals } from './timeline/arrivals.js'
import { Timeline } from './timeline/timeline.js'

/** What the roster says of one host key that stands or stood, as far as a view asks: `Roster.members` fits. */
export interface ViewMember {
  readonly hostId: HostId
  readonly name: string
  readonly role: string
  readonly state: string
}

export interface AuthorChange {
  readonly set: Iterable<readonly [RecordId, string]>
  readonly removed: Iterable<RecordId>
}

/** A value that stands where a record should and is none, or one whose text does not hold. It is in nobody's way. */
export interface InvalidRecord {
  readonly hostKey: HostKey
  readonly id: RecordId
  readonly reason: string
}

interface Document {
  readonly hostKey: HostKey
  readonly texts: Map<RecordId, string>
}

const countsAlike = (left: ViewMember | undefined, right: ViewMember | undefined): boolean =>
  left?.hostId === right?.hostId && (left?.role === 'viewer') === (right?.role === 'viewer')

/**
 * The merged state of all authors' records: a function of the roster and of each author's records alone, without a clock and whatever the
 * order they came in. Kept up to date change by change; a test holds it equal to a fold from nothing.
 */
export class View {
  readonly repositories = new Repositories()
  readonly tags = new Tags()
  readonly claims: ClaimTable
  readonly deliveries: Deliveries
  readonly timeline = new Timeline()
  readonly arrivals = new Arrivals()

  readonly #crypto: Crypto
  readonly #mesh: MeshId
  readonly #documents = new Map<AuthorId, Document>()
  readonly #ids = new IdTable()
  readonly #byKind = new Map<string, Set<Entry>>()
  /** In how many epochs of its host a counted record stands, where that is more than one. */
  readonly #copies = new Map<RecordId, number>()
  readonly #namings = new Map<HostKey, (text: string) => RecordId>()
  #members: ReadonlyMap<HostKey, ViewMember> = new Map()
  #names: ReadonlyMap<HostId, string> = new Map()
  #hash: Hash | null = null

  constructor({ crypto, mesh }: { readonly crypto: Crypto; readonly mesh: MeshId }) {
    this.#crypto = crypto
    this.#mesh = mesh
    this.claims = new ClaimTable(crypto, mesh, this.repositories)
    this.deliveries = new Deliveries(crypto)
  }

  /**
   * Only records of hosts that are named here count; of a viewer's only what a viewer may say (rules B7). A host that left or was revoked
   * is named here too: up to which head its records stay is replication's to know, and it hands over no others.
   */
  setRoster(members: ReadonlyMap<HostKey, ViewMember>): void {
    const before = this.#members
    const changed = new Set([...before.keys(), ...members.keys()].filter(key => !countsAlike(before.get(key), members.get(key))))
    const documents = [...this.#documents.values()].filter(document => changed.has(document.hostKey))
    for (const document of documents) for (const [id, text] of document.texts) this.#uncount(document.hostKey, id, text)
    this.#members = new Map(members)
    for (const document of documents) for (const [id, text] of document.texts) this.#count(document.hostKey, id, text)
    this.#names = shownNames(this.#members)
    this.#hash = null
  }

  /** What changed in one author's document. */
  changeAuthor(author: AuthorId, hostKey: HostKey, { set, removed }: AuthorChange): void {
    const document = this.#documents.get(author) ?? { hostKey, texts: new Map<RecordId, string>() }
    this.#documents.set(author, document)
    for (const id of removed) this.#unset(document, id)
    for (const [id, text] of set) {
      if (document.texts.get(id) === text) continue
      this.#unset(document, id)
      document.texts.set(id, text)
      this.#count(hostKey, id, text)
    }
  }

  /** One author's whole document, in place of what was known of it. */
  replaceAuthor(author: AuthorId, hostKey: HostKey, records: Iterable<readonly [RecordId, string]>): void {
    const set = new Map(records)
    const removed = [...(this.#documents.get(author)?.texts.keys() ?? [])].filter(id => !set.has(id))
    this.changeAuthor(author, hostKey, { set, removed })
  }

  /** The author's epoch is void or refused: nothing of it counts. The same record in another epoch of its host stays. */
  dropAuthor(author: AuthorId): void {
    const document = this.#documents.get(author)
    if (document === undefined) return
    for (const id of document.texts.keys()) this.#unset(document, id)
    this.#documents.delete(author)
  }

  get count(): number {
    return this.#ids.size
  }

  records(): IterableIterator<Entry> {
    return this.#ids.values()
  }

  /** The valid records of one kind, in the order they came. */
  ofKind(kind: Kind): Iterable<Entry> {
    return this.#byKind.get(kind) ?? []
  }

  record(id: RecordId): Entry | null {
    return this.#ids.get(id)
  }

  /** The kind of a record held here, as `checkDraft` asks for it; null for what is no record of this view. */
  kindOf(id: string): string | null {
    const entry = this.#ids.get(id as RecordId)
    return entry === null ? null : kindShown(entry)
  }

  /** The record that a person means by `c-8k2f0mqx` or any unique beginning of it: `NO_SUCH_RECORD`, `ID_AMBIGUOUS` with candidates. */
  find(text: string): Result<Entry> {
    return this.#ids.find(text)
  }

  /** Letter and eight characters; more where another record here begins alike. */
  shortId(entry: Entry): string {
    return this.#ids.short(entry)
  }

  members(): ReadonlyMap<HostKey, ViewMember> {
    return this.#members
  }

  /** How hosts and records are called on this host's screens; two hosts of one name carry the beginning of their id. */
  names(): Names {
    return {
      host: id => this.#names.get(id) ?? id.slice(0, 8),
      record: id => {
        // of acts only directives are answered
        if (isActId(id)) return `d-${id.slice(0, 8)}`
        const entry = this.#ids.get(id)
        return entry === null ? id.slice(0, 8) : this.shortId(entry)
      }
    }
  }

  /** What stands in counted documents and says nothing, in the order of host key and id. */
  invalid(): InvalidRecord[] {
    const found = new Map<string, InvalidRecord>()
    for (const { hostKey, texts } of this.#documents.values()) {
      if (!this.#members.has(hostKey)) continue
      for (const [id, text] of texts) {
        const entry = this.#counted(hostKey, id, text)
        const reason = entry?.parsed.type === 'invalid' ? entry.parsed.reason : 'the key is not the id of the text'
        if (entry?.parsed.type === 'invalid' || (entry === null && !this.#isOwn(hostKey, id, text))) found.set(`${hostKey} ${id}`, { hostKey, id, reason })
      }
    }
    return [...found].sort(([left], [right]) => compareText(left, right)).map(([, invalid]) => invalid)
  }

  /**
   * SHA-256 over the members and the ids of all counted records, sorted: equal exactly where the views are. An id commits to its host and
   * to every byte of its text. Computed once for each change.
   */
  hash(): Hash {
    if (this.#hash !== null) return this.#hash
    const members = [...this.#members].map(([key, { hostId, name, role, state }]) => JSON.stringify([key, hostId, name, role, state])).sort(compareText)
    const ids = Array.from(this.#ids.values(), entry => entry.id).sort(compareText)
    const lines = utf8([...members, '', ...ids, ''].join('\n'))
    this.#hash = toHash(this.#crypto.sha256(domainPrefix('view', this.#mesh).raw(lines).done()))
    return this.#hash
  }

  #unset(document: Document, id: RecordId): void {
    const text = document.texts.get(id)
    if (text === undefined) return
    document.texts.delete(id)
    this.#uncount(document.hostKey, id, text)
  }

  #isOwn(hostKey: HostKey, id: RecordId, text: string): boolean {
    const naming = this.#namings.get(hostKey) ?? recordNaming(this.#crypto, this.#mesh, hostKey)
    this.#namings.set(hostKey, naming)
    return naming(text) === id
  }

  #counted(hostKey: HostKey, id: RecordId, text: string): Entry | null {
    const entry = this.#ids.get(id)
    return entry !== null && entry.hostKey === hostKey && entry.text === text ? entry : null
  }

  #count(hostKey: HostKey, id: RecordId, text: string): void {
    const member = this.#members.get(hostKey)
    if (member === undefined) return
    if (this.#counted(hostKey, id, text) !== null) {
      this.#copies.set(id, (this.#copies.get(id) ?? 1) + 1)
      return
    }
    if (!this.#isOwn(hostKey, id, text)) return
    const entry = entryOf(id, member.hostId, hostKey, text)
    if (member.role === 'viewer' && !(entry.parsed.type === 'valid' && kindSpec(entry.parsed.record.kind)?.byViewers === true)) return
    this.#ids.add(entry)
    const alike = this.#byKind.get(kindShown(entry)) ?? new Set()
    this.#byKind.set(kindShown(entry), alike.add(entry))
    this.repositories.add(entry)
    this.tags.add(entry)
    this.claims.add(entry)
    this.deliveries.add(entry)
    this.timeline.add(entry)
    this.arrivals.add(entry)
    this.#hash = null
  }

  #uncount(hostKey: HostKey, id: RecordId, text: string): void {
    const entry = this.#counted(hostKey, id, text)
    if (entry === null) return
    const copies = this.#copies.get(id) ?? 1
    if (copies > 2) this.#copies.set(id, copies - 1)
    else this.#copies.delete(id)
    if (copies > 1) return
    this.#ids.remove(entry)
    this.#byKind.get(kindShown(entry))?.delete(entry)
    this.repositories.remove(entry)
    this.tags.remove(entry)
    this.claims.remove(entry)
    this.deliveries.remove(entry)
    this.timeline.remove(entry)
    this.#hash = null
  }
}

const shownNames = (members: ReadonlyMap<HostKey, ViewMember>): ReadonlyMap<HostId, string> => {
  const names = new DisplayNames(Array.from(members, ([key, { hostId, name }]) => ({ key, hostId, name })), [])
  return new Map(Array.from(members, ([key, { hostId }]) => [hostId, names.of(key)]))
}
