import { chmodSync, existsSync } from 'node:fs'
import { decodeToken, type InvitationToken } from '../core/coordination/membership/token.js'
import { proveJoining } from '../core/coordination/membership/joining.js'
import type { HostKey } from '../core/brand.js'
import type { ErrorCode } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { Host, type HostAdapters } from '../host/host.js'
import { checkHomePath, finishPromotion, HOME_VERSION, homeIsMade, homeMade, makeHomeFolders, makeStagedHome, promoteStagedHome, readHome, removeHome, siblingHome, writeSettings, type HomePaths, type Settings } from '../host/home.js'
import { JOINING_NOTE, writeJoining } from '../host/joining-note.js'
import type { Attempt, Network } from '../host/network.js'
import { nodeSigner } from './adapters.js'
import { systemAdapters } from './assembly.js'
import { failureReply, SCHEMA_VERSION, type Reply, type Warning } from './envelope.js'
import { linkTo } from './hosts.js'
import { advertiseAddresses, hostName, listenAddress, type NewHome } from './founding.js'
import type { DaemonData } from './operations/daemon.js'
import { askDaemon, stopDaemon } from './up.js'

export interface Joining extends NewHome {
  readonly token: string
}

/** How long the newcomer waits, once linked, until both hold the same. */
const LEVEL_MS = 20_000

interface Chosen {
  readonly folder: string
  /** Settings of the home that gives way. */
  readonly replaced: Settings | null
  /** A join of this home was cut short before anybody let it in: it goes on with the same key. */
  readonly resumed?: true
}

/** An own mesh that nobody else has joined and that holds nothing but its genesis can give way; another home stays, and a second is made. */
const chooseHome = async (home: string, token: InvitationToken, adapters: HostAdapters): Promise<Result<Chosen>> => {
  finishPromotion(home)
  if (!homeIsMade(home)) return success({ folder: home, replaced: null })
  const read = readHome(home)
  if (!read.ok) return read
  const { settings } = read.value
  const state = await stateOfHome(home, adapters)
  if (!state.ok) return state
  if (settings.mesh === token.mesh && state.value === 'outside') return success({ folder: home, replaced: null, resumed: true })
  if (settings.mesh === token.mesh && state.value !== 'left') return failure('HOME_EXISTS', `the home in ${home} belongs to mesh ${token.meshName} already`, { field: '--home', next: ['skein status', 'skein up'] })
  if (state.value === 'untouched') return success({ folder: home, replaced: settings })
  const sibling = siblingHome(home, token.meshName)
  if (existsSync(sibling)) return failure('HOME_EXISTS', `there is a home in ${sibling} already`, { field: '--home', next: [`skein --home ${sibling} status`] })
  return success({ folder: sibling, replaced: null })
}

/** A host that has left does not come back with its key, but may join again with another home. `outside`: nobody has let it in yet. */
const stateOfHome = async (home: string, adapters: HostAdapters): Promise<Result<'untouched' | 'left' | 'outside' | 'in use'>> => {
  const daemon = await askDaemon(home, 'daemon')
  if (daemon !== null) return success(daemon.envelope.ok && (daemon.envelope.data as DaemonData).untouched ? 'untouched' : 'in use')
  const host = await Host.open(home, adapters, { what: 'skein join', daemon: false })
  if (!host.ok) return host
  const { hasLeft, acts, key } = host.value.replica
  const state = hasLeft ? 'left' : acts.roster().admits(key).state === 'unknown' ? 'outside' : host.value.isUntouched ? 'untouched' : 'in use'
  await host.value.stop()
  return success(state)
}

