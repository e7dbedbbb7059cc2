import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk, type Answer } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const MINUTE = 60_000
const folder = temporaryFolder()
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const rows = (list: unknown): Record<string, unknown>[] => (Array.isArray(list) ? list : [])
const idOf = async (session: string, ...words: string[]): Promise<string> => String((await mac.run(session, ['claim', ...words])).envelope.data.id)
const codes = ({ envelope }: Answer) => envelope.warnings.map(({ code }) => code)
const wrong = ({ code, envelope }: Answer) => [code, envelope.error.code]
const stated = async (id: string) => rows((await mac.run('onlooker', ['claims'])).envelope.data.claims).find(claim => claim.id === id)

describe('skein take', () => {
  it('takes over a stale claim with a signed reason and a claim of its own; its holder is told once, and takes it back by renewing', async () => {
    const id = await idOf('noon', 'stale/**', '--reason', 'long tests')
    mac.advance(31 * MINUTE)
    const taken = await mac.run('two', ['take', id, '--reason', 'gone for lunch'])
    expect([taken.code, taken.envelope.data]).toMatchObject([0, { how: 'reclaimed', from: 'mac/noon', took: [id], scope: ['stale/**'], claims: [{ session: 'two', same_tree: true }] }])
    expect((await mac.run('two', ['take', id], { json: false })).text).toMatch(/^taken over from mac\/noon, whose c-\w{8} stands behind/)
    const mine = String(rows(taken.envelope.data.claims)[0]?.id)
    expect(await stated(id)).toMatchObject({ state: 'stale', reclaimed_by: ['mac/two'] })
    const told = await mac.run('noon', ['who', 'elsewhere'])
    expect(codes(told)).toContain('CLAIM_TAKEN_OVER')
    expect(told.envelope.warnings.find(({ code }) => code === 'CLAIM_TAKEN_OVER')?.text).toMatch(/^mac\/two took over your claim c-\w{8} at \d\d:\d\dZ: "gone for lunch"\. It stands, behind theirs\. To take it back: skein renew; to let it go: skein release c-\w{8}\.$/)
    expect(codes(await mac.run('noon', ['who', 'elsewhere']))).toEqual([])
    expect(await stated(id)).toMatchObject({ state: 'stale' })
    const back = await mac.run('noon', ['renew'])
    expect(back.envelope.data).toMatchObject({ again: [id], back: ['mac/two'] })
    // it was away for longer than its lease, so it takes a new turn behind who came in between
    expect([await stated(id), await stated(mine)]).toMatchObject([{ state: 'live', reclaimed: 0, lead: false }, { lead: true }])
    await mac.run('noon', ['release', '--all'])
    await mac.run('two', ['release', '--all'])
  })

  it('leaves a live claim alone, and with --force passes its lead until its holder, who is told, takes it back', async () => {
    const id = await idOf('holder', 'live/**')
    const refused = await mac.run('forcer', ['take', id])
    expect([...wrong(refused), refused.envelope.next]).toEqual([1, 'CLAIM_LIVE', [`skein ask mac/holder TEXT`, `skein take ${id} --force --reason TEXT`]])
    expect(refused.envelope.error.message).toContain('nobody is judged gone before the lease ends')
    expect((await mac.run('forcer', ['claims', '--mine'])).envelope.data.total).toBe(0)
    const forced = await mac.run('forcer', ['take', id, '--force'])
    expect([forced.code, codes(forced)]).toEqual([0, ['CLAIM_OVERLAP']])
    const mine = String(rows(forced.envelope.data.claims)[0]?.id)
    expect([await stated(id), await stated(mine)]).toMatchObject([{ lead: false, reclaimed: 1 }, { lead: true }])
    const told = await mac.run('holder', ['claims', '--mine'])
    expect(codes(told)).toEqual(['CLAIM_TAKEN_OVER', 'CLAIM_CROSSING'])
    expect(told.envelope.warnings[0]?.text).toContain('although its lease had not ended')
    expect((await mac.run('holder', ['renew'])).envelope.data).toMatchObject({ again: [], back: ['mac/forcer'] })
    expect([await stated(id), await stated(mine)]).toMatchObject([{ lead: true, reclaimed: 0 }, { lead: false }])
    expect(codes(await mac.run('forcer', ['who', 'x']))).toEqual(['CLAIM_CROSSING'])
    for (const session of ['holder', 'forcer']) await mac.run(session, ['release', '--all'])
  })

  it('of what is not there to be taken is a clear error', async () => {
    const id = await idOf('owner', 'own')
    expect(wrong(await mac.run('owner', ['take', id]))).toEqual([2, 'FIELD_INVALID'])
    await mac.run('owner', ['release', id])
    const released = await mac.run('other', ['take', id])
    expect([...wrong(released), released.envelope.error.message]).toEqual([3, 'NO_SUCH_RECORD', `${id} is released already`])
    expect(wrong(await mac.run('other', ['take', 'c-zzzzzzzz']))).toEqual([3, 'NO_SUCH_RECORD'])
    const { id: note } = (await mac.run('other', ['send', 'mac', 'hello'])).envelope.data
    expect(wrong(await mac.run('owner', ['take', String(note)]))).toEqual([2, 'FIELD_INVALID'])
    expect(wrong(await mac.run('owner', ['take', id, '--for', '1s']))).toEqual([2, 'FIELD_INVALID'])
  })
})

