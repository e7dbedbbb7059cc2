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

const level = () => eventually(() => Promise.all(HOSTS.map(host => mesh.viewHash(host))), hashes => new Set(hashes).size === 1, 20_000)

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
    await level()
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

it('a claim that is offered to all is taken by one of two who take it at once: the same everywhere, and everybody is told once', async () => {
  const giver = { session: 'giver', host: 'mac' } as const
  const takers = [{ session: 'taker', host: 'box' }, { session: 'taker', host: 'spark' }] as const
  let both = 0
  for (let round = 0; round < 10; round++) {
    const { id } = (await call(giver, 'claim', { scope: [`@handed-${round}`] })).data as { id: string }
    const { id: offer } = (await call(giver, 'hand', { id, to: 'all' })).data as { id: string }
    await level()
    const offerWords = ({ warnings }: SuccessEnvelope): string[] => warnings.map(({ code }) => code).filter(code => code.startsWith('OFFER'))
    // the answer of the later one may say already that it lost
    const answers = await Promise.all(takers.map(taker => call(taker, 'take', { id: offer }).then(offerWords, () => null)))
    const tried = answers.map(answer => answer !== null)
    await level()
    const held = await Promise.all(HOSTS.map(async host => ((await call({ session: 'onlooker', host }, 'claims', { scope: [`@handed-${round}`] })).data as ClaimsData).claims.map(({ host: by, session }) => `${by}/${session}`).sort().join()))
    expect(new Set(held).size).toBe(1)
    expect(held[0]?.split(',')).toEqual(takers.filter((_, index) => tried[index]).map(({ host, session }) => `${host}/${session}`))
    const codes = async (who: { session: string; host: (typeof HOSTS)[number] }) => offerWords(await call(who, 'who', { paths: ['@nothing'] }))
    expect([await codes(giver), await codes(giver)]).toEqual([['OFFER_TAKEN'], []])
    const told = await Promise.all(takers.map(async (taker, index) => [...(answers[index] ?? []), ...(await codes(taker)), ...(await codes(taker))]))
    expect(told.flat()).toEqual(tried.every(each => each) ? ['OFFER_LOST'] : [])
    if (tried.every(each => each)) both += 1
    for (const taker of takers) await call(taker, 'release', { all: true })
  }
  process.stdout.write(`10 offers, ${both} taken by both at once\n`)
}, 120_000)
