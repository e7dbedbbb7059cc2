import { describe, expect, it } from 'vitest'
import { ADMISSION, Admission } from '../../../src/adapters/websocket/admission.js'
import type { Place } from '../../../src/adapters/websocket/admission.js'

const generous = { ...ADMISSION, perSecond: 1e9, burst: 1e9 }

/** Lets peers in by name and keeps what became of them; `free` stops their timers. */
const gate = (admission: Admission) => {
  const expelled: string[] = []
  const places: Place[] = []
  const admit = (remote: string, name = remote, nowMs = 0): boolean => {
    const place = admission.admit(remote, () => expelled.push(name), nowMs)
    if (place !== null) places.push(place)
    return place !== null
  }
  return { admit, expelled, places, free: () => places.forEach((place) => place.free()) }
}

describe('admission', () => {
  it('has few places, and one is free again when its peer has proved itself or gone', () => {
    const { admit, places, free } = gate(new Admission(generous))
    for (let index = 0; index < generous.unauthenticatedConnections; index++) expect(admit('a')).toBe(true)
    expect(admit('a')).toBe(false)
    places[3]?.free()
    expect(admit('a')).toBe(true)
    expect(admit('a')).toBe(false)
    free()
  })

  it('gives a newcomer the oldest place of the address that holds most', () => {
    const { admit, expelled, free } = gate(new Admission(generous))
    for (let index = 0; index < generous.unauthenticatedConnections; index++) admit('flood', `flood ${index}`)
    expect(admit('good')).toBe(true)
    expect(expelled).toEqual(['flood 0'])
    expect(admit('flood')).toBe(false)
    expect(admit('better')).toBe(true)
    expect(expelled).toEqual(['flood 0', 'flood 1'])
    free()
  })

  it('takes no place from addresses that hold one each', () => {
    const { admit, expelled, free } = gate(new Admission(generous))
    for (let index = 0; index < generous.unauthenticatedConnections; index++) admit(`peer ${index}`)
    expect(admit('late')).toBe(false)
    expect(expelled).toEqual([])
    free()
  })

  it('lets in a burst from one address, then so many a second, and others meanwhile', () => {
    const { admit, places, free } = gate(new Admission({ ...ADMISSION, perSecond: 20, burst: 5 }))
    const admitted = (remote: string, nowMs: number): boolean => {
      const taken = admit(remote, remote, nowMs)
      places.at(-1)?.free()
      return taken
    }
    expect(Array.from({ length: 8 }, () => admitted('a', 1_000)).filter(Boolean).length).toBe(5)
    expect(admitted('b', 1_000)).toBe(true)
    expect(Array.from({ length: 8 }, (_, index) => admitted('a', 1_000 + (index + 1) * 25)).filter(Boolean).length).toBe(4)
    expect(Array.from({ length: 8 }, () => admitted('a', 100_000)).filter(Boolean).length).toBe(5)
    free()
  })

  it('remembers a bounded number of addresses', () => {
    const { admit, places } = gate(new Admission(ADMISSION))
    for (let index = 0; index < 10_000; index++) {
      admit(`address ${index}`)
      places.pop()?.free()
    }
    expect(admit('address 9999')).toBe(true)
    places.pop()?.free()
  })
})