describe('skein hand', () => {
  it('offers a claim that stays until it is taken, and ends it then; each side is told once', async () => {
    const id = await idOf('giver', 'hand/**', '--reason', 'the parser')
    await mac.run('getter', ['whoami'])
    const handed = await mac.run('giver', ['hand', id, 'mac/getter', '--text', 'tests are missing'])
    expect([handed.code, handed.envelope.data]).toMatchObject([0, { kind: 'offer', to: 'mac/getter', claim: id, offered: ['hand/**'], ack: true }])
    const offer = String(handed.envelope.data.id)
    expect(await stated(id)).toMatchObject({ state: 'live', offered: [{ offer, to: 'mac/getter' }] })
    expect(rows((await mac.run('getter', ['inbox'])).envelope.data.items)).toContainEqual(expect.objectContaining({ id: offer, kind: 'offer', answer: 'wanted', text: 'tests are missing' }))
    expect(rows((await mac.run('getter', ['pending'])).envelope.data.owe)).toMatchObject([{ id: offer }])
    expect(wrong(await mac.run('stranger', ['take', offer]))).toEqual([1, 'NOT_ADDRESSED'])
    expect(wrong(await mac.run('giver', ['take', offer]))).toEqual([1, 'NOT_ADDRESSED'])

    const taken = await mac.run('getter', ['take', offer])
    expect([taken.code, codes(taken), taken.envelope.data]).toMatchObject([0, [], { how: 'handed', from: 'mac/giver', took: [id], scope: ['hand/**'], claims: [{ reason: 'the parser', session: 'getter' }] }])
    expect(await stated(id)).toBeUndefined()
    const told = await mac.run('giver', ['pending'])
    expect(told.envelope.data.owed).toEqual([])
    expect([codes(told), told.envelope.warnings[0]?.text]).toEqual([['OFFER_TAKEN'], expect.stringMatching(/^mac\/getter took c-\w{8}, which you had offered \(o-\w{8}\), at \d\d:\d\dZ\. It is theirs now\.$/)])
    expect(codes(await mac.run('giver', ['who', 'elsewhere']))).toEqual([])
    expect(wrong(await mac.run('getter', ['take', offer]))).toEqual([1, 'CLAIM_HELD'])
    expect(wrong(await mac.run('giver', ['withdraw', offer]))).toEqual([1, 'NOT_HOLDER'])
    expect((await mac.run('giver', ['release', id])).envelope.error.message).toBe(`${id} was handed to mac/getter, who holds it in a claim of its own`)
    await mac.run('getter', ['release', '--all'])
  })

  it('is answered by accept and reject too; one that is taken back is not taken', async () => {
    const id = await idOf('giver', 'hand2')
    const offered = async (to: string) => String((await mac.run('giver', ['hand', id, to])).envelope.data.id)
    const first = await offered('mac/getter')
    expect((await mac.run('getter', ['reject', first, '--reason', 'busy'])).code).toBe(0)
    const told = await mac.run('giver', ['who', 'elsewhere'])
    expect([codes(told), told.envelope.warnings[0]?.text]).toEqual([['OFFER_REJECTED'], expect.stringContaining('"busy". It is yours as before.')])
    const second = await offered('mac/getter')
    await mac.run('giver', ['withdraw', second])
    expect(wrong(await mac.run('getter', ['take', second]))).toEqual([3, 'NO_SUCH_RECORD'])
    const third = await offered('mac')
    expect((await mac.run('getter', ['accept', third, 'gladly'])).envelope.data).toMatchObject({ kind: 'take', text: 'gladly' })
    expect(rows((await mac.run('getter', ['claims', '--mine'])).envelope.data.claims)).toMatchObject([{ scope: ['hand2'] }])
    await mac.run('getter', ['release', '--all'])
  })

  it('of a claim that was released since is waited for no more', async () => {
    const id = await idOf('giver', 'hand-over')
    await mac.run('giver', ['hand', id, 'mac/getter'])
    const owed = async () => [rows((await mac.run('getter', ['pending'])).envelope.data.owe).length, rows((await mac.run('giver', ['pending'])).envelope.data.owed).length]
    expect(await owed()).toEqual([1, 1])
    await mac.run('giver', ['release', id])
    expect(await owed()).toEqual([0, 0])
  })

  it('is for its holder, of what it holds, to somebody else', async () => {
    const id = await idOf('giver', 'hand3')
    expect(wrong(await mac.run('thief', ['hand', id, 'mac/getter']))).toEqual([1, 'NOT_HOLDER'])
    expect(wrong(await mac.run('giver', ['hand', id, 'mac/giver']))).toEqual([2, 'FIELD_INVALID'])
    expect(wrong(await mac.run('giver', ['hand', id, 'nobody']))).toEqual([3, 'NO_SUCH_HOST'])
    const { id: offer } = (await mac.run('giver', ['hand', id, 'mac/getter'])).envelope.data
    await mac.run('giver', ['release', id])
    expect(wrong(await mac.run('getter', ['take', String(offer)]))).toEqual([3, 'NO_SUCH_RECORD'])
    expect(wrong(await mac.run('giver', ['hand', id, 'mac/getter']))).toEqual([3, 'NO_SUCH_RECORD'])
  })
})

