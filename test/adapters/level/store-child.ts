import { argv, exit, stdout } from 'node:process'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import type { AuthorId } from '../../../src/core/brand.js'
import { StoreFailure } from '../../../src/ports/store.js'

/** Commits frames from the number on that it is told, one or several at a time, and prints each number when it is acknowledged. */
const [, , folder = '', start = '1', author = ''] = argv
const opened = await openLevelStore(folder, { create: false })
if (!opened.ok) {
  stdout.write(`failure ${JSON.stringify(opened.failure)}\n`)
  exit(1)
}
stdout.write('open\n')
const commit = async (seq: number): Promise<void> => {
  const bytes = new TextEncoder().encode(`frame ${seq} `.repeat(30))
  await opened.value.commit({ frames: [{ author: author as AuthorId, seq, bytes }], starts: [], retired: [], acts: [], proofs: [], notes: [{ key: 'newest', value: `${seq}` }] })
  stdout.write(`${seq}\n`)
}
const fail = async (error: unknown): Promise<void> => {
  const codeOf = (reason: unknown): string => (reason instanceof StoreFailure ? reason.code : 'other')
  for (let again = 0; again < 2; again++) {
    try {
      await commit(1_000_000)
    } catch (reason) {
      stdout.write(`after ${codeOf(reason)}\n`)
    }
  }
  stdout.write(`read ${(await opened.value.frames(author as AuthorId, 1, { frames: 1, bytes: 1 })).length}\n`)
  stdout.write(`fenced ${codeOf(error)} ${error instanceof Error ? error.message : ''}\n`)
  await opened.value.close()
}
try {
  for (let seq = Number(start); ; ) {
    const width = 1 + (seq % 5)
    await Promise.all(Array.from({ length: width }, (_, index) => commit(seq + index)))
    seq += width
  }
} catch (error) {
  await fail(error)
}
