import type { Millis, SessionName } from '../../core/brand.js'
import type { Crypto } from '../../core/crypto.js'
import { LIMITS } from '../../core/limits.js'
import { toBase32 } from '../../core/encoding/base32.js'
import { compareText, utf8 } from '../../core/encoding/bytes.js'
import { agentToken, conversationToken, isBootBound, type AgentProcess, type Evidence } from './evidence.js'
import { NOTE_PREFIX, noteOf, readNote, type KnownSession, type SessionNote } from './note.js'

/** Characters of the hash in a name: 20 bits, so that two of a day's sessions hardly ever need a fifth. */
const SHORTEST = 4

export interface SessionRegistryOptions {
  readonly crypto: Pick<Crypto, 'sha256'>
  /** Names this start of the machine; process ids of another one mean nothing. */
  readonly bootId: string
  /**
   * Whether an agent's process still runs. A conversation goes on in a new process as the same actor only if the old one has ended;
   * left out, processes are taken to live, and a resumed conversation is a new actor.
   */
  readonly isAlive?: (agent: AgentProcess) => boolean
}

/** A session's name, and what the store's notes must say from now on (often nothing). */
export interface NamedSession {
  readonly name: SessionName
  readonly isNew: boolean
  readonly notes: readonly SessionNote[]
}