describe('skein resolve', () => {
  const crossing = async (mine: readonly string[], theirs: readonly string[]) => {
    const other = await idOf('b', ...theirs)
    const own = await idOf('a', ...mine)
    await mac.run('b', ['whoami'])
    return { own, other }
  }
  const clear = async () => {
    for (const session of ['a', 'b', 'c']) await mac.run(session, ['release', '--all'])
    for (const session of ['a', 'b', 'c']) await mac.run(session, ['whoami'])
  }

  it('--yield releases what both hold, and tells the other once', async () => {
    const { own, other } = await crossing(['y/a', 'y/b', 'free'], ['y/a'])
    const settled = await mac.run('a', ['resolve', other, '--yield', '--reason', 'you were first'])
    expect([settled.code, settled.envelope.data]).toMatchObject([0, { how: 'yield', settled: [{ mine: own, claim: other, holder: 'mac/b', witness: 'y/a' }], released: [{ claim: own, scope: ['y/a'], whole: false }] }])
    expect(await stated(own)).toMatchObject({ scope: ['y/b', 'free'], crossings: [] })
    const told = await mac.run('b', ['who', 'elsewhere'])
    expect([codes(told), told.envelope.warnings[0]?.text]).toEqual([['CLAIM_RESOLVED'], expect.stringMatching(/^mac\/a settled what crosses your claim c-\w{8} at .*: it yields to you: "you were first"\./)])
    expect(codes(await mac.run('b', ['who', 'elsewhere']))).toEqual([])
    expect(codes(await mac.run('a', ['who', 'elsewhere']))).toEqual([])
    await clear()
  })

  it('--split keeps a part, also of an item that covered more', async () => {
    const { own, other } = await crossing(['s/**', 'other'], ['s'])
    expect(wrong(await mac.run('a', ['resolve', own, '--split', 'elsewhere']))).toEqual([2, 'FIELD_INVALID'])
    const split = await mac.run('a', ['resolve', own, '--split', 's/mine/**', 's/x.ts'])
    expect([split.code, codes(split), split.envelope.data]).toMatchObject([0, [], { how: 'split', released: [{ claim: own, scope: ['s/**'], whole: false }], kept: ['s/mine/**', 's/x.ts'] }])
    expect(await stated(own)).toMatchObject({ scope: ['other'], crossings: [] })
    expect(await stated(String(split.envelope.data.claim))).toMatchObject({ scope: ['s/mine/**', 's/x.ts'], crossings: [{ claim: other, settled: { how: 'split', by: 'mac/a' } }] })
    expect(codes(await mac.run('b', ['who', 'elsewhere']))).toEqual(['CLAIM_RESOLVED'])
    expect(codes(await mac.run('b', ['who', 'elsewhere']))).toEqual([])
    await clear()
  })

  it('--both leaves both standing; the pair is shown as settled, and nobody is warned of it again', async () => {
    const { own, other } = await crossing(['b/**'], ['b/x'])
    expect((await mac.run('b', ['doctor'])).envelope.data.checks).toContainEqual(expect.objectContaining({ name: 'crossings', state: 'note' }))
    const both = await mac.run('b', ['resolve', own, '--both', '--reason', 'different lines'])
    expect(both.envelope.data).toMatchObject({ how: 'both', settled: [{ mine: other, claim: own }], released: [] })
    const again = await mac.run('b', ['resolve', other, '--both'])
    expect(again.envelope.data.records).toEqual(both.envelope.data.records)
    expect([codes(await mac.run('a', ['whoami'])), codes(await mac.run('a', ['who', 'z'])), codes(await mac.run('a', ['who', 'z'])), codes(await mac.run('b', ['who', 'z']))]).toEqual([[], ['CLAIM_RESOLVED'], [], []])
    expect([await stated(own), await stated(other)]).toMatchObject([{ state: 'live', crossings: [{ settled: { how: 'both', by: 'mac/b' } }] }, { state: 'live' }])
    expect((await mac.run('a', ['status'])).envelope.data).toMatchObject({ claims: { overlapping: 1, settled: 1 }, crossings: [{ settled: { how: 'both' }, text: expect.stringContaining('Settled: mac/b said that both go on.') }] })
    expect((await mac.run('a', ['claims'], { json: false })).text.replace(/\s+/g, ' ')).toContain('settled (both) by mac/b')
    expect((await mac.run('b', ['doctor'])).envelope.data.checks).toContainEqual(expect.objectContaining({ name: 'crossings', state: 'ok', text: '1 settled' }))
    expect(codes(await mac.run('a', ['claim', 'b/**']))).toEqual([])
    await clear()
  })

  it('of what does not cross, or in no way or two, is a clear error; the advice in a warning can be typed', async () => {
    const lone = await idOf('a', 'lone')
    expect(wrong(await mac.run('a', ['resolve', lone, '--both']))).toEqual([3, 'NO_SUCH_RECORD'])
    expect(wrong(await mac.run('c', ['resolve', lone, '--both']))).toEqual([3, 'NO_SUCH_RECORD'])
    for (const words of [[], ['--both', '--yield']]) expect(wrong(await mac.run('a', ['resolve', lone, ...words]))).toEqual([2, 'USAGE'])
    const { envelope } = await mac.run('c', ['claim', 'lone'])
    expect(envelope.warnings[0]?.text).toMatch(new RegExp(`To ask: skein ask mac/a "…"; to settle: skein resolve ${lone} --yield, --split SCOPE or --both; to wait: skein wait ${lone}\\.`))
    expect((await mac.run('c', ['resolve', lone, '--yield'])).code).toBe(0)
    await clear()
  })
})
