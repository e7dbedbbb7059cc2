import { fromUtf8 } from './bytes.js'

/**
 * Reads what `ByteWriter` wrote. After the first read past the end, or of a number or text that is not canonical, every further read
 * gives zeros and `failed` stays true: check `done()` once at the end, before anything that was read is used.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0
  #failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get failed(): boolean {
    return this.#failed
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  /** Whether everything was read, to the last byte, without a failure. */
  done(): boolean {
    return !this.#failed && this.remaining === 0
  }

  u8(): number {
    return this.#take(1) ? this.#view.getUint8(this.#offset - 1) : 0
  }

  u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.#offset - 2) : 0
  }

  u32(): number {
    return this.#take(4) ? this.#view.getUint32(this.#offset - 4) : 0
  }

  i32(): number {
    return this.#take(4) ? this.#view.getInt32(this.#offset - 4) : 0
  }

  u64(): number {
    if (!this.#take(8)) return 0
    const value = this.#view.getBigUint64(this.#offset - 8)
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    this.#failed = true
    return 0
  }

  /** A copy, so that what is kept does not hold the whole message in memory. */
  raw(length: number): Uint8Array {
    return this.#take(length) ? this.#bytes.slice(this.#offset - length, this.#offset) : new Uint8Array(0)
  }

  /** Exactly this many bytes; zeros after a failure. */
  fixed(length: number): Uint8Array {
    const bytes = this.raw(length)
    return bytes.length === length ? bytes : new Uint8Array(length)
  }

  short(): Uint8Array {
    return this.raw(this.u16())
  }

  long(): Uint8Array {
    return this.raw(this.u32())
  }

  text(): string {
    const text = fromUtf8(this.short())
    if (text === null) this.#failed = true
    return text ?? ''
  }

  rest(): Uint8Array {
    return this.raw(this.remaining)
  }

  fail(): void {
    this.#failed = true
  }

  #take(count: number): boolean {
    if (this.#failed || count > this.remaining) {
      this.#failed = true
      return false
    }
    this.#offset += count
    return true
  }
}
