import type { Hash } from '../brand.js'
import { NO_HASH } from './frame.js'
import { addRunTo, countRuns, runAt, takeFromRuns, withinRuns, type Run, type Runs } from './runs.js'

/**
 * Which of one author's frames are held. Of the newest ones, from `base` on and without a hole, the hashes are in memory; what lies below is
 * only known by number, and its bytes are asked of the disk: a long past costs nothing but disk.
 */
export class Chain {
  #base = 0
  #hashes: Hash[] = []
  /** Everything held below `base`, and maybe more. */
  #onDisk: Runs

  constructor(onDisk: Runs) {
    this.#onDisk = onDisk
  }

  /** Lowest number whose hash is in memory: 0, or the first part of a snapshot. */
  get base(): number {
    return this.#base
  }

  /** Newest number held, −1 when none is. */
  get headSeq(): number {
    return this.#base + this.#hashes.length - 1
  }

  get headHash(): Hash {
    return this.#hashes.at(-1) ?? NO_HASH
  }

  get isEmpty(): boolean {
    return this.#hashes.length === 0
  }

  /** Null also for what is held below `base`. */
  hashAt(seq: number): Hash | null {
    return this.#hashes[seq - this.#base] ?? null
  }

  /** What is held below `base`. */
  get past(): Runs {
    return withinRuns(this.#onDisk, 0, this.#base)
  }

  /** Every number held, those behind the head among them: frames that count no more. */
  get all(): Runs {
    return this.isEmpty ? this.#onDisk : addRunTo(this.#onDisk, { first: this.#base, last: this.headSeq })
  }

  /** How many frames of the past are held. */
  get pastCount(): number {
    return countRuns(this.past)
  }

  /** Lowest number from which on everything is held; above 0 there is history to be filled in. */
  get lowest(): number {
    return runAt(this.past, this.#base - 1)?.first ?? this.#base
  }

  /** The numbers that lack below the lowest, down to the next one held; null when all is held. */
  get hole(): Run | null {
    const { lowest } = this
    if (lowest === 0) return null
    return { first: (withinRuns(this.#onDisk, 0, lowest).at(-1)?.last ?? -1) + 1, last: lowest - 1 }
  }

  /** How many frames from 0 up to the head are not held. */
  get lacking(): number {
    return this.#base - this.pastCount
  }

  holds(seq: number): boolean {
    return this.hashAt(seq) !== null || (seq < this.#base && runAt(this.#onDisk, seq) !== null)
  }

  push(hash: Hash): void {
    this.#hashes.push(hash)
  }

  /** The log goes on from this number, beyond a hole. */
  leapTo(seq: number): void {
    if (!this.isEmpty) this.filled({ first: this.#base, last: this.headSeq })
    this.#base = seq
    this.#hashes = []
  }

  /** What lies below this number is on disk, and is no longer needed in memory. */
  trimTo(seq: number): void {
    if (seq <= this.#base) return
    this.filled({ first: this.#base, last: seq - 1 })
    this.#hashes = this.#hashes.slice(seq - this.#base)
    this.#base = seq
  }

  /** These frames of the past are on disk now. */
  filled(run: Run): void {
    this.#onDisk = addRunTo(this.#onDisk, run)
  }

  /** These frames of the past are not on disk any more, or cannot be read. */
  lost({ first, last }: Run): void {
    this.#onDisk = takeFromRuns(this.#onDisk, first, last + 1)
  }
}
