import type { ConnectionEvents } from '../ports/transport.js'

/** What happened on a connection, kept until its owner listens, then handed on in order; nothing after `closed`. */
export class Inbox {
  #events: ConnectionEvents | null = null
  #waiting: ((events: ConnectionEvents) => void)[] = []
  #started = false
  #muted = false
  #closed = false

  /** From the next microtask on. */
  start(events: ConnectionEvents): void {
    if (this.#started) throw new Error('a connection is started once')
    this.#started = true
    queueMicrotask(() => {
      for (let index = 0; index < this.#waiting.length; index++) this.#waiting[index]?.(events)
      this.#waiting = []
      this.#events = events
    })
  }

  /** Drops every message, waiting or to come: only `closed` is still told. */
  mute(): void {
    this.#muted = true
  }

  message(bytes: Uint8Array): void {
    if (!this.#muted) this.#tell((events) => (this.#muted ? undefined : events.message(bytes)))
  }

  drained(): void {
    if (!this.#muted) this.#tell((events) => (this.#muted ? undefined : events.drained()))
  }

  closed(reason: string): void {
    this.#tell((events) => events.closed(reason))
    this.#closed = true
  }

  #tell(event: (events: ConnectionEvents) => void): void {
    if (this.#closed) return
    if (this.#events === null) this.#waiting.push(event)
    else event(this.#events)
  }
}
