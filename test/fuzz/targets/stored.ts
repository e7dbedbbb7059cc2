import { LIMITS } from '../../../src/core/limits.js'
import { utf8 } from '../../../src/core/encoding/bytes.js'
import type { Input } from '../../../src/core/replica/input.js'
import { Replica } from '../../../src/core/replica/replica.js'
import type { SeededRandom } from '../../sim/random.js'
import type { Target } from '../fuzzing.js'
import { mutate } from '../mutation.js'
import { Stage } from '../stage.js'

const NOW = { wall: 1_795_183_300_000, mono: 1 }

/**
 * A store whose bytes were changed in spite of its checksums (which test/adapters/level holds to account): the host starts all the same, and
 * shows nothing that nobody wrote.
 */
export const storedBytes = (): Target => {
  const stage = new Stage()
  const whole = [...stage.b.disk.inputs()]
  const corpus = whole.flatMap(input => ('bytes' in input && input.bytes instanceof Uint8Array ? [input.bytes] : []))
  const changed = (random: SeededRandom, input: Input): Input => {
    if (input.type === 'noteLoaded') return { ...input, value: Buffer.from(mutate(random, [utf8(input.value)])).toString('latin1').slice(0, LIMITS.foreignTextChars) }
    return 'bytes' in input && input.bytes instanceof Uint8Array ? ({ ...input, bytes: mutate(random, [input.bytes, ...corpus]) } as Input) : input
  }
  let random: SeededRandom | null = null
  const reached = new Set<string>()
  return {
    reached: () => reached,
    next: from => {
      random = from
      return new Uint8Array(0)
    },
    take: () => {
      if (random === null) return null
      const at = random.int(whole.length)
      const replica = new Replica({ crypto: stage.bench.crypto, mesh: stage.bench.mesh, signer: stage.b.signer })
      for (const [index, input] of whole.entries()) replica.handle(index === at ? changed(random, input) : input, NOW)
      replica.handle({ type: 'started', epochNonce: new Uint8Array(8).fill(1) }, NOW)
      reached.add(replica.damage.length > 0 ? 'damage' : 'no damage')
      if (replica.view.count < stage.truth.size) reached.add('fewer records')
      for (const entry of replica.view.records()) if (!stage.truth.has(entry.text)) return `a record that nobody wrote: ${entry.text}`
      return null
    }
  }
}
