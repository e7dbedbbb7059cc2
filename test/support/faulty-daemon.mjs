// A real daemon of the built program on a store and a transport that fail as they are told: `node faulty-daemon.mjs HOME PLAN`.
// The faults lie in adapters that are put in here; nothing in src knows of them.
//
// PLAN (JSON), every part of it optional:
//   kill: { at, count }   SIGKILL to itself at the count-th time (1) that this point is passed:
//                         before-commit:WHAT · after-commit:WHAT   with WHAT own · epoch · snapshot · foreign · acts · any
//                         before-METHOD · after-METHOD             of any other method of the store
//                         before-send:TYPE · after-send:TYPE · before-receive:TYPE · after-receive:TYPE   of a message on a link
//   fail: { at, code, taken }  the at-th commit and all later ones fail; taken: the disk took the bytes all the same
//   slowMs                every commit takes so much longer
//   minFreeBytes          instead of what the program keeps free
//   loopFile              where the longest blocks of the event loop are written at the end, in milliseconds: { p99, max }
// SIGUSR2: the author writes a snapshot of its log.
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openLevelStore } from '../../dist/adapters/level/open.js'
import { systemAdapters } from '../../dist/control/assembly.js'
import { runDaemon } from '../../dist/control/daemon.js'
import { toHex } from '../../dist/core/encoding/bytes.js'
import { decodeFrame } from '../../dist/core/replication/frame.js'
import { decodeMessage } from '../../dist/core/replication/message.js'
import { StoreFailure } from '../../dist/ports/store.js'

const [, , home, text = '{}'] = process.argv
const plan = JSON.parse(text)
const honest = systemAdapters()

let passed = 0
const pass = point => {
  if (plan.kill?.at === point && ++passed >= (plan.kill.count ?? 1)) process.kill(process.pid, 'SIGKILL')
}

/** What a batch holds, in the words of the points. */
const contentsOf = (batch, ownKey) => {
  const contents = new Set(['any'])
  if (batch.acts.length > 0) contents.add('acts')
  for (const { author, seq, bytes } of batch.frames) {
    if (!author.startsWith(ownKey)) {
      contents.add('foreign')
      continue
    }
    const decoded = decodeFrame(bytes)
    const isSnapshot = decoded.ok && decoded.value.header.kind === 'snapshot'
    contents.add(isSnapshot ? (seq === 0 ? 'epoch' : 'snapshot') : 'own')
  }
  return contents
}

/** Every method of an object, wrapped. */
const wrapped = (target, around) =>
  new Proxy(target, {
    get: (inner, name) => {
      const value = Reflect.get(inner, name, inner)
      if (typeof value !== 'function') return value
      return around[name] ?? around.other?.(name, value.bind(inner)) ?? value.bind(inner)
    }
  })

const faultyStore = (store, ownKey) => {
  let commits = 0
  let fence = null
  let last = Promise.resolve()
  const commitOne = async (number, batch) => {
    if (plan.slowMs) await new Promise(resolve => setTimeout(resolve, plan.slowMs))
    const contents = contentsOf(batch, ownKey)
    for (const what of contents) pass(`before-commit:${what}`)
    if (plan.fail && number >= plan.fail.at) {
      if (fence === null && plan.fail.taken) await store.commit(batch)
      fence ??= new StoreFailure(plan.fail.code ?? 'FENCED', plan.fail.words ?? 'the store takes no more: fdatasync: Input/output error')
      throw fence
    }
    await store.commit(batch)
    for (const what of contents) pass(`after-commit:${what}`)
  }
  return wrapped(store, {
    commit: batch => {
      const number = ++commits
      const done = last.then(() => commitOne(number, batch))
      last = done.catch(() => undefined)
      return done
    },
    close: async () => {
      await last
      await store.close()
    },
    other: (name, method) => (...args) => {
      pass(`before-${String(name)}`)
      const given = method(...args)
      if (typeof given?.then !== 'function') return given
      return given.then(value => {
        pass(`after-${String(name)}`)
        return value
      })
    }
  })
}

const typeOf = bytes => {
  const message = decodeMessage(bytes)
  return message.ok ? message.value.type : 'unknown'
}

const faultyConnection = connection =>
  wrapped(connection, {
    send: bytes => {
      const type = typeOf(bytes)
      pass(`before-send:${type}`)
      connection.send(bytes)
      pass(`after-send:${type}`)
    },
    start: events =>
      connection.start({
        ...events,
        message: bytes => {
          const type = typeOf(bytes)
          pass(`before-receive:${type}`)
          events.message(bytes)
          pass(`after-receive:${type}`)
        }
      })
  })

const adapters = {
  ...honest,
  openStore: async (folder, options) => {
    const signer = await honest.keys(home).host()
    const opened = plan.minFreeBytes === undefined ? await honest.openStore(folder, options) : await openLevelStore(folder, { ...options, minFreeBytes: plan.minFreeBytes })
    return opened.ok && signer.ok ? { ok: true, value: faultyStore(opened.value, toHex(signer.value.publicKey)) } : opened
  },
  transport: async (folder, allowInsecure) => {
    const made = await honest.transport(folder, allowInsecure)
    if (!made.ok) return made
    const inner = made.value
    return {
      ok: true,
      value: wrapped(inner, {
        listen: (host, port, accepted) => inner.listen(host, port, connection => accepted(faultyConnection(connection))),
        dial: async (address, options) => {
          const dialled = await inner.dial(address, options)
          return dialled.ok ? { ok: true, connection: faultyConnection(dialled.connection) } : dialled
        }
      })
    }
  }
}

const alive = setInterval(() => undefined, 2 ** 30)
const daemon = await runDaemon(home, adapters)
if (!daemon.ok) {
  process.stderr.write(`${daemon.failure.code}: ${daemon.failure.message}\n`)
  process.exit(1)
}
const { host, stop, ended } = daemon.value
// from here on: loading the program is not what is measured
const blocks = monitorEventLoopDelay({ resolution: 5 })
blocks.enable()
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop)
process.on('SIGUSR2', () => host.runtime.feed({ type: 'compact' }))
process.exitCode = await ended
clearInterval(alive)
if (plan.loopFile !== undefined) writeFileSync(plan.loopFile, JSON.stringify({ p99: blocks.percentile(99) / 1e6, max: blocks.max / 1e6 }))
