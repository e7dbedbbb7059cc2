import { describe, expect, it } from 'vitest'
import { concat, toHex, utf8 } from '../../../src/core/encoding/bytes.js'
import { beginAgreement } from '../../../src/adapters/websocket/agreement.js'
import type { Agreed } from '../../../src/adapters/websocket/agreement.js'

const agreed = (): { dialler: Agreed; acceptor: Agreed } => {
  const [one, other] = [beginAgreement('dialled'), beginAgreement('accepted')]
  const [dialler, acceptor] = [one.finish(other.hello), other.finish(one.hello)]
  if (dialler === null || acceptor === null) throw new Error('no agreement')
  return { dialler, acceptor }
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))

describe('the key agreement of a channel without TLS', () => {
  it('gives both ends one binding, and each channel another', () => {
    const channels = Array.from({ length: 20 }, agreed)
    for (const { dialler, acceptor } of channels) expect(toHex(dialler.binding)).toBe(toHex(acceptor.binding))
    expect(new Set(channels.map(({ dialler }) => toHex(dialler.binding))).size).toBe(20)
  })

  it('carries messages in both directions, empty ones too', () => {
    const { dialler, acceptor } = agreed()
    for (const text of ['one', '', 'three']) {
      expect(acceptor.seal.open(dialler.seal.close(utf8(text)))).toEqual(utf8(text))
      expect(dialler.seal.open(acceptor.seal.close(utf8(text)))).toEqual(utf8(text))
    }
  })

  it('refuses a message with any byte changed', () => {
    for (let at = 0; at < 35; at++) {
      const { dialler, acceptor } = agreed()
      expect(acceptor.seal.open(flipped(dialler.seal.close(utf8('abc')), at))).toBe(null)
    }
  })

  it('refuses what was repeated, left out, swapped, reflected, cut or lengthened', () => {
    const cases: ((channel: { dialler: Agreed; acceptor: Agreed }) => Uint8Array | null)[] = [
      ({ dialler, acceptor }) => {
        const sealed = dialler.seal.close(utf8('once'))
        acceptor.seal.open(sealed)
        return acceptor.seal.open(sealed)
      },
      ({ dialler, acceptor }) => {
        dialler.seal.close(utf8('lost'))
        return acceptor.seal.open(dialler.seal.close(utf8('second')))
      },
      ({ dialler }) => dialler.seal.open(dialler.seal.close(utf8('mine'))),
      ({ dialler, acceptor }) => acceptor.seal.open(dialler.seal.close(utf8('cut')).subarray(0, -1)),
      ({ dialler, acceptor }) => acceptor.seal.open(concat(dialler.seal.close(utf8('long')), utf8('er'))),
      ({ acceptor }) => acceptor.seal.open(new Uint8Array(31)),
      ({ acceptor }) => acceptor.seal.open(new Uint8Array(0))
    ]
    for (const attempt of cases) expect(attempt(agreed())).toBe(null)
  })

  it('refuses every changed, cut or reflected hello, and keys of small order', () => {
    const other = beginAgreement('accepted').hello
    for (let at = 0; at < other.length - 32; at++) expect(beginAgreement('dialled').finish(flipped(other, at)), `byte ${at}`).toBe(null)
    for (let length = 0; length < other.length; length++) expect(beginAgreement('dialled').finish(other.subarray(0, length))).toBe(null)
    const own = beginAgreement('dialled')
    expect(own.finish(own.hello)).toBe(null)
    expect(own.finish(concat(other, utf8('x')))).toBe(null)
    for (const first of [0, 1]) {
      const smallOrder = new Uint8Array(32)
      smallOrder[0] = first
      expect(own.finish(concat(other.subarray(0, -32), smallOrder))).toBe(null)
    }
  })

  it('leaves somebody in the middle with two bindings', () => {
    const [dialler, acceptor] = [beginAgreement('dialled'), beginAgreement('accepted')]
    const middle = { towardsDialler: beginAgreement('accepted'), towardsAcceptor: beginAgreement('dialled') }
    const one = dialler.finish(middle.towardsDialler.hello)
    const other = acceptor.finish(middle.towardsAcceptor.hello)
    expect(one?.binding).not.toEqual(other?.binding)
  })
})
