/** Numbers from 0 to 1, the same ones for the same seed. */
export const seeded = (seed: number): (() => number) => {
  let state = seed % 2 ** 31
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
