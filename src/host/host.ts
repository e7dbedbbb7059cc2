import type { HostKey, MeshId, Millis, Now, SessionName } from '../core/brand.js'
import { hostIdOf } from '../core/domain.js'
import type { Strictness } from '../core/coordination/claims/claim.js'
import type { DialTarget } from '../core/presence/dial-plan.js'
import { isKindOf } from '../core/coordination/records/entry.js'
import type { Draft, Written } from '../core/replica/input.js'
import { Replica } from '../core/replica/replica.js'
import { success, type Result } from '../core/result.js'
import { LIMITS } from '../core/limits.js'
import { advertisedAddresses, type AdvertisedAddress } from './addresses.js'
import { forgetHolder, noteHolder } from './holder.js'
import { readHome, type HomePaths, type Settings } from './home.js'
import type { HostAdapters } from './host-adapters.js'
import { resumeJoining } from './joining-note.js'
import { listenOn, Network } from './network.js'
import { readEnrolment, writeEnrolment, type Enrolment } from './repository/enrolment.js'
import { ROTATION_NOTE, settleRotation } from './rotation.js'
import { Runtime } from './runtime.js'
import { cpuMs, openWhenFree } from './store-opening.js'
import type { Evidence } from './session/evidence.js'
import { SessionRegistry } from './session/registry.js'
import { skeinVersion } from './version.js'

export type { HostAdapters } from './host-adapters.js'

/** The session under whose name the host itself writes: its profile, its repositories. */
export const HOST_SESSION = 'host' as SessionName

const ENROLMENT_NOTE = 'enrolment'
const PEER_NOTE = 'peer/'

type Opened = Pick<Host, 'paths' | 'settings' | 'adapters' | 'runtime' | 'sessions' | 'enrolment' | 'daemonSince' | 'opened'>

/** One opened home: its replica and store, its sessions and repositories, and its links if it has any. What every command works on. */
export class Host {
  readonly paths: HomePaths
  readonly settings: Settings
  readonly adapters: HostAdapters
  readonly runtime: Runtime
  readonly replica: Replica
  readonly sessions: SessionRegistry
  /** Since when a daemon serves this home, in wall time; null when a command opened it for itself. */
  readonly daemonSince: Millis | null
  /** How long it took to open the store and to read all of it: by the clock, and of this process's own work. */
  readonly opened: { readonly ms: Millis; readonly cpuMs: Millis }
  #network: Network | null = null
  #enrolment: Enrolment
  #stopped: Promise<void> | null = null
  #cancelRefresh: (() => void) | null = null

  private constructor({ paths, settings, adapters, runtime, sessions, enrolment, daemonSince, opened }: Opened) {
    this.paths = paths
    this.settings = settings
    this.adapters = adapters
    this.runtime = runtime
    this.replica = runtime.replica
    this.sessions = sessions
    this.#enrolment = enrolment
    this.daemonSince = daemonSince
    this.opened = opened
  }

  /**
   * Opens the home in this folder; the store is then this process's alone. A store that another process holds is waited for, up to
   * `LIMITS.storeLockMs`, then `STORE_LOCKED` names its pid. What no daemon serves and cannot be written is opened for reading alone.
   */
  static async open(folder: string, adapters: HostAdapters, options: { readonly what: string; readonly daemon: boolean; readonly create?: boolean; readonly lockMs?: Millis }): Promise<Result<Host>> {
    const home = readHome(folder)
    if (!home.ok) return home
    const { paths, settings } = home.value
    const keys = adapters.keys(folder)
    const present = await keys.host()
    if (!present.ok) return present
    const create = options.create ?? false
    const store = await openWhenFree(paths, adapters, { create, orRead: !create && !options.daemon }, options.lockMs ?? LIMITS.storeLockMs)
    if (!store.ok) return store
    const { frames, sinceMono, sinceCpuMs, remade } = store.value
    // whoever had the store until now may have changed the key
    const signer = await keys.host()
    if (!signer.ok) {
      await frames.close()
      return signer
    }
    const noted = noteHolder(paths.holder, options.what, new Date(adapters.clock.now().wall))
    if (!noted.ok && (options.daemon || frames.fence === null)) {
      await frames.close()
      return noted
    }
    const replica = new Replica({ crypto: adapters.crypto, mesh: settings.mesh as MeshId, signer: signer.value })
    const runtime = new Runtime({ replica, store: frames, clock: adapters.clock, random: adapters.random, witness: adapters.witness(hostIdOf(adapters.crypto, replica.key)) })
    const loaded = await runtime.load({ place: await adapters.place(paths.store), remade })
    if (!loaded.ok) return loaded
    const settled = await settleRotation(replica, keys)
    if (settled.ok && settled.value !== null) runtime.note(ROTATION_NOTE, settled.value)
    if (!settled.ok || settled.value === 'finished') {
      await runtime.stop()
      return settled.ok ? Host.open(folder, adapters, options) : settled
    }
    const enrolment = readEnrolment(replica.notes.get(ENROLMENT_NOTE) ?? null)
    if (!enrolment.ok) {
      await runtime.stop()
      return enrolment
    }
    const sessions = new SessionRegistry({ crypto: adapters.crypto, bootId: adapters.bootId, isAlive: agent => adapters.isAgentAlive(agent) })
    for (const [key, value] of replica.notes) sessions.restore(key, value)
    resumeJoining(runtime)
    const { wall, mono } = adapters.clock.now()
    return success(new Host({ paths, settings, adapters, runtime, sessions, enrolment: enrolment.value, daemonSince: options.daemon ? wall : null, opened: { ms: mono - sinceMono, cpuMs: cpuMs() - sinceCpuMs } }))
  }