/** Joins the mesh of an invitation: a new home, links to whoever can be reached, and an end that says what came of it. */
export const join = async (given: Joining): Promise<Reply> => {
  const adapters = systemAdapters()
  const token = decodeToken(adapters.crypto, given.token)
  if (!token.ok) return failureReply(token.failure)
  if (token.value.expires < adapters.clock.now().wall - LIMITS.clockAheadMs) {
    return failureReply({ code: 'INVITATION_EXPIRED', message: `the invitation expired at ${new Date(token.value.expires).toISOString()}`, field: 'token', next: [`ask ${token.value.hostName} for another: skein invite`] })
  }
  const chosen = await chooseHome(given.home, token.value, adapters)
  if (!chosen.ok) return failureReply(chosen.failure)
  const { folder, replaced, resumed } = chosen.value
  if (resumed === true) return resume(given, folder, token.value, adapters)
  // what the replaced home was told of this host holds for the new one
  const name = hostName(given.name ?? replaced?.name)
  if (!name.ok) return failureReply(name.failure)
  const listen = given.listen === undefined && replaced !== null ? success(replaced.listen) : await listenAddress(given.listen)
  if (!listen.ok) return failureReply(listen.failure)
  const advertise = advertiseAddresses(given.advertise ?? [])
  if (!advertise.ok) return failureReply(advertise.failure)
  const told = advertise.value.length === 0 ? (replaced?.advertise ?? []) : advertise.value
  const paths = replaced === null ? makeHomeFolders(folder) : checkHomePath(folder)
  if (!paths.ok) return failureReply(paths.failure)
  // a home that is to be replaced stays until the new one is whole: an invitation that does not hold costs nobody a mesh
  const staged = replaced === null ? paths : makeStagedHome(paths.value)
  if (!staged.ok) return failureReply(staged.failure)
  chmodSync(folder, 0o700)
  const settings = { version: HOME_VERSION, mesh: token.value.mesh, meshName: token.value.meshName, name: name.value, listen: listen.value, advertise: told, created: new Date(adapters.clock.now().wall).toISOString() }
  const host = await makeHome(staged.value, adapters, settings)
  const joined = host.ok ? await enter(host.value, token.value) : host
  if (host.ok) await host.value.stop()
  if (!host.ok || !joined.ok) {
    removeHome(staged.value)
    return failureReply(joined.ok ? { code: 'BUG', message: 'joined without a host' } : joined.failure)
  }
  const stopped = replaced === null ? null : await stopDaemon(folder)
  if (stopped !== null && !stopped.envelope.ok) return stopped
  if (replaced !== null) promoteStagedHome(paths.value, staged.value)
  return joinedReply(host.value, { asked: given.home, folder, replaced: replaced?.meshName ?? null }, token.value, joined.value)
}

const makeHome = async (paths: HomePaths, adapters: HostAdapters, settings: Parameters<typeof writeSettings>[1]): Promise<Result<Host>> => {
  const signer = await adapters.keys(paths.folder).createHost()
  if (!signer.ok) return signer
  const kept = writeSettings(paths, settings)
  if (!kept.ok) return kept
  const host = await Host.open(paths.folder, adapters, { what: 'skein join', daemon: false, create: true })
  // from here on a join that is cut short is resumed, not begun anew: its invitation may have been used
  if (host.ok) homeMade(paths)
  return host
}

/** Goes on with the same home and key, so that the invitation counts as used once. */
const resume = async (given: Joining, folder: string, token: InvitationToken, adapters: HostAdapters): Promise<Reply> => {
  const host = await Host.open(folder, adapters, { what: 'skein join', daemon: false, create: true })
  if (!host.ok) return failureReply(host.failure)
  const joined = await enter(host.value, token)
  await host.value.stop()
  return joined.ok ? joinedReply(host.value, { asked: given.home, folder, replaced: null }, token, joined.value) : failureReply(joined.failure)
}

interface Placed {
  /** The home that was named, and the one that it became. */
  readonly asked: string
  readonly folder: string
  /** Name of the untouched mesh that gave way. */
  readonly replaced: string | null
}

interface Joined {
  readonly link: { readonly url: string; readonly key: HostKey; readonly posture: string; readonly roundTripMs: number | null }
  readonly viewsEqual: boolean
  readonly failures: readonly Extract<Attempt, { ok: false }>[]
  readonly missing: number
}

const enter = async (host: Host, token: InvitationToken): Promise<Result<Joined>> => {
  const signer = await host.adapters.keys(host.paths.folder).host()
  if (!signer.ok) return signer
  const proof = proveJoining(token.mesh, host.settings.name, signer.value, nodeSigner(token.secret))
  host.runtime.note(JOINING_NOTE, writeJoining(proof, token.host))
  host.runtime.feed({ type: 'joining', proof, inviter: token.host })
  // the acceptor may only be reachable when it dials us: listen too, where the port is free
  const network = await host.connect({ listen: true })
  const open = network.ok ? network : await host.connect({ listen: false })
  if (!open.ok) return open
  const attempts = await Promise.all(token.addresses.map(address => linkAndLevel(host, open.value, { ...address, key: token.host })))
  const failures = attempts.flatMap(({ attempt }) => (attempt.ok || attempt.code === 'LINK_DUPLICATE' ? [] : [attempt]))
  const levelled = attempts.find(({ attempt, viewsEqual }) => attempt.ok && viewsEqual !== null)
  const isMember = host.replica.acts.roster().admits(host.replica.key).state === 'member'
  const link = linkTo(host, token.host)
  if (levelled === undefined && !isMember) return failure(verdictIn(failures), joinFailure(token, failures), { details: { attempts: failures.map(({ url, code, text }) => ({ url, code, text })) }, next: nextSteps(token, failures) })
  await host.publishProfile(host.advertised())
  return success({
    link: { url: (levelled ?? attempts[0])?.attempt.url ?? '', key: token.host, posture: link === null ? 'tls-pinned' : (host.runtime.postureOf(link.id) ?? link.posture), roundTripMs: link?.roundTripMs ?? null },
    viewsEqual: levelled?.viewsEqual === true,
    failures,
    missing: 0
  })
}

