import { Point } from '@noble/ed25519'

/** [L]Q: what is left of a point when its part in the prime-order group is taken away. */
const torsionOf = (point: Point): Point => point.multiply(Point.CURVE().n - 1n, false).add(point)

const pointAt = (y: number): Point | null => {
  try {
    return Point.fromBytes(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? y : 0)))
  } catch {
    return null
  }
}

const multiplesOf = (generator: Point): Point[] => {
  const multiples = [Point.ZERO]
  for (let next = generator; !next.is0(); next = next.add(generator)) multiples.push(next)
  return multiples
}

/** The eight points of small order, found by arithmetic alone: the multiples of the first torsion part that generates eight of them. */
export const smallOrderPoints = (): Point[] => {
  for (let y = 2; y < 256; y++) {
    const point = pointAt(y)
    const multiples = point ? multiplesOf(torsionOf(point)) : []
    if (multiples.length === 8) return multiples
  }
  throw new Error('no point of order eight was found')
}
