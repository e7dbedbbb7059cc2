// One stock y-websocket client in a process of its own. argv: port, room, what it is for.
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { plainClaimOf } from '../claims.mjs'
import { burst, now, paced } from '../measure.mjs'
import { serve } from '../processes.mjs'

const [port, room] = process.argv.slice(2)
const doc = new Y.Doc()
const claims = doc.getMap('claims')
const watching = { prefix: '', times: [], count: 0, seen: 0, done: null }
let provider = null

const look = keys => {
  for (const key of keys) {
    const at = key.lastIndexOf('/')
    if (key.slice(0, at) !== watching.prefix || claims.get(key) === undefined) continue
    watching.times[Number(key.slice(at + 1))] = now()
    watching.seen += 1
  }
  if (watching.seen === watching.count) watching.done?.()
}
const write = path => claims.set(path, plainClaimOf(path, Date.now()))

serve({
  connect: async () => {
    provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true })
    await new Promise(resolve => provider.once('sync', resolve))
    claims.observe(event => watching.count > 0 && look(event.keysChanged))
  },
  watch: (prefix, count) => {
    Object.assign(watching, { prefix, count, times: [], seen: 0, done: null })
  },
  seen: async () => {
    if (watching.seen < watching.count) await new Promise(resolve => Object.assign(watching, { done: resolve }))
    watching.count = 0
    return watching.times
  },
  paced: async (prefix, count, everyMs) => paced(count, everyMs, index => write(`${prefix}/${index}`)),
  burst: async (prefix, count) => burst(count, index => write(`${prefix}/${index}`)),
  failed: () => [],
  stop: () => provider?.destroy()
})
