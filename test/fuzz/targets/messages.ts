import { signAct } from '../../../src/core/coordination/membership/act.js'
import { encodeMessage, decodeMessage } from '../../../src/core/replication/message.js'
import type { Target } from '../fuzzing.js'
import { mutate } from '../mutation.js'
import { Stage } from '../stage.js'

/** A stage that is made anew when what was said has rightly changed it: m may leave, or fork, by its own word. */
class Stages {
  stage = new Stage()
  readonly reached = new Set<string>()
  #said = 0

  say(bytes: Uint8Array): string | null {
    this.#said += 1
    if (this.#said % 2_000 === 0) this.stage = new Stage()
    const { stage } = this
    if (stage.b.replica.acts.roster().admits(stage.m.replica.key).state !== 'member') this.stage = new Stage()
    const message = decodeMessage(bytes)
    this.reached.add(message.ok ? message.value.type : message.failure.code)
    this.stage.say(bytes, this.reached)
    return this.stage.isSound ? this.stage.harm() : 'b or a is a member no longer'
  }
}

/** Every message that members send each other, changed. */
export const changedMessages = (): Target => {
  const stages = new Stages()
  const corpus = [...new Map(stages.stage.traffic.map(bytes => [bytes.toString(), bytes])).values()]
  return { reached: () => stages.reached, next: random => mutate(random, corpus), take: input => stages.say(input) }
}

const SIGNATURE_BYTES = 64

/** Acts as a member might sign them. */
export const signedActs = (): Target => {
  const stages = new Stages()
  const corpus = stages.stage.traffic.flatMap(bytes => {
    const message = decodeMessage(bytes)
    return message.ok && message.value.type === 'acts' ? [...message.value.acts] : []
  })
  const members = (): string => [...stages.stage.b.replica.acts.roster().members.keys()].sort().join()
  return {
    reached: () => stages.reached,
    next: random => mutate(random, corpus),
    take: input => {
      const before = members()
      const { stage } = stages
      const signed = signAct(input.subarray(0, Math.max(0, input.length - SIGNATURE_BYTES)), stage.m.signer)
      const find = stages.say(encodeMessage({ type: 'acts', acts: [signed] })) ?? stages.say(encodeMessage({ type: 'acts', acts: [input] }))
      return find ?? (stages.stage === stage && members() !== before ? 'a member alone let somebody in' : null)
    }
  }
}
