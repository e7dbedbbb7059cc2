import { entryOf, proseOf } from '../../../src/core/coordination/records/entry.js'
import { recordIdOf } from '../../../src/core/coordination/records/record.js'
import { View } from '../../../src/core/coordination/view.js'
import { fromUtf8, utf8 } from '../../../src/core/encoding/bytes.js'
import { authorIdOf } from '../../../src/core/replication/author.js'
import type { Target } from '../fuzzing.js'
import { mutateJson } from '../mutation.js'
import { Stage } from '../stage.js'

/** Texts as a member might write them: they are shown as what they are, inert, and the records of others stay as they were. */
export const recordTexts = (): Target => {
  const stage = new Stage()
  const { crypto, mesh } = stage.bench
  const { key } = stage.m.replica
  const author = authorIdOf(key, { counter: 9, nonce: '9'.repeat(16) })
  const own = [...stage.truth]
  const corpus = [
    ...own,
    ...['renew', 'reclaim', 'resolve', 'offer', 'take', 'wait', 'proposal', 'accept', 'reject', 'ack', 'nack', 'status', 'message', 'question', 'answer', 'block', 'unblock', 'decision', 'directive', 'withdraw', 'label', 'responder', 'profile', 'repo', 'task', 'result', 'receipt', 'tempo'].map(
      kind => JSON.stringify({ v: 1, kind, session: 'm-1', stamp: [1_795_183_200_000, 1], to: [{ host: 'h' }], re: own[0], scope: ['src/**'], text: 'words', until: 1_795_183_300_000, turn: [29_919_720, 0], claims: ['x'], addresses: ['wss://h:1'], turns: {} })
    )
  ]
  const fresh = (): View => {
    const view = new View({ crypto, mesh })
    view.setRoster(stage.b.replica.acts.roster().members)
    for (const log of stage.b.replica.logs.logs()) view.replaceAuthor(log.author, log.author.slice(0, 64) as typeof key, log.records)
    return view
  }
  const reached = new Set<string>()
  let view = fresh()
  let taken = 0
  return {
    reached: () => reached,
    next: random => utf8(mutateJson(random, corpus)),
    take: input => {
      const text = fromUtf8(input)
      if (text === null) return null
      if (++taken % 500 === 0) view = fresh()
      const id = recordIdOf(crypto, mesh, key, text)
      view.changeAuthor(author, key, { set: [[id, text]], removed: [] })
      const entry = view.record(id)
      if (entry !== null) reached.add(`${entry.parsed.type} ${entry.parsed.type === 'valid' ? entry.parsed.record.kind : ''}`.trim())
      const prose = entry === null ? '' : proseOf(entry, view.names())
      if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(prose)) return `prose with control characters: ${JSON.stringify(prose)}`
      view.claims.crossings(stage.bench.wallMs)
      view.hash()
      for (const truth of stage.truth) if (entryOf(id, stage.m.replica.hostId, key, truth).parsed.type === 'invalid') return 'a true record reads as invalid'
      return null
    }
  }
}
