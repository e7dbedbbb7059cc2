import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { HostId } from '../../../src/core/brand.js'
import type { Crypto } from '../../../src/core/crypto.js'
import { LIMITS } from '../../../src/core/limits.js'
import { checkoutName } from '../../../src/host/repository/checkout-name.js'
import {
  addRepository,
  enrolledFrom,
  linkRepository,
  listRepositories,
  NOTHING_ENROLLED,
  readEnrolment,
  removeRepository,
  repositoryAt,
  writeEnrolment,
  type Enrolled,
  type Enrolment
} from '../../../src/host/repository/enrolment.js'
import { refusal, value } from './scratch.js'

const entry = (key: string, root = `/code/${key}`, at = 1_000): Enrolled =>
  enrolledFrom({ key, from: 'origin', remotes: [{ name: 'origin', url: key }] }, root, at, 'repo add')

const enrolled = (...entries: readonly Enrolled[]): Enrolment => entries.reduce((list, one) => value(addRepository(list, one)), NOTHING_ENROLLED)

describe('enrolment', () => {
  it('adds once, notes further checkouts, and keeps when and how', () => {
    const twice = enrolled(entry('h/o/b'), entry('h/o/a'), { ...entry('h/o/b', '/else', 2_000), how: 'claim' }, entry('h/o/b'))
    expect(listRepositories(twice).map(({ key }) => key)).toEqual(['h/o/a', 'h/o/b'])
    expect(twice.repositories.get('h/o/b')).toMatchObject({ roots: ['/else', '/code/h/o/b'], enrolledAt: 1_000, how: 'repo add' })
    expect(repositoryAt(twice, '/else')?.key).toBe('h/o/b')
    expect(repositoryAt(twice, '/nowhere')).toBeNull()
    expect(NOTHING_ENROLLED.repositories.size).toBe(0)
  })

  it('links: moves the entry, joins two, follows chains, refuses rings', () => {
    const two = enrolled(entry('a', '/a', 5), entry('b', '/b', 3))
    const linked = value(linkRepository(two, 'a', 'b'))
    expect(listRepositories(linked)).toHaveLength(1)
    expect(linked.repositories.get('b')).toMatchObject({ key: 'b', enrolledAt: 3, roots: ['/b', '/a'] })
    expect([...linked.links]).toEqual([['a', 'b']])
    const chained = value(linkRepository(linked, 'b', 'c'))
    expect([...chained.repositories.keys()]).toEqual(['c'])
    expect(refusal(linkRepository(chained, 'c', 'a')).code).toBe('FIELD_INVALID')
    expect(refusal(linkRepository(chained, 'c', 'x\ny')).field).toBe('key')
    expect(value(linkRepository(chained, 'a', 'a')).links.has('a')).toBe(false)
    expect(value(linkRepository(NOTHING_ENROLLED, '/code/app', 'c')).links.get('/code/app')).toBe('c')
  })

  it('removes with the links that lead there', () => {
    const linked = value(linkRepository(enrolled(entry('a'), entry('z')), 'a', 'b'))
    const removed = value(removeRepository(linked, 'b'))
    expect([...removed.repositories.keys()]).toEqual(['z'])
    expect(removed.links.size).toBe(0)
    expect(refusal(removeRepository(removed, 'b'))).toMatchObject({ code: 'NO_REPOSITORY', next: ['skein repo list'] })
  })

  it('is written and read back, also with keys that are names of properties', () => {
    const list = value(linkRepository(enrolled(entry('__proto__'), { ...entry('constructor'), rootCommit: 'a'.repeat(40) }), 'toString', '__proto__'))
    expect(value(readEnrolment(writeEnrolment(list)))).toEqual(list)
    expect(value(readEnrolment(null))).toBe(NOTHING_ENROLLED)
    for (const text of ['', '{}', '[]', 'null', '{"version":2,"repositories":[],"links":[]}', '{"version":1,"repositories":[{"key":""}],"links":[]}']) {
      expect(refusal(readEnrolment(text)).code).toBe('STORE_DAMAGED')
    }
  })

  it('is bounded', () => {
    const repositories = new Map(Array.from({ length: LIMITS.enrolledRepositories }, (_, index) => [`k${index}`, entry(`k${index}`)]))
    const full: Enrolment = { ...NOTHING_ENROLLED, repositories }
    expect(refusal(addRepository(full, entry('one more'))).code).toBe('TOO_LARGE')
    expect(value(addRepository(full, entry('k0', '/other'))).repositories.size).toBe(LIMITS.enrolledRepositories)
    const many = Array.from({ length: LIMITS.checkoutsPerRepository + 3 }, (_, index) => entry('a', `/r${index}`))
    expect(enrolled(...many).repositories.get('a')?.roots).toHaveLength(LIMITS.checkoutsPerRepository)
  })
})

describe('checkoutName', () => {
  const crypto: Crypto = { sha256: bytes => new Uint8Array(createHash('sha256').update(bytes).digest()), verify: () => false }
  const host = (id: string): HostId => id.padEnd(32, '0') as HostId

  it('is 16 characters, equal exactly for one host and one folder', () => {
    const name = checkoutName(crypto, host('a'), '/code/app')
    expect(name).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/)
    expect(checkoutName(crypto, host('a'), '/code/app')).toBe(name)
    expect(new Set([name, checkoutName(crypto, host('b'), '/code/app'), checkoutName(crypto, host('a'), '/code/app2')]).size).toBe(3)
  })
})