/**
 * Which session a client is, by the evidence it sent. Keeps at most `LIMITS.sessionsKept`, then forgets the one that asked longest ago;
 * its name comes from a hash of its token, so it gets the same one again unless another session has taken it.
 *
 * No input or output: what is to be kept is returned as notes, and given back through `restore` at start.
 */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions
  readonly #sessions = new Map<string, KnownSession>()
  readonly #holderByToken = new Map<string, SessionName>()
  readonly #notedAtByName = new Map<string, Millis>()

  constructor(options: SessionRegistryOptions) {
    this.#options = options
  }

  /** Takes one of the store's notes, in any order; false where it is not a session's or cannot be read. */
  restore(key: string, value: string): boolean {
    const noted = readNote(key, value)
    if (noted === null) return false
    const sameBoot = noted.boot === this.#options.bootId
    const tokens = noted.tokens.filter((token) => (sameBoot || !isBootBound(token)) && !this.#isHeldByNewer(token, noted))
    this.#keep({ ...noted, tokens })
    this.#notedAtByName.set(noted.name, noted.lastSeen)
    return true
  }

  /** `nowWall` in milliseconds. Never fails: evidence that was parsed always has a session. */
  nameFor(evidence: Evidence, nowWall: Millis): NamedSession {
    const known = this.#find(evidence)
    const session = this.#asSeen(evidence, known, nowWall)
    this.#keep(session)
    return { name: session.name, isNew: known === undefined, notes: [...this.#noted(known, session), ...this.#forgotten(session.name)] }
  }

  get(name: string): KnownSession | undefined {
    return this.#sessions.get(name)
  }

  /** All that are known, the one that asked last first. */
  list(): readonly KnownSession[] {
    return [...this.#sessions.values()].toSorted((left, right) => right.lastSeen - left.lastSeen || compareText(left.name, right.name))
  }

  /** Those whose agent's process has ended: it does not run, or ran before this start of the machine. */
  gone(): readonly KnownSession[] {
    return [...this.#sessions.values()].filter((session) => session.agent !== undefined && !this.runs(session))
  }

  /** Whether its agent's process still runs; false where it has none. */
  runs(session: KnownSession): boolean {
    return session.agent !== undefined && session.boot === this.#options.bootId && (this.#options.isAlive?.(session.agent) ?? true)
  }

  /** What became of its agent's process is known and told: it is gone no more, until another process asks as this session. */
  settle(name: SessionName): readonly SessionNote[] {
    const known = this.#sessions.get(name)
    if (known?.agent === undefined) return []
    const { agent: _agent, ...rest } = known
    this.#keep(rest)
    return [noteOf(rest)]
  }

  #find(evidence: Evidence): KnownSession | undefined {
    if (evidence.name !== undefined) return this.#sessions.get(evidence.name)
    return this.#holder(evidence.token) ?? this.#resumed(evidence)
  }

  #holder(token: string): KnownSession | undefined {
    const name = this.#holderByToken.get(token)
    return name === undefined ? undefined : this.#sessions.get(name)
  }

  /**
   * The session whose conversation goes on in a process not seen before. One whose own process still runs is another actor: the two share
   * an inherited variable, or one conversation was opened twice.
   */
  #resumed(evidence: Evidence): KnownSession | undefined {
    if (evidence.conversation === undefined) return undefined
    const holder = this.#holder(conversationToken(evidence.conversation))
    return holder === undefined || this.runs(holder) ? undefined : holder
  }

  #asSeen(evidence: Evidence, known: KnownSession | undefined, nowWall: Millis): KnownSession {
    const agent = ownAgent(evidence) ?? (known?.boot === this.#options.bootId ? known.agent : undefined)
    return {
      name: known?.name ?? (evidence.name === undefined ? this.#freeName(evidence) : sessionName(evidence.name)),
      tokens: this.#tokensOf(evidence, known),
      tool: known?.tool ?? evidence.tool,
      firstSeen: known?.firstSeen ?? nowWall,
      lastSeen: nowWall,
      found: evidence.found,
      boot: this.#options.bootId,
      ...(agent === undefined ? {} : { agent })
    }
  }

  #tokensOf(evidence: Evidence, known: KnownSession | undefined): string[] {
    const newest = [evidence.token]
    if (evidence.name === undefined && evidence.conversation !== undefined) {
      const token = conversationToken(evidence.conversation)
      const holder = this.#holder(token)
      if (holder === undefined || holder.name === known?.name || !this.runs(holder)) newest.push(token)
    }
    const older = known?.tokens.filter((token) => !newest.includes(token)) ?? []
    return [...older, ...new Set(newest)].slice(-LIMITS.sessionTokens)
  }

  /** The tool and as much of the token's hash as no other session has: four characters nearly always. */
  #freeName(evidence: Evidence): SessionName {
    const boot = isBootBound(evidence.token) ? this.#options.bootId : ''
    const digits = toBase32(this.#options.crypto.sha256(utf8(JSON.stringify(['session', boot, evidence.token]))))
    for (let length = SHORTEST; length <= digits.length; length++) {
      const name = `${evidence.tool}-${digits.slice(0, length)}`
      if (!this.#sessions.has(name)) return sessionName(name)
    }
    throw new Error('every prefix of a session hash is taken')
  }

  #keep(session: KnownSession): void {
    const before = this.#sessions.get(session.name)?.tokens ?? []
    for (const token of before) if (this.#holderByToken.get(token) === session.name) this.#holderByToken.delete(token)
    for (const token of session.tokens) this.#holderByToken.set(token, session.name)
    this.#sessions.set(session.name, session)
  }

  #isHeldByNewer(token: string, session: KnownSession): boolean {
    const holder = this.#holder(token)
    return holder !== undefined && holder.lastSeen > session.lastSeen
  }

  /** A note costs a write to disk, and most commands change nothing but the time. */
  #noted(known: KnownSession | undefined, session: KnownSession): SessionNote[] {
    const notedAt = this.#notedAtByName.get(session.name) ?? Number.NEGATIVE_INFINITY
    const isFresh = Math.abs(session.lastSeen - notedAt) < LIMITS.sessionNoteMs
    if (known !== undefined && isFresh && known.boot === session.boot && isSameSet(known.tokens, session.tokens)) return []
    this.#notedAtByName.set(session.name, session.lastSeen)
    return [noteOf(session)]
  }

  #forgotten(justNamed: SessionName): SessionNote[] {
    const surplus = this.#sessions.size - LIMITS.sessionsKept
    if (surplus <= 0) return []
    const oldest = this.list().filter(({ name }) => name !== justNamed).slice(-surplus)
    for (const { name, tokens } of oldest) {
      this.#sessions.delete(name)
      this.#notedAtByName.delete(name)
      for (const token of tokens) if (this.#holderByToken.get(token) === name) this.#holderByToken.delete(token)
    }
    return oldest.map(({ name }) => ({ key: NOTE_PREFIX + name, value: null }))
  }
}

const sessionName = (name: string): SessionName => name as SessionName

const ownAgent = ({ agents, token }: Evidence): AgentProcess | undefined => agents.find((agent) => agentToken(agent) === token)

const isSameSet = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((text) => right.includes(text))
