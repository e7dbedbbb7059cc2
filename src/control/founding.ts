import { chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { foundMesh } from '../core/coordination/membership/genesis.js'
import { isName, type OperatorKey } from '../core/coordination/membership/body.js'
import { toHex } from '../core/encoding/bytes.js'
import { failure, success, type Result } from '../core/result.js'
import { advertisedAddresses } from '../host/addresses.js'
import { Host, type HostAdapters } from '../host/host.js'
import { finishPromotion, HOME_VERSION, homeIsMade, homeMade, makeHomeFolders, removeHome, writeSettings, type HomePaths, type Settings } from '../host/home.js'
import { DEFAULT_PORT, hostAndPort, machineName, normaliseAddress, parseAddress } from './adapters.js'
import { systemAdapters } from './assembly.js'
import { makeRecovery } from './recovery.js'
import { failureReply, SCHEMA_VERSION, type Reply, type Warning } from './envelope.js'

/** What `init` and `join` are told of the host to be made. */
export interface NewHome {
  readonly home: string
  readonly name?: string | undefined
  /** `host:port`; every network and a free port near the usual one, when left out. */
  readonly listen?: string | undefined
  readonly advertise?: readonly string[]
}

/** Where a new home will listen: chosen once and kept. `FIELD_INVALID` names what cannot be read. */
export const listenAddress = async (listen: string | undefined): Promise<Result<Settings['listen']>> => {
  if (listen === undefined) return success({ host: '0.0.0.0', port: (await isFree('0.0.0.0', DEFAULT_PORT)) ? DEFAULT_PORT : await freePort('0.0.0.0') })
  const bare = /^:?(\d{1,5})$/.exec(listen)
  const withPort = bare === null ? listen : `0.0.0.0:${bare[1] ?? ''}`
  const anyPort = /^(.*):0$/.exec(withPort)
  const parsed = parseAddress(anyPort === null ? withPort : `${anyPort[1] ?? ''}:1`)
  if (!parsed.ok) return failure('FIELD_INVALID', `--listen ${listen}: ${parsed.failure.message}`, { field: '--listen', next: ['--listen 0.0.0.0:4747'] })
  const { host, port } = parsed.value
  return success({ host, port: anyPort === null ? port : await freePort(host) })
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })

const freePort = (host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })

/** Addresses set by hand, normalised. */
export const advertiseAddresses = (advertise: readonly string[], field = '--advertise'): Result<string[]> => {
  const urls: string[] = []
  for (const text of advertise) {
    const address = normaliseAddress(text)
    if (!address.ok) return failure(address.failure.code, `${field} ${text}: ${address.failure.message}`, { ...address.failure, field })
    urls.push(address.value.url)
  }
  return success(urls)
}

export const hostName = (name: string | undefined): Result<string> => {
  const chosen = name ?? machineName()
  return isName(chosen) ? success(chosen) : failure('FIELD_INVALID', `"${chosen}" cannot be the name of a host: letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit`, { field: '--name' })
}

export interface Founding extends NewHome {
  readonly mesh?: string | undefined
  /** Null: an operator key in clear, as asked for. */
  readonly passphrase: string | null
}

/** A home whose mesh is founded, and the recovery code, which is kept nowhere. */
interface Founded {
  readonly host: Host
  readonly recovery: string
}

const founded = async (paths: HomePaths, adapters: HostAdapters, given: Founding, settings: Omit<Settings, 'mesh'>): Promise<Result<Founded>> => {
  const keys = adapters.keys(paths.folder)
  const operator = await keys.createOperator(given.passphrase)
  if (!operator.ok) return operator
  const signer = await keys.createHost()
  if (!signer.ok) return signer
  const { wall } = adapters.clock.now()
  const { code, signer: recovery } = makeRecovery()
  const genesis = foundMesh(adapters.crypto, { name: settings.meshName, hostName: settings.name, role: 'planner', stamp: { wall, count: 0 }, recovery: toHex(recovery.publicKey) as OperatorKey }, operator.value, signer.value)
  if (!genesis.ok) return genesis
  const kept = writeSettings(paths, { ...settings, mesh: genesis.value.mesh })
  if (!kept.ok) return kept
  const host = await Host.open(paths.folder, adapters, { what: 'skein init', daemon: false, create: true })
  if (!host.ok) return host
  const added = await host.value.runtime.submitAct(genesis.value.bytes)
  if (added.ok) return success({ host: host.value, recovery: code })
  await host.value.stop()
  return added
}

/** Makes a home and founds a mesh in it: host key, operator key, signed genesis. All of it, or nothing is left behind. */
export const found = async (given: Founding): Promise<Reply> => {
  const { home } = given
  finishPromotion(home)
  if (homeIsMade(home)) return failureReply({ code: 'HOME_EXISTS', message: `there is a skein home in ${home} already`, field: '--home', next: ['skein status', 'skein --home ANOTHER-FOLDER init'] })
  const name = hostName(given.name)
  if (!name.ok) return failureReply(name.failure)
  const meshName = given.mesh ?? 'work'
  const listen = await listenAddress(given.listen)
  if (!listen.ok) return failureReply(listen.failure)
  const advertise = advertiseAddresses(given.advertise ?? [])
  if (!advertise.ok) return failureReply(advertise.failure)
  const paths = makeHomeFolders(home)
  if (!paths.ok) return failureReply(paths.failure)
  chmodSync(home, 0o700)
  const adapters = systemAdapters()
  const created = new Date(adapters.clock.now().wall).toISOString()
  const made = await founded(paths.value, adapters, given, { version: HOME_VERSION, meshName, name: name.value, listen: listen.value, advertise: advertise.value, created })
  if (!made.ok) {
    removeHome(paths.value)
    return failureReply(made.failure)
  }
  homeMade(paths.value)
  const { host, recovery } = made.value
  const { settings } = host
  const addresses = advertisedAddresses(settings, settings.listen)
  await host.stop()
  const warnings: Warning[] = given.passphrase === null ? [{ code: 'OPERATOR_UNLOCKED', text: 'the operator key has no passphrase: whoever can read this home can act as the operator', details: {} }] : []
  const data = {
    mesh: settings.meshName,
    mesh_id: settings.mesh,
    host: settings.name,
    home,
    listening: hostAndPort(settings.listen.host, settings.listen.port),
    reachable: addresses.map(({ url }) => url),
    recovery
  }
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings, freshness: {}, next: ['skein up', 'skein invite'] }, exit: 0 }
}
