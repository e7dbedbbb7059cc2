import { expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { HostKey, RecordId } from '../../../../src/core/brand.js'
import { compareLead, compareTurns, lotOf, turnFor, type LeadKey } from '../../../../src/core/coordination/claims/turn.js'
import { recordCase } from '../../../support/cases.js'
import { seeded } from '../../../support/seeded.js'
import { MESH, NOON } from '../records/scribe.js'

const SETS = 40_000
const HOSTS = Array.from({ length: 8 }, (_, index) => (index + 1).toString(16).padStart(2, '0').repeat(32) as HostKey)

interface Made {
  readonly key: LeadKey
  readonly host: HostKey
  /** Claims of this set that its host held when it signed. */
  readonly held: readonly Made[]
}

const first = (claims: readonly Made[]): Made | undefined => claims.toSorted((left, right) => compareLead(left.key, right.key))[0]

it(`the lead of ${SETS} random sets: one total order, that no release of another moves, nobody grinds, and sight goes before`, () => {
  const random = seeded(2026)
  const int = (below: number): number => Math.floor(random() * below)
  const lots = new Map<string, string>()
  const lot = (minute: number, host: HostKey): string => {
    const name = `${minute} ${host}`
    const known = lots.get(name) ?? lotOf(nodeCrypto, MESH, minute, host)
    lots.set(name, known)
    return known
  }
  const recordId = (): RecordId => int(2 ** 31).toString(32).padStart(32, '0') as RecordId
  let wrong = 0
  for (let set = 0; set < SETS; set++) {
    const claims: Made[] = []
    let at = NOON
    for (let count = 2 + int(7); count > 0; count--) {
      at += int(90_000)
      const host = HOSTS[int(HOSTS.length)] ?? HOSTS[0]
      if (host === undefined) throw new Error('no host')
      const held = claims.filter(() => random() < 0.4)
      // clocks lie by up to a quarter of an hour; what counts as held already has its time behind it
      const turn = turnFor({ correctedNow: at + int(1_800_000) - 900_000, held: held.map(({ key }) => key), advantageMinutes: random() < 0.2 ? 10 : 0 })
      claims.push({ host, held, key: { reclaimed: false, turn, lot: lot(turn[0], host), id: recordId() } })
    }
    const lead = first(claims)
    if (lead === undefined) throw new Error('no claim')
    const others = claims.filter(claim => claim !== lead)
    // whatever else is released, in whatever order the rest is looked at
    const left = [...others.filter(() => random() < 0.5), lead].toSorted(() => random() - 0.5)
    if (first(left) !== lead) wrong += 1
    // antisymmetric and transitive over every three of them
    for (const one of claims) {
      for (const two of claims) {
        if (Math.sign(compareLead(one.key, two.key)) !== -Math.sign(compareLead(two.key, one.key))) wrong += 1
        for (const three of claims) if (compareLead(one.key, two.key) < 0 && compareLead(two.key, three.key) < 0 && compareLead(one.key, three.key) >= 0) wrong += 1
      }
      for (const seen of one.held) if (compareTurns(seen.key.turn, one.key.turn) >= 0 || compareLead(seen.key, one.key) >= 0) wrong += 1
    }
    // another text, reason or session gives another id, and no other place among the other hosts
    const ground = others[int(others.length)]
    if (ground === undefined) continue
    for (let turn = 0; turn < 4; turn++) {
      const again: Made = { ...ground, key: { ...ground.key, id: recordId() } }
      for (const other of claims) if (other.host !== ground.host && Math.sign(compareLead(again.key, other.key)) !== Math.sign(compareLead(ground.key, other.key))) wrong += 1
    }
  }
  recordCase(74, { test: 'test/core/coordination/claims/lead-sets.test.ts', runs: SETS, worst: wrong, limit: 0, unit: 'wrong' })
  expect(wrong).toBe(0)
})
