import { mkdirSync } from 'node:fs'
import pino from 'pino'
import { createStream, type RotatingFileStream } from 'rotating-file-stream'

export type Log = pino.Logger

/** A log that cannot be written is tried again so often; what was to be logged meanwhile is only counted. */
const RETRY_MS = 10_000

/** Lines to a rotating file, as long as the disk takes them: a full disk costs lines of the log and never the daemon that writes them. */
class LogFile {
  readonly #folder: string
  #stream: RotatingFileStream | null = null
  #triedMono = Number.NEGATIVE_INFINITY
  #dropped = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  write(line: string): void {
    const stream = this.#open()
    if (stream === null) {
      this.#dropped += 1
      return
    }
    if (this.#dropped > 0) stream.write(`${JSON.stringify({ level: 40, time: new Date().toISOString(), pid: process.pid, msg: `${this.#dropped} lines could not be written` })}\n`)
    this.#dropped = 0
    stream.write(line)
  }

  #open(): RotatingFileStream | null {
    if (this.#stream !== null) return this.#stream
    const now = performance.now()
    if (now - this.#triedMono < RETRY_MS) return null
    this.#triedMono = now
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    } catch {
      // the folder comes again with the next try, or it does not: lines are counted until then
      return null
    }
    const stream = createStream('daemon.log', { path: this.#folder, size: '1M', maxFiles: 5, mode: 0o600 })
    stream.on('error', () => {
      this.#dropped += 1
      this.#stream = null
    })
    this.#stream = stream
    return stream
  }
}

/** The daemon's own log in this folder, for whoever wants to know what happened. */
export const daemonLog = (folder: string): Log => pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, new LogFile(folder))
