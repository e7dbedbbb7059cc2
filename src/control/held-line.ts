import type { Socket } from 'node:net'
import { LIMITS } from '../core/limits.js'
import type { CallerLine, LineEnd } from './caller-line.js'

/** The line of a held call on the daemon's side. Reads on after the call, since only so the system says that the other end was let go. */
export class HeldLine implements CallerLine {
  readonly #socket: Socket
  readonly #ended = new AbortController()
  readonly #heard: string[] = []
  #hear: ((line: string) => void) | null = null
  #pending = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setTimeout(0)
    socket.setEncoding('utf8')
    socket.on('data', chunk => this.#take(String(chunk)))
    socket.once('end', () => this.end('gone'))
    socket.once('close', () => this.end('gone'))
    socket.resume()
  }

  get ended(): AbortSignal {
    return this.#ended.signal
  }

  end(why: LineEnd): void {
    this.#ended.abort(why)
  }

  say(interim: Readonly<Record<string, unknown>>): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify({ interim })}\n`)
  }

  onHeard(hear: (line: string) => void): void {
    this.#hear = hear
    for (const line of this.#heard.splice(0)) hear(line)
  }

  #take(text: string): void {
    this.#pending += text
    // nothing that a caller says here is long
    if (this.#pending.length > LIMITS.heldLineChars) this.#socket.destroy()
    for (let end = this.#pending.indexOf('\n'); end >= 0; end = this.#pending.indexOf('\n')) {
      const line = this.#pending.slice(0, end)
      this.#pending = this.#pending.slice(end + 1)
      if (this.#hear !== null) this.#hear(line)
      else if (this.#heard.push(line) > LIMITS.heldLines) this.#socket.destroy()
    }
  }
}
