import { afterAll, beforeAll, expect, it } from 'vitest'
import { callDaemon } from '../../src/control/client.js'
import type { SuccessEnvelope } from '../../src/control/envelope.js'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'
import { evidenceOf } from '../support/pair.js'

/** `E2E_RACES=200` races more often. */
const RACES = Number(process.env.E2E_RACES ?? 50)
const HOSTS = ['mac', 'box', 'spark', 'pi'] as const
const SESSIONS = Array.from({ length: 20 }, (_, index) => ({ session: `s-${index}`, host: HOSTS[index % HOSTS.length] ?? 'mac' }))

const mesh = new TestMesh()
const trees = new Map<string, string>()

beforeAll(async () => {
  for (const host of HOSTS) trees.set(host, mesh.checkout(`${host}-app`))
  await mesh.found('mac')
  await mesh.up('mac')
  for (const host of HOSTS.slice(1)) {
    await mesh.join(host, await mesh.invite('mac'))
    await mesh.up(host)
  }
  for (const host of HOSTS) for (const other of HOSTS) if (other !== host) await mesh.sees(host, other, 'linked')
}, 120_000)
afterAll(() => mesh.end())

const call = async ({ session, host }: (typeof SESSIONS)[number], op: string, args: Record<string, unknown>): Promise<SuccessEnvelope> => {
  const reply = await callDaemon({ op, args, caller: evidenceOf(session), cwd: trees.get(host) ?? '' }, { home: mesh.home(host) })
  if (reply === null || !reply.envelope.ok) throw new Error(`${host}/${session} ${op}: ${JSON.stringify(reply?.envelope)}`)
  return reply.envelope
}

it(`20 sessions of 4 daemons race for each of ${RACES} names: one lead everywhere, each told of each other once (case 74)`, async () => {
  const wrong: string[] = []
  const started = performance.now()
  for (let race = 0; race < RACES; race++) {
    const scope = [`@race-${race}`]
    const told = new Map<string, number>()
    const take = (session: string, { warnings }: SuccessEnvelope): void => {
      for (const { code, details } of warnings) if (code === 'CLAIM_OVERLAP' || code === 'CLAIM_CROSSING') told.set(`${session} ${String(details.claim)}`, (told.get(`${session} ${String(details.claim)}`) ?? 0) + 1)
    }
    await Promise.all(SESSIONS.map(async each => take(each.session, await call(each, 'claim', { scope }))))
    await eventually(() => Promise.all(HOSTS.map(host => mesh.viewHash(host))), hashes => new Set(hashes).size === 1, 20_000)
    // what is new is said by the next command of each, and nothing by the one after that, of one of each host
    for (const each of [...SESSIONS, ...SESSIONS.slice((4 * race) % 20, ((4 * race) % 20) + 4)]) take(each.session, await call(each, 'who', { paths: scope }))
    const leads = await Promise.all(HOSTS.map(async host => ((await call({ session: 'onlooker', host }, 'claims', { scope })).data as ClaimsData).claims.filter(({ lead }) => lead === true).map(({ id }) => id)))
    if (leads.some(lead => lead.length !== 1 || lead[0] !== leads[0]?.[0])) wrong.push(`race ${race}: led by ${JSON.stringify(leads)}`)
    if (told.size !== SESSIONS.length * (SESSIONS.length - 1)) wrong.push(`race ${race}: ${told.size} were told`)
    for (const [who, times] of told) if (times > 1) wrong.push(`race ${race}: ${who} told ${times} times`)
    await Promise.all(SESSIONS.map(each => call(each, 'release', { all: true })))
  }
  process.stdout.write(`${RACES} races of ${SESSIONS.length} sessions on ${HOSTS.length} daemons in ${Math.round(performance.now() - started)} ms\n`)
  recordCase(74, { test: 'test/e2e/races.test.ts', runs: RACES, worst: wrong.length, limit: 0, unit: 'wrong' })
  expect(wrong.slice(0, 10)).toEqual([])
}, Math.max(180_000, RACES * 4_000))
