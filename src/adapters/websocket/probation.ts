import { LIMITS } from '../../core/limits.js'

export interface ProbationLimits {
  readonly handshakeMs: number
  readonly unauthenticatedBytes: number
}

/**
 * What a peer may cost before it has proved who it is: a time, after which it is put out, and a number of bytes, after which nothing more is
 * read. The bytes alone put nobody out: an honest peer that is done with its part may send on before our part is done.
 */
export class Probation {
  readonly #limits: ProbationLimits
  readonly #timer: NodeJS.Timeout
  #bytes = 0
  #over = false
  /** How the peer is put out; replaced as the connection grows from a socket to a channel. */
  expel: (reason: string) => void
  /** What is done when it has sent enough; until there is a channel it is put out. */
  full: () => void

  constructor(limits: ProbationLimits, expel: (reason: string) => void) {
    this.#limits = limits
    this.expel = expel
    this.full = () => this.#fail(`more than ${limits.unauthenticatedBytes} bytes before the link was made`)
    this.#timer = setTimeout(() => this.#fail(`no proof of its key within ${limits.handshakeMs} ms`), limits.handshakeMs)
    this.#timer.unref()
  }

  get isFull(): boolean {
    return !this.#over && this.#bytes > this.#limits.unauthenticatedBytes
  }

  get bytes(): number {
    return this.#limits.unauthenticatedBytes
  }

  received(bytes: number): void {
    this.#bytes += bytes
    if (this.isFull) this.full()
  }

  end(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }

  #fail(reason: string): void {
    if (this.#over) return
    this.end()
    this.expel(reason)
  }
}

export const PROBATION: ProbationLimits = { handshakeMs: LIMITS.handshakeMs, unauthenticatedBytes: LIMITS.unauthenticatedBytes }
