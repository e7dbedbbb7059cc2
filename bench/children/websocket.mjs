// A bare WebSocket pair, the floor: 300 bytes from one process to another, nothing signed, nothing kept. argv: port (0 listens), what it is for.
import { WebSocket, WebSocketServer } from 'ws'
import { burst, now, paced } from '../measure.mjs'
import { serve } from '../processes.mjs'

const port = Number(process.argv[2])
const watching = { times: [], count: 0, done: null }
let socket = null
let server = null

const received = () => {
  watching.times.push(now())
  if (watching.times.length === watching.count) watching.done?.()
}
const write = () => socket.send(Buffer.alloc(300))

serve({
  listen: () =>
    new Promise(resolve => {
      server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => resolve(server.address().port))
      server.on('connection', peer => peer.on('message', received))
    }),
  connect: () =>
    new Promise((resolve, reject) => {
      socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
      socket.once('open', () => resolve())
      socket.once('error', reject)
    }),
  watch: (_, count) => {
    Object.assign(watching, { count, times: [], done: null })
  },
  seen: async () => {
    if (watching.times.length < watching.count) await new Promise(resolve => Object.assign(watching, { done: resolve }))
    watching.count = 0
    return watching.times
  },
  paced: async (_, count, everyMs) => paced(count, everyMs, write),
  burst: async (_, count) => burst(count, write),
  failed: () => []
})
