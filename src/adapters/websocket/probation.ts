import { LIMITS } from '../../core/limits.js'

export interface ProbationLimits {
  readonly handshakeMs: number
  readonly unauthenticatedBytes: number
}

/** What a peer may cost before it has proved who it is: a time and a number of bytes. */
export class Probation {
  readonly #limits: ProbationLimits
  readonly #timer: NodeJS.Timeout
  #bytes = 0
  #over = false
  /** How the peer is put out; replaced as the connection grows from a socket to a channel. */
  expel: (reason: string) => void

  constructor(limits: ProbationLimits, expel: (reason: string) => void) {
    this.#limits = limits
    this.expel = expel
    this.#timer = setTimeout(() => this.#fail(`no proof of its key within ${limits.handshakeMs} ms`), limits.handshakeMs)
    this.#timer.unref()
  }

  received(bytes: number): void {
    if (this.#over) return
    this.#bytes += bytes
    if (this.#bytes > this.#limits.unauthenticatedBytes) this.#fail(`more than ${this.#limits.unauthenticatedBytes} bytes before it proved its key`)
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