  get network(): Network | null {
    return this.#network
  }

  get enrolment(): Enrolment {
    return this.#enrolment
  }

  set enrolment(enrolment: Enrolment) {
    this.#enrolment = enrolment
    this.runtime.note(ENROLMENT_NOTE, writeEnrolment(enrolment))
  }

  now(): Now {
    return this.adapters.clock.now()
  }

  /** Mesh time now: what leases and ages are counted in. */
  meshNow(): Millis {
    return this.replica.meshTime(this.now().wall)
  }

  /** Which session a caller is; remembered. */
  sessionOf(evidence: Evidence): SessionName {
    const named = this.sessions.nameFor(evidence, this.now().wall)
    for (const { key, value } of named.notes) this.runtime.note(key, value)
    return named.name
  }

  /** The process of this session's agent is not looked for any more. */
  settleSession(session: SessionName): void {
    for (const { key, value } of this.sessions.settle(session)) this.runtime.note(key, value)
  }

  write(session: SessionName, drafts: readonly Draft[], options: { readonly strict?: Strictness } = {}): Promise<Result<readonly Written[]>> {
    return this.runtime.write(session, drafts, options)
  }

  /** Its mesh has no other member, no invitation, and no record but what the host says of itself: nobody would miss it. */
  get isUntouched(): boolean {
    return this.replica.acts.size === 1 && [...this.replica.view.records()].every(({ session }) => session === HOST_SESSION)
  }

  /** The name of a host as people know it in this mesh. */
  nameOf(key: HostKey): string {
    return this.replica.acts.roster().displayName(key)
  }

  /** Addresses added by hand (`skein peers add`). */
  manualPeers(): DialTarget[] {
    const targets: DialTarget[] = []
    for (const [note, value] of this.replica.notes) {
      if (!note.startsWith(PEER_NOTE)) continue
      const [label = '', key] = value.split(' ')
      targets.push({ url: note.slice(PEER_NOTE.length), label, key: key === undefined ? null : this.replica.acts.roster().presentKey(key as HostKey) })
    }
    return targets
  }

  /** `key`: whom to expect there; null where any member may answer. */
  addPeer({ url, label, key }: DialTarget): void {
    this.runtime.note(PEER_NOTE + url, key === null ? label : `${label} ${key}`)
    this.refreshTargets()
  }

  removePeer(url: string): boolean {
    if (!this.replica.notes.has(PEER_NOTE + url)) return false
    this.runtime.note(PEER_NOTE + url, null)
    this.refreshTargets()
    return true
  }

  /** Where a host says that it can be dialled, by its own latest word. */
  addressesOf(key: HostKey): readonly AdvertisedAddress[] {
    return this.profiles().find(({ hostKey }) => hostKey === key)?.addresses ?? []
  }

  /** Every address worth dialling: those in other members' profiles, then those added by hand. */
  targets(): DialTarget[] {
    const targets = new Map<string, DialTarget>()
    const mine = new Set(this.addressesOf(this.replica.key).map(({ url }) => url))
    for (const { hostKey, addresses } of this.profiles()) {
      const isMember = this.replica.acts.roster().admits(hostKey).state === 'member'
      if (hostKey === this.replica.key || !isMember) continue
      for (const { url, label } of addresses) if (!mine.has(url)) targets.set(url, { url, label, key: hostKey })
    }
    for (const target of this.manualPeers()) if (!targets.has(target.url)) targets.set(target.url, target)
    return [...targets.values()]
  }

