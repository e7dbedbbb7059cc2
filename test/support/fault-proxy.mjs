import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as after } from 'node:timers/promises'

/**
 * @typedef {object} Faults what is done to the bytes of all connections at present
 * @property {number} delayMs
 * @property {number} pieceBytes
 * @property {boolean} corrupt
 * @property {Promise<void> | null} held
 */

/** @param {import('node:net').Socket} socket @returns {Promise<void>} when it takes more, or never will */
const drained = (socket) =>
  new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close']) socket.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'close']) socket.on(event, done)
  })

/** One direction of one connection: bytes leave in order, each no sooner than its delay. */
class Lane {
  /** @type {{ dueMs: number, chunk: Buffer | null }[]} */
  #queue = []
  #running = false

  /**
   * @param {import('node:net').Socket} to
   * @param {Faults} faults
   * @param {(bytes: number) => void} count
   */
  constructor(to, faults, count) {
    this.to = to
    this.faults = faults
    this.count = count
  }

  /** @param {import('node:net').Socket} from */
  read(from) {
    from.on('data', (chunk) => this.#push(chunk))
    from.on('end', () => this.#push(null))
  }

  /** @param {Buffer | null} chunk null is the end */
  #push(chunk) {
    this.#queue.push({ dueMs: performance.now() + this.faults.delayMs, chunk })
    if (!this.#running) void this.#run()
  }

  async #run() {
    this.#running = true
    for (let item = this.#queue.shift(); item !== undefined && !this.to.destroyed; item = this.#queue.shift()) {
      const waitMs = item.dueMs - performance.now()
      if (waitMs > 0) await after(waitMs)
      while (this.faults.held !== null) await this.faults.held
      if (item.chunk === null) this.to.end()
      else await this.#write(item.chunk)
    }
    this.#running = false
  }

  /** @param {Buffer} chunk */
  async #write(chunk) {
    if (this.faults.corrupt) {
      this.faults.corrupt = false
      const at = Math.floor(chunk.length / 2)
      chunk.writeUInt8(chunk.readUInt8(at) ^ 1, at)
    }
    const { pieceBytes } = this.faults
    for (let at = 0; at < chunk.length && !this.to.destroyed; at += pieceBytes) {
      const piece = chunk.subarray(at, at + pieceBytes)
      this.count(piece.length)
      if (!this.to.write(piece)) await drained(this.to)
      if (pieceBytes < chunk.length) await nextTurn()
    }
  }
}

/**
 * A TCP proxy in user space between two hosts under test, for the faults that a network has.
 *
 * `cut` destroys present connections and resets new ones at once; `cut({ silent: true })` destroys nothing: bytes and new connections wait, as
 * when a cable is pulled. `heal` ends both. `setDelay` applies to each direction; `setPieces` splits into separate writes of so many bytes;
 * `corruptNext` flips one bit in the next bytes that pass. `bytes` counts what was passed on.
 *
 * @param {{ targetPort: number, targetHost?: string, listenPort?: number, listenHost?: string }} options
 */
export const startProxy = async ({ targetPort, targetHost = '127.0.0.1', listenPort = 0, listenHost = '127.0.0.1' }) => {
  /** @type {Faults} */
  const faults = { delayMs: 0, pieceBytes: Infinity, corrupt: false, held: null }
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  const passed = { up: 0, down: 0 }
  let refusing = false
  let release = () => {}

  /** @param {import('node:net').Socket} socket @param {() => void} onClose */
  const keep = (socket, onClose) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      sockets.delete(socket)
      onClose()
    })
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
    if (refusing) return near.resetAndDestroy()
    const open = () => {
      if (near.destroyed) return
      const far = connect({ host: targetHost, port: targetPort, allowHalfOpen: true })
      keep(far, () => near.destroy())
      near.once('close', () => far.destroy())
      new Lane(far, faults, (bytes) => (passed.up += bytes)).read(near)
      new Lane(near, faults, (bytes) => (passed.down += bytes)).read(far)
      near.resume()
    }
    keep(near, () => {})
    if (faults.held === null) open()
    else void faults.held.then(open)
    return undefined
  })
  server.on('error', () => {})
  server.listen(listenPort, listenHost)
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : listenPort

  const heal = () => {
    refusing = false
    faults.held = null
    release()
  }
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    /** @param {{ silent?: boolean }} [how] */
    cut: ({ silent = false } = {}) => {
      heal()
      if (silent) {
        faults.held = new Promise((resolve) => (release = resolve))
        return
      }
      refusing = true
      destroyAll()
    },
    heal,
    /** @param {number} ms */
    setDelay: (ms) => {
      faults.delayMs = ms
    },
    /** @param {number} bytes */
    setPieces: (bytes) => {
      faults.pieceBytes = bytes
    },
    corruptNext: () => {
      faults.corrupt = true
    },
    /** Connections at present. */
    connections: () => Math.ceil(sockets.size / 2),
    bytes: () => ({ ...passed }),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      heal()
      destroyAll()
      await closed
    }
  }
}
