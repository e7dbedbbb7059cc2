import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Claim } from '../../core/coordination/claims/claim.js'
import { visible } from '../../core/coordination/records/visible.js'
import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'
import { ageText } from '../age.js'
import { doubtText, isNews } from '../doubt.js'
import { fenceRemedy } from '../fence.js'
import { hostRowsByKey, linkTo } from '../hosts.js'
import { operation } from '../operation.js'
import { repositoryWarnings } from '../twins.js'
import { deadlockRow, deadlocksNow } from '../waiting/deadlocks.js'
import { holderText } from '../words.js'
import { troubleOf } from './status.js'

export const checkSchema = z.object({
  name: z.string().describe('what was looked at: home, key, store, witness, disk, damage, forks, waiting, clock, links …'),
  /** `note`: nothing is wrong with this host, and its owner may want to know. `wrong`: something has to be done. */
  state: z.enum(['ok', 'note', 'wrong']),
  text: z.string(),
  /** What to do about it. */
  next: z.array(z.string())
})

export type Check = z.infer<typeof checkSchema>

export const doctorSchema = z.object({
  /** Nothing is wrong. */
  sound: z.boolean(),
  daemon: z.number().int().nullable().describe('its pid; null: none runs, and the store was opened for this'),
  checks: z.array(checkSchema)
})

export type DoctorData = z.infer<typeof doctorSchema>

const ok = (name: string, text: string): Check => ({ name, state: 'ok', text, next: [] })
const noted = (name: string, text: string, ...next: readonly string[]): Check => ({ name, state: 'note', text, next: [...next] })
const wrong = (name: string, text: string, ...next: readonly string[]): Check => ({ name, state: 'wrong', text, next: [...next] })

const mebibytes = (bytes: number): string => `${Math.floor(bytes / (1024 * 1024))} MiB`

const homeCheck = async ({ paths, settings }: Host): Promise<Check> => {
  const { mode } = await stat(paths.folder)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) return wrong('home', `${paths.folder} can be entered by other users (mode ${(mode & 0o777).toString(8)})`, `chmod 700 ${paths.folder}`)
  return ok('home', `${paths.folder}, host ${settings.name} of mesh ${settings.meshName}`)
}

/** A key that others may read keeps the home from being opened at all; this shows that it was looked at. */
const keyCheck = async ({ paths }: Host): Promise<Check> => {
  const path = join(paths.folder, 'host.key')
  const { mode } = await stat(path)
  return process.platform !== 'win32' && (mode & 0o077) !== 0 ? wrong('key', `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`, `chmod 600 ${path}`) : ok('key', 'for this user alone')
}

const storeChecks = (host: Host): Check[] => {
  const { fenced, damage, epoch, forked, parallel } = troubleOf(host)
  const { doubt } = host.replica
  const lost = damage.filter(({ mended }) => !mended)
  return [
    fenced === null ? ok('store', `opened and read in ${Math.round(host.opened.ms)} ms; epoch ${epoch ?? 'none yet'}`) : wrong('store', `nothing is written any more: ${fenced.reason} (${fenced.code})`, ...fenceRemedy(host)),
    doubt !== null && isNews(host) ? noted('past', doubtText(doubt)) : ok('past', 'the store is what this host wrote last, where it wrote it'),
    lost.length === 0 ? ok('damage', 'nothing is missing or changed, as far as a start looks') : wrong('damage', `${lost.length} ${lost.length === 1 ? 'place' : 'places'} in the store ${lost.length === 1 ? 'is' : 'are'} not what was written`, 'skein verify', 'skein sync'),
    forked.length + parallel.length === 0 ? ok('forks', 'none') : wrong('forks', [...forked, ...parallel].map(({ text }) => text).join(' '), 'skein peers')
  ]
}

const witnessCheck = (host: Host): Check => {
  const { witnessFailure } = host.runtime
  return witnessFailure === null ? ok('witness', 'this machine remembers how far the log went') : noted('witness', `nothing outside the home remembers how far the log went, so that a restored backup is known only by its files and from peers: ${witnessFailure}`)
}

const diskCheck = async (host: Host): Promise<Check> => {
  const free = await host.runtime.freeBytes()
  if (free === null) return noted('disk', 'how much is free cannot be told')
  if (free >= LIMITS.diskFreeMinBytes) return ok('disk', `${mebibytes(free)} free`)
  return wrong('disk', `${mebibytes(free)} free, and nothing is written with less than ${mebibytes(LIMITS.diskFreeMinBytes)}`, 'make room')
}

const refusalCheck = (host: Host): Check => {
  const { refusals, invalid } = troubleOf(host)
  const count = refusals.reduce((sum, refusal) => sum + refusal.count, 0)
  if (count + invalid === 0) return ok('refusals', 'none since start')
  return noted('refusals', `${count} refused since start, ${invalid} records that say nothing`, 'skein verify')
}

