import { readdir } from 'node:fs/promises'
import { StoreFailure } from '../../ports/store.js'
import { sentinelMarks } from './sentinel.js'

const LOG = /\.log$/

/**
 * Whether a store that is open still lies where it was opened. A file that was deleted goes on taking writes, and loses them with the
 * process: so this is looked at after each write, before it is acknowledged.
 */
export class Foothold {
  readonly #folder: string
  readonly #database: string
  readonly #marks: string

  private constructor(folder: string, database: string, marks: string) {
    this.#folder = folder
    this.#database = database
    this.#marks = marks
  }

  static async take(folder: string, database: string): Promise<Foothold> {
    return new Foothold(folder, database, await marksOf(folder))
  }

  /** Throws a `StoreFailure` `FENCED` where the store's files are gone or were put there by somebody else. */
  async check(): Promise<void> {
    const [marks, names] = await Promise.all([marksOf(this.#folder), readdir(this.#database).catch(() => [])])
    if (marks === '' || !names.some(name => LOG.test(name))) throw new StoreFailure('FENCED', `the store in ${this.#folder} was deleted or moved away while it was open`)
    if (marks !== this.#marks) throw new StoreFailure('FENCED', `other files were laid over the store in ${this.#folder} while it was open`)
  }
}

const marksOf = async (folder: string): Promise<string> => [...(await sentinelMarks(folder))].map(([mark, value]) => `${mark} ${value}`).join(' ')
