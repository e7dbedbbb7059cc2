import { toHex } from '../../src/core/encoding/bytes.js'
import { SeededRandom } from '../sim/random.js'

/** One thing that reads what others wrote. */
export interface Target {
  /** An input made from the corpus. */
  next(random: SeededRandom): Uint8Array
  /** Takes it. A throw, and any sentence returned, is a find: what should hold and does not. */
  take(input: Uint8Array): string | null
  /** What the inputs brought about, so that a run which reaches nothing is not taken for a good one. */
  reached(): ReadonlySet<string>
}

export interface Fuzzed {
  readonly runs: number
  readonly finds: readonly string[]
  readonly reached: ReadonlySet<string>
  /** Longest that one input took, in ms: where that is long, the least of three readings, so that the garbage collector counts for nothing. */
  readonly worstMs: number
  /** Growth of the heap over the run, in MiB, after collection where the process exposes it. */
  readonly grownMiB: number
}

const SLOW_MS = 50
const MOST_FINDS = 5

const heapMiB = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** Processor time that something takes, in ms: other processes of a busy machine count for nothing. */
const ofProcessor = (run: () => void): number => {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** `FUZZ_SEED` and `FUZZ_RUNS` play one run again, or a longer one (docs/testing.md). */
export const fuzz = (target: Target, kept: readonly Uint8Array[], runs: number, seed = Number(process.env.FUZZ_SEED ?? 1)): Fuzzed => {
  const random = new SeededRandom(seed)
  const finds: string[] = []
  const before = heapMiB()
  let worstMs = 0
  const timed = (input: Uint8Array): number => {
    const started = performance.now()
    try {
      const find = target.take(input)
      if (find !== null) finds.push(`${find} [${toHex(input).slice(0, 4_000)}]`)
    } catch (error) {
      finds.push(`${error instanceof Error ? (error.stack ?? error.message) : String(error)} [${toHex(input).slice(0, 4_000)}]`)
    }
    return performance.now() - started
  }
  let done = 0
  for (; done < runs && finds.length < MOST_FINDS; done++) {
    const input = kept[done] ?? target.next(random)
    let ms = timed(input)
    if (ms > SLOW_MS / 2) ms = Math.min(ms, ofProcessor(() => timed(input)), ofProcessor(() => timed(input)))
    worstMs = Math.max(worstMs, ms)
  }
  return { runs: done, finds, reached: target.reached(), worstMs: Math.round(worstMs * 10) / 10, grownMiB: Math.round(heapMiB() - before) }
}
