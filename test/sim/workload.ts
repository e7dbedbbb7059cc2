import { textHash } from '../../src/core/coordination/records/entry.js'
import type { Draft } from '../../src/core/replica/input.js'
import type { SimHost } from './host.js'
import type { World } from './world.js'

const SCOPES = ['src/**', 'src/api/**', 'src/api/users.ts', 'src/*/users.ts', 'docs', 'test/sim', '@test-mutex', 'branch:refs/heads/main']
const SESSIONS = ['claude-1', 'codex-2', 'shell']

/** What agents on a host do: claims that overlap on purpose, releases, renewals, messages with a wanted ack, acks. */
export class Workload {
  readonly #world: World
  #written = 0

  constructor(world: World) {
    this.#world = world
  }

  step(host: SimHost): void {
    const { random } = this.#world
    const session = random.pick(SESSIONS)
    const drafts = Array.from({ length: random.chance(0.1) ? random.between(2, 4) : 1 }, () => this.#draft(host, session)).filter(draft => draft !== null)
    if (drafts.length === 0) return
    this.#world.note(() => `${host.name}/${session} writes ${drafts.map(({ kind }) => kind).join(', ')}`)
    host.write(session, drafts, random.chance(0.1))
  }

  /** So much at once that its snapshot takes several frames. */
  bulk(host: SimHost): void {
    this.#world.note(`${host.name} writes 40 long notes`)
    host.write('shell', Array.from({ length: 40 }, () => ({ kind: 'note', fields: { text: `${this.#word(host)} ${'x'.repeat(7_800)}` } })))
  }

  #word(host: SimHost): string {
    return `«w${this.#written++} of ${host.name}»`
  }

  #draft(host: SimHost, session: string): Draft | null {
    const { random } = this.#world
    const word = this.#word(host)
    const { view, hostId } = host.replica
    const until = host.wall + random.pick([60_000, 1_800_000, 7_200_000])
    switch (random.pick(['note', 'claim', 'claim', 'claim', 'release', 'release', 'message', 'message', 'ack', 'ack', 'renew', 'intent', 'reclaim'])) {
      case 'claim': {
        const scope = random.chance(0.2) ? [random.pick(SCOPES.slice(0, 4)), random.pick(SCOPES.slice(4))] : [random.pick(SCOPES)]
        return { kind: 'claim', fields: { repo: 'app', scope, mode: random.chance(0.2) ? 'shared' : 'exclusive', reason: word, until } }
      }
      case 'release': {
        const own = [...view.claims.live(host.wall)].filter(claim => claim.host === hostId && claim.session === session)
        return own.length === 0 ? null : { kind: 'release', fields: { claims: [random.pick(own).id], reason: word } }
      }
      case 'reclaim': {
        const others = [...view.claims.live(host.wall)].filter(claim => claim.host !== hostId)
        return others.length === 0 || random.chance(0.5) ? null : { kind: 'reclaim', fields: { claims: [random.pick(others).id], reason: word, force: true } }
      }
      case 'message': {
        const others = this.#world.hosts.filter(other => other !== host)
        return { kind: 'message', fields: { to: { host: random.pick(others).replica.hostId }, text: word, ack: true } }
      }
      case 'ack': {
        const asked = [...view.records()].filter(({ text }) => text.includes('"ack":true') && text.includes(hostId))
        if (asked.length === 0) return null
        const entry = random.pick(asked)
        return { kind: 'ack', fields: { re: entry.id, hash: textHash(this.#world.keys.crypto, entry), text: word } }
      }
      case 'renew':
        return { kind: 'renew', fields: { until } }
      case 'intent':
        return { kind: 'intent', fields: { text: word, tags: ['sim'] } }
      default:
        return { kind: 'note', fields: { text: word } }
    }
  }
}
