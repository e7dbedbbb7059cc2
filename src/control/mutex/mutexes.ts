import type { Millis } from '../../core/brand.js'

/** Who has a mutex, or waits for it, and what for. */
export interface MutexUser {
  readonly session: string
  /** Own wall time. */
  readonly since: Millis
  /** What it runs, as far as others may read it. */
  readonly command: string
}

/** A place in the row for one mutex: at its head, the mutex is held. */
export interface MutexPlace {
  isHead(): boolean
  /** From now on it is held, and not waited for. */
  begin(since: Millis): void
  /** Who holds it now. */
  holder(): MutexUser
  /** How many come first. */
  ahead(): number
  /** Gives it up, or gives up waiting; the next one moves up. Safe to call twice. */
  leave(): void
}

interface Standing {
  user: MutexUser
  readonly moved: () => void
}

/** The mutexes of one host: for each name a row of those who came, in that order. Memory alone: what outlives the daemon is in notes. */
export class Mutexes {
  readonly #rows = new Map<string, Standing[]>()

  /** @param moved called when the row has moved */
  enter(key: string, user: MutexUser, moved: () => void): MutexPlace {
    const row = this.#rows.get(key) ?? []
    this.#rows.set(key, row)
    const standing: Standing = { user, moved }
    row.push(standing)
    return {
      isHead: () => row[0] === standing,
      begin: since => {
        standing.user = { ...user, since }
      },
      holder: () => row[0]?.user ?? user,
      ahead: () => Math.max(0, row.indexOf(standing)),
      leave: () => {
        const at = row.indexOf(standing)
        if (at < 0) return
        row.splice(at, 1)
        if (row.length === 0) this.#rows.delete(key)
        for (const each of [...row]) each.moved()
      }
    }
  }
}
