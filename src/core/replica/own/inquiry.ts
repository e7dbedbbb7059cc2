import type { Millis } from '../../brand.js'
import type { Context } from '../context.js'
import type { Wants } from '../levelling/wants.js'

/**
 * Peers are asked what they hold of the own log before anything is written: when a daemon begins, and after a pause. It ends with the answer
 * of one peer (and whatever of the own log that brought), when nobody was reached, or when its time is over; no number is at risk then, for
 * what is in doubt is written in a new epoch. After a pause it goes on until everything that the peers showed is here: others may have taken
 * what this host held (rules F4).
 */
export class Inquiry {
  readonly #context: Context
  readonly #wants: Wants
  #untilMono: Millis | null = null
  #dialling = false
  #wholly = false

  constructor(context: Context, wants: Wants) {
    this.#context = context
    this.#wants = wants
  }

  /** Nothing is written yet. */
  get isOpen(): boolean {
    return this.#untilMono !== null
  }

  /** Reading of the monotonic clock at which its time is over, or null. */
  get dueMono(): Millis | null {
    return this.#untilMono
  }

  /** `wholly`: until nothing is on its way any more, of whomever. */
  begin(forMs: Millis, wholly: boolean): void {
    this.#wholly ||= wholly
    this.#untilMono = this.#context.now.mono + forMs
    this.#dialling = true
  }

  /** Every peer that is known was tried once. */
  dialled(): void {
    this.#dialling = false
  }

  /** Looks whether it can end. */
  settle(): void {
    if (this.#untilMono !== null && (this.#context.now.mono >= this.#untilMono || this.#isAnswered)) this.end()
  }

  end(): void {
    if (this.#untilMono === null) return
    this.#untilMono = null
    this.#wholly = false
    this.#context.happened({ type: 'caughtUp' })
  }

  get #isAnswered(): boolean {
    const links = [...this.#context.links.values()]
    const isAsking = this.#wholly ? this.#wants.isOpen : this.#wants.isAskingFor(this.#context.key)
    if (isAsking || !links.every(link => link.phase === 'open' && link.knowsTheirHeads)) return false
    return links.length > 0 || !this.#dialling
  }
}