/** Dials, and once linked waits until both ends hold the same. `viewsEqual` is null where that did not come about. */
const linkAndLevel = async (host: Host, network: Network, target: Parameters<Network['link']>[0]): Promise<{ attempt: Attempt; viewsEqual: boolean | null }> => {
  let viewsEqual: boolean | null = null
  const levelled = host.runtime.waitFor(event => {
    if (event.type === 'levelled') viewsEqual = event.viewsEqual
    return event.type === 'levelled' && host.replica.acts.roster().admits(host.replica.key).state === 'member'
  }, LEVEL_MS)
  const attempt = await network.link(target)
  if (!attempt.ok) return { attempt, viewsEqual: null }
  await levelled
  return { attempt, viewsEqual }
}

/** What a member said of the invitation outweighs addresses that led nowhere. */
const VERDICTS: readonly ErrorCode[] = ['GENERATION_UNSUPPORTED', 'MESH_ID_MISMATCH', 'INVITATION_CANCELLED', 'INVITATION_EXPIRED', 'INVITATION_USED', 'INVITATION_INVALID', 'NOT_ADMITTED', 'PIN_MISMATCH']

const verdictIn = (failures: Joined['failures']): ErrorCode => VERDICTS.find(verdict => failures.some(({ code }) => code === verdict)) ?? 'JOIN_FAILED'

const joinFailure = (token: InvitationToken, failures: Joined['failures']): string => {
  if (token.addresses.length === 0) return 'the invitation carries no address'
  // the verdict stands behind the whole message
  const verdict = verdictIn(failures)
  const lines = failures.map(({ url, code, text }) => `  ${url}: ${text}${code === verdict ? '' : ` (${code})`}`)
  return [`${token.hostName} could not be joined at any of ${token.addresses.length} address${token.addresses.length === 1 ? '' : 'es'}:`, ...lines].join('\n')
}

const nextSteps = (token: InvitationToken, failures: Joined['failures']): string[] => {
  const codes = new Set<string>(failures.map(({ code }) => code))
  if (['INVITATION_USED', 'INVITATION_EXPIRED', 'INVITATION_CANCELLED', 'INVITATION_INVALID'].some(code => codes.has(code))) return [`on ${token.hostName}: skein invite`]
  if (codes.has('PIN_MISMATCH')) return [`on ${token.hostName}: skein invite, since it may have another key by now (skein rotate-key)`, `on ${token.hostName}: skein invite --dial ADDRESS, where another host answers there`]
  return [`on ${token.hostName}: skein up`, `on ${token.hostName}: skein invite --dial ADDRESS, one that this host can reach`]
}

const joinedReply = (host: Host, { asked, folder, replaced }: Placed, token: InvitationToken, joined: Joined): Reply => {
  const { settings, replica } = host
  const warnings: Warning[] = []
  if (replaced !== null) warnings.push({ code: 'HOME_REPLACED', text: `the home's own mesh ${replaced}, which had no other member and no record, was replaced`, details: { mesh: replaced } })
  if (folder !== asked) warnings.push({ code: 'HOME_SECOND', text: `the home in ${asked} belongs to another mesh; this one is in ${folder}: skein --home ${folder} …`, details: { home: folder } })
  for (const { url, text } of joined.failures) warnings.push({ code: 'ADDRESS_UNREACHABLE', text: `${url}: ${text}`, details: { url } })
  if (!joined.viewsEqual) warnings.push({ code: 'VIEWS_DIFFER', text: 'the views of both hosts were not equal yet', details: {} })
  const data = {
    mesh: settings.meshName,
    mesh_id: settings.mesh,
    host: host.nameOf(replica.key),
    home: folder,
    linked_to: token.hostName,
    address: joined.link.url,
    posture: joined.link.posture,
    round_trip_ms: joined.link.roundTripMs === null ? null : Math.round(joined.link.roundTripMs),
    records: replica.view.count,
    missing: joined.missing,
    views_equal: joined.viewsEqual,
    view_hash: replica.view.hash()
  }
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings, freshness: {}, next: folder === asked ? ['skein up'] : [`skein --home ${folder} up`] }, exit: 0 }
}
