import { utf8 } from './bytes.js'

/** Builds canonical bytes: big-endian, fixed widths, no padding, no choice. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  u8(value: number): this {
    this.#reserve(1)
    this.#view.setUint8(this.#length, value)
    this.#length += 1
    return this
  }

  u16(value: number): this {
    this.#reserve(2)
    this.#view.setUint16(this.#length, value)
    this.#length += 2
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value)
    this.#length += 4
    return this
  }

  i32(value: number): this {
    this.#reserve(4)
    this.#view.setInt32(this.#length, value)
    this.#length += 4
    return this
  }

  /** A whole number from 0 to 2^53 − 1 in eight bytes. */
  u64(value: number): this {
    this.#reserve(8)
    this.#view.setBigUint64(this.#length, BigInt(value))
    this.#length += 8
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Length in two bytes, then the bytes. */
  short(bytes: Uint8Array): this {
    return this.u16(bytes.length).raw(bytes)
  }

  /** Length in four bytes, then the bytes. */
  long(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes)
  }

  /** UTF-8 behind its length in two bytes. */
  text(value: string): this {
    return this.short(utf8(value))
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
