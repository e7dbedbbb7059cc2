import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callSchema, dispatch } from '../../src/control/dispatch.js'
import { ControlServer } from '../../src/control/server.js'
import { OPERATIONS } from '../../src/control/operations.js'
import { homePaths } from '../../src/host/home.js'
import { makeRepository } from '../support/home.js'
import { recordCase } from '../support/cases.js'
import { temporaryFolder } from '../support/cli.js'
import { Desk } from '../support/desk.js'
import { SeededRandom } from '../sim/random.js'
import { mutate, mutateJson } from './mutation.js'
import { sampleArguments } from './sample.js'

const SEED = Number(process.env.FUZZ_SEED ?? 1)
const TIMES = Number(process.env.FUZZ_TIMES ?? 1)
const caller = { kind: 'named', tool: 'term', token: 'named:fuzz', name: 'fuzz', found: 'the fuzzer', terminal: false, person: false, agents: [] }
/** These wait for peers or for something to happen, or end the host for good: their arguments are fuzzed, not their patience. */
const PATIENT = new Set(['sync', 'leave', 'log'])

const folder = temporaryFolder()
const home = join(folder.path, 'mac')
const tree = makeRepository(join(folder.path, 'app'))
let desk: Desk
let server: ControlServer

beforeAll(async () => {
  desk = await Desk.open(home, tree)
  for (const words of [['claim', 'src/auth/**', '--reason', 'login'], ['intent', 'a plan'], ['send', 'mac', 'hello', '--ack']]) await desk.run('fuzz', words)
  server = new ControlServer(desk.host, () => undefined)
  const listening = await server.listen()
  if (!listening.ok) throw new Error(listening.failure.message)
})
afterAll(async () => {
  await server.close()
  await desk.host.stop()
  folder.remove()
})

const read = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

test(`calls of every operation with arguments of every sort are answered, never with a bug (seed ${SEED})`, { timeout: 120_000 * TIMES }, async () => {
  const random = new SeededRandom(SEED)
  const operations = [...OPERATIONS.values()].filter(({ name }) => !PATIENT.has(name))
  const codes = new Map<string, number>()
  let worstMs = 0
  let done = 0
  const runs = 6_000 * TIMES
  for (let run = 0; run < runs; run++) {
    const { name, args } = random.pick(operations)
    const sample = JSON.stringify(sampleArguments(args, random))
    const call = callSchema.safeParse({ op: name, args: read(random.chance(0.3) ? sample : mutateJson(random, [sample])), caller, cwd: random.chance(0.9) ? tree : folder.path })
    if (!call.success) continue
    done += 1
    const started = performance.now()
    const { envelope, exit } = await dispatch(desk.host, call.data)
    worstMs = Math.max(worstMs, performance.now() - started)
    const code = envelope.ok ? 'ok' : envelope.error.code
    codes.set(code, (codes.get(code) ?? 0) + 1)
    expect(exit, `${JSON.stringify(call.data)} → ${JSON.stringify(envelope).slice(0, 800)}`).not.toBe(70)
  }
  process.stdout.write(`${done} calls, slowest ${Math.round(worstMs)} ms; ${[...codes].sort(([, left], [, right]) => right - left).map(([code, count]) => `${code} ${count}`).join(', ')}\n`)
  expect(codes.get('ok')).toBeGreaterThan(runs / 20)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  recordCase(56, { test: 'fuzz: calls of operations', runs: done, worst: 0, limit: 0, unit: 'bugs' })
})

/** Sends one line, and gives what came back until the daemon closed. */
const say = (bytes: Uint8Array): Promise<string> =>
  new Promise(resolve => {
    const socket = connect(homePaths(home).socket)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.on('error', () => resolve(answer))
    socket.on('close', () => resolve(answer))
    socket.write(bytes)
    socket.end()
  })

test(`lines that are no calls are refused by name, and the next caller is answered (seed ${SEED})`, { timeout: 60_000 * TIMES }, async () => {
  const random = new SeededRandom(SEED + 1)
  const good = JSON.stringify({ op: 'whoami', args: {}, caller, cwd: tree })
  const corpus = [good, '{"op":"shutdow', '[]', '', '{"__proto__":{"polluted":1}}', `${'['.repeat(5_000)}`, '\u0000'].map(text => new TextEncoder().encode(`${text}\n`))
  const runs = 600 * TIMES
  for (let run = 0; run < runs; run++) {
    const bytes = mutate(random, corpus)
    if (Buffer.from(bytes).includes('shutdown')) continue
    const [, reply] = (await say(bytes)).split('\n')
    if (reply === undefined || reply === '') continue
    const { envelope, exit }: { envelope: { ok: boolean; error?: { code: string } }; exit: number } = JSON.parse(reply)
    expect(exit, Buffer.from(bytes).toString('latin1')).not.toBe(70)
    if (!envelope.ok) expect(envelope.error?.code).toMatch(/^[A-Z_]+$/)
  }
  expect(await say(new TextEncoder().encode(`${good}\n`))).toContain('"ok":true')
})
