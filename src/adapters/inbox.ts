import type { ConnectionEvents } from '../ports/transport.js'

interface Waiting {
  /** Of a stranger's bytes; null for what is no message. */
  readonly cost: number | null
  tell(events: ConnectionEvents): void
}

/**
 * What happened on a connection, kept until its owner may hear it, then handed on in order: not before `start` has returned, of a stranger's
 * messages only the first bytes, and nothing after `closed`.
 */
export class Inbox {
  #events: ConnectionEvents | null = null
  #waiting: Waiting[] = []
  #strangersBytes: number
  #scheduled = false
  #started = false
  #flushing = false
  #muted = false
  #closed = false

  /** `strangersBytes`: as many are handed on before `trust`; further messages wait for it, and are dropped if the connection closes before. */
  constructor(strangersBytes: number) {
    this.#strangersBytes = strangersBytes
  }

  start(events: ConnectionEvents): void {
    if (this.#started) throw new Error('a connection is started once')
    this.#started = true
    this.#events = events
    this.#schedule()
  }

  trust(): void {
    this.#strangersBytes = Infinity
    this.#schedule()
  }

  /** Drops every message, waiting or to come: only `closed` is still told. */
  mute(): void {
    this.#muted = true
  }

  message(bytes: Uint8Array): void {
    this.#add({ cost: Math.max(1, bytes.length), tell: (events) => (this.#muted ? undefined : events.message(bytes)) })
  }

  drained(): void {
    this.#add({ cost: null, tell: (events) => (this.#muted ? undefined : events.drained()) })
  }

  closed(reason: string): void {
    if (this.#closed) return
    this.#add({ cost: null, tell: (events) => events.closed(reason) })
    this.#closed = true
    if (!this.#scheduled) this.#flush()
  }

  #add(event: Waiting): void {
    if (this.#closed) return
    this.#waiting.push(event)
    if (!this.#scheduled && this.#waiting.length === 1) this.#flush()
  }

  /** Later, so that nobody is told anything from within a call of its own. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const events = this.#events
    if (events === null || this.#flushing) return
    this.#flushing = true
    let told = 0
    try {
      for (let event = this.#waiting[told]; event !== undefined; event = this.#waiting[told]) {
        const isWithheld = event.cost !== null && event.cost > this.#strangersBytes
        if (isWithheld && !this.#closed) break
        told += 1
        if (isWithheld) continue
        this.#strangersBytes -= event.cost ?? 0
        event.tell(events)
      }
    } finally {
      this.#waiting.splice(0, told)
      this.#flushing = false
    }
  }
}