  /** Addresses at which this host can be dialled, to tell others. */
  advertised(): readonly AdvertisedAddress[] {
    return advertisedAddresses(this.settings, this.#network?.listening ?? this.settings.listen)
  }

  /** Opens the network: listening if told to, and dialling what `targets` names, as it changes. */
  async connect(options: { readonly listen: boolean }): Promise<Result<Network>> {
    const { paths, settings, adapters, runtime } = this
    const allowInsecure = this.targets().some(({ url }) => url.startsWith('ws://'))
    const transport = await adapters.transport(paths.folder, allowInsecure)
    if (!transport.ok) return transport
    const network = new Network({ runtime, transport: transport.value, clock: adapters.clock, random: adapters.random })
    if (options.listen) {
      const listening = await listenOn(network, settings.listen)
      if (!listening.ok) return listening
    }
    this.#network = network
    runtime.on(event => {
      if (event.type === 'viewChanged' || event.type === 'rosterChanged') this.#refreshSoon()
      if (event.type === 'paused' && this.daemonSince !== null) queueMicrotask(() => this.seekPeers({ wholly: true }))
    })
    return success(network)
  }

  /** Dials whoever is worth it from now on. */
  refreshTargets(): void {
    this.#network?.keepLinked(this.targets())
  }

  /**
   * Dials everybody, and lets what is to be written wait until one of them has shown what it holds of the own log (rules C7), for
   * `LIMITS.seekMs` at most; `wholly`: until it has brought all that it has. Nobody waits where nobody is known or can be reached.
   */
  seekPeers({ wholly = false }: { readonly wholly?: boolean } = {}): void {
    const network = this.#network
    const targets = this.targets()
    if (network === null || targets.length === 0) return
    this.runtime.feed({ type: 'seeking', forMs: LIMITS.seekMs, wholly })
    network.keepLinked(targets)
    void Promise.all(targets.map(target => network.link(target))).then(() => this.runtime.feed({ type: 'sought' }))
  }

  /** Notices a pause that nobody noticed yet, and resolves once peers were asked what happened meanwhile. */
  async caughtUp(): Promise<void> {
    this.runtime.feed({ type: 'woken' })
    // a daemon that had lost its links before seeks its peers only now (`connect`)
    await Promise.resolve()
    if (this.replica.isCatchingUp) await this.runtime.waitFor(event => event.type === 'caughtUp', LIMITS.seekMs)
  }

  /** Once for all that changes in a moment. */
  #refreshSoon(): void {
    this.#cancelRefresh ??= this.adapters.clock.after(REFRESH_MS, () => {
      this.#cancelRefresh = null
      this.refreshTargets()
    })
  }

  /** Says of itself where it can be reached; written only when that changed. */
  async publishProfile(addresses: readonly { readonly url: string; readonly label: string }[]): Promise<void> {
    const fields = { name: this.settings.name, version: skeinVersion(), platform: process.platform, addresses: addresses.slice(0, LIMITS.profileAddresses) }
    const mine = this.profiles().find(({ hostKey }) => hostKey === this.replica.key)
    const isSame = mine !== undefined && JSON.stringify(mine.addresses) === JSON.stringify(fields.addresses) && mine.version === fields.version
    if (!isSame) await this.write(HOST_SESSION, [{ kind: 'profile', fields }])
  }

  /** Goodbye to the peers, everything to disk, the store free for the next. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#cancelRefresh?.()
    this.#network?.pause()
    await this.runtime.stop()
    await this.#network?.close()
    forgetHolder(this.paths.holder)
  }

  /** What each host last said of itself, by its present key. */
  profiles(): { hostKey: HostKey; addresses: readonly { url: string; label: string }[]; version: string | undefined }[] {
    const newest = new Map<HostKey, { hostKey: HostKey; wall: Millis; count: number; addresses: readonly { url: string; label: string }[]; version: string | undefined }>()
    const roster = this.replica.acts.roster()
    for (const entry of this.replica.view.ofKind('profile')) {
      if (!isKindOf(entry, 'profile')) continue
      const hostKey = roster.presentKey(entry.hostKey)
      const held = newest.get(hostKey)
      if (held !== undefined && (held.wall > entry.wall || (held.wall === entry.wall && held.count >= entry.count))) continue
      const { addresses = [], version } = entry.parsed.record.fields
      newest.set(hostKey, { hostKey, wall: entry.wall, count: entry.count, addresses, version })
    }
    return [...newest.values()]
  }
}

const REFRESH_MS = 50
