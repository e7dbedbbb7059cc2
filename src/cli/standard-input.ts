import { failure, success, type Result } from '../control/result.js'

/** All of standard input as text, without the line break at its end; `TOO_LARGE` as soon as it has more bytes than that. */
export const standardInput = async (maxBytes: number, stream: AsyncIterable<unknown> = process.stdin): Promise<Result<string>> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const read = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += read.length
    if (bytes > maxBytes) return failure('TOO_LARGE', `standard input has more than ${maxBytes} bytes`, { field: 'text', next: ['send a path or a commit instead of the whole'] })
    chunks.push(read)
  }
  return success(Buffer.concat(chunks).toString('utf8').replace(/\r?\n$/, ''))
}