/** No matter of this host's health, and the first thing that people look for when nobody goes on. */
const waitingCheck = (host: Host, session: string): Check => {
  const [first, ...rest] = deadlocksNow(host).map(deadlock => deadlockRow(host, session, deadlock))
  if (first === undefined) return ok('waiting', 'nobody waits in a circle')
  return noted('waiting', `${first.text}${rest.length === 0 ? '' : ` And ${rest.length} more: skein status`}`)
}

/** Claims of this host's sessions that cross others' and of which no holder has said how it goes on. */
const crossingCheck = (host: Host): Check => {
  const { view, hostId } = host.replica
  const now = host.meshNow()
  const crossings = view.claims.crossingsOf(view.claims.liveOfHost(hostId, now), now, { left: LIMITS.crossingLooks })
  const open = crossings.filter(({ resolutions }) => resolutions.length === 0)
  const settled = crossings.length - open.length
  const [first] = open
  if (first === undefined) return ok('crossings', settled === 0 ? 'none' : `${settled} settled`)
  const name = (claim: Claim): string => `${view.shortId(claim.entry)} of ${holderText(host, claim)}`
  const more = open.length > 1 ? ` and ${open.length - 1} more` : ''
  return noted('crossings', `${name(first.lead)} leads ${name(first.follows)} on ${first.witness === '' ? ':/' : visible(first.witness)}${more}; not settled`, `skein resolve ${view.shortId(first.follows.entry)} --yield|--split SCOPE|--both`)
}

const SKEW_MS = 2_000

const clockCheck = (host: Host): Check => {
  const { offsetMs } = host.replica
  if (Math.abs(offsetMs) < SKEW_MS) return ok('clock', 'as the mesh\'s')
  const text = `${ageText(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} the mesh's`
  return Math.abs(offsetMs) > LIMITS.clockAheadMs ? wrong('clock', text, 'set the clock of this machine') : noted('clock', text)
}

const repositoryChecks = (host: Host): Check[] => {
  const found = repositoryWarnings(host)
  if (found.length === 0) return [ok('repositories', 'each has one name, as far as the hosts say')]
  return found.map(({ text, details }) => noted('repositories', text, ...(typeof details?.['next'] === 'string' ? [details['next']] : [])))
}

/** Asks every linked peer now, and waits for its answer. */
const linkChecks = async (host: Host): Promise<Check[]> => {
  if (host.daemonSince === null) return [noted('daemon', 'none runs: peers reach this host only while one does', 'skein up')]
  const since = host.now().mono
  const unanswered = (): number => [...host.replica.links].filter(link => link.phase === 'open' && link.pongMono < since).length
  host.runtime.feed({ type: 'probe' })
  while (unanswered() > 0 && host.now().mono - since < LIMITS.seekMs) await host.runtime.waitFor(event => event.type === 'answered' || event.type === 'unlinked', LIMITS.seekMs)
  const failures = new Map(host.network?.targets().map(({ key, lastFailure }) => [key, lastFailure]) ?? [])
  const checks: Check[] = [ok('daemon', `up, pid ${process.pid}`)]
  for (const [key, { name, state }] of hostRowsByKey(host)) {
    const link = linkTo(host, key)
    const failed = failures.get(key) ?? null
    if (link !== null && link.pongMono >= since) checks.push(ok('link', `${name} answered in ${Math.round(link.pongMono - since)} ms`))
    else if (link !== null) checks.push(wrong('link', `${name} is linked and does not answer`, 'skein peers'))
    else if (state === 'unreachable') checks.push(wrong('link', failed === null ? `${name} is not reached` : `${name} is not reached: ${failed}`, 'skein peers', 'skein sync'))
    else if (state !== 'here' && state !== 'left') checks.push(noted('link', `${name} is ${state}`))
  }
  return checks
}

/** Looks this host over, from the same facts as `status`: what is wrong, and what to do about it. Exit 1 where something is. */
export const doctor = operation({
  name: 'doctor',
  args: z.object({}),
  data: doctorSchema,
  tells: false,
  renewsLeases: false,
  run: async ({ host, session }) => {
    const checks = [await homeCheck(host), await keyCheck(host), ...storeChecks(host), witnessCheck(host), await diskCheck(host), refusalCheck(host), waitingCheck(host, session), clockCheck(host), crossingCheck(host), ...repositoryChecks(host), ...(await linkChecks(host))]
    const sound = checks.every(({ state }) => state !== 'wrong')
    return { ok: true, data: { sound, daemon: host.daemonSince === null ? null : process.pid, checks }, exit: sound ? 0 : 1, next: [...new Set(checks.flatMap(({ state, next }) => (state === 'wrong' ? next : [])))].filter(step => step.startsWith('skein ')) }
  }
})
