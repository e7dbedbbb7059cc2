import { FINAL, type Automaton } from './automaton.js'
import { SLASH } from './charclass.js'
import { acceptsIn, advance } from './advance.js'

/** Where a reading is: the states that its automaton can be in, and where each character led so far. */
export interface Place {
  readonly states: readonly number[]
  /** By code unit; a character beyond them is worked out each time. */
  readonly next: (Place | undefined)[]
}

const REMEMBERED_CODES = 0x80
/** A pattern over a repository has a few dozen places; `*a???????` could have thousands, which are then not kept. */
const REMEMBERED_PLACES = 256

const placeOf = (states: readonly number[]): Place => ({ states, next: [] })

/** Neither this name nor anything below it is covered. */
export const NOTHING: Place = placeOf([])
/** Covered, with all below. */
export const ALL_BELOW: Place = placeOf([FINAL])

/**
 * An automaton read along the names of a tree. Where a place goes on a character is worked out once, so that ten thousand names cost about one
 * look into a table for each of their characters.
 */
export class Reading {
  readonly #automaton: Automaton
  readonly start: Place
  readonly #placeByStates = new Map<string, Place>()

  constructor(automaton: Automaton) {
    this.#automaton = automaton
    this.start = this.#at([automaton.start])
  }

  /** After one more name, or several with `/` between them. From a place at the beginning of a name. */
  after(place: Place, name: string): Place {
    let at = place
    for (let index = 0; index < name.length; index++) {
      if (at === NOTHING || at === ALL_BELOW) return at
      const code = name.codePointAt(index) ?? 0
      if (code > 0xffff) index += 1
      at = this.#step(at, code)
    }
    return at === NOTHING || at === ALL_BELOW ? at : this.#step(at, SLASH)
  }

  /** Whether what was read is covered. */
  accepts(place: Place): boolean {
    return place === ALL_BELOW || acceptsIn(this.#automaton, place.states)
  }

  #step(place: Place, code: number): Place {
    const known = place.next[code]
    if (known !== undefined) return known
    const next = this.#at(advance(this.#automaton, place.states, code))
    if (code < REMEMBERED_CODES) place.next[code] = next
    return next
  }

  #at(states: readonly number[]): Place {
    if (states.length === 0) return NOTHING
    // the lowest state comes first, and whatever the others do, this one covers all
    if (states[0] === FINAL) return ALL_BELOW
    const key = states.join(' ')
    const known = this.#placeByStates.get(key)
    if (known !== undefined) return known
    const place = placeOf(states)
    if (this.#placeByStates.size < REMEMBERED_PLACES) this.#placeByStates.set(key, place)
    return place
  }
}

let latest: { readonly automaton: Automaton; reading: Reading | null } | null = null

/** A reading of an automaton that will be held against many paths. The one asked for last goes on with what it knows. */
export const readingOf = (automaton: Automaton): Reading => {
  if (latest?.automaton !== automaton) latest = { automaton, reading: null }
  return (latest.reading ??= new Reading(automaton))
}

/** The same for an automaton that was asked for last time, too; null for another, for which one path alone is read sooner without. */
export const repeatedReading = (automaton: Automaton): Reading | null => {
  if (latest?.automaton === automaton) return readingOf(automaton)
  latest = { automaton, reading: null }
  return null
}
