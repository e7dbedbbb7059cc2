import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { pathOf } from '../claims.mjs'
import { BIN, daemonUp, skein, twoHomes } from '../homes.mjs'
import { figure, now } from '../measure.mjs'
import { start } from '../processes.mjs'

const CLAIMS = 1_000
const RECORDS = 10_000
const ROUNDS = 11

/** A whole process, from its start to its end, its output read. */
const wholeProcess = async (args, env = {}) => {
  const began = now()
  const child = spawn(process.execPath, args, { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let bytes = 0
  let said = ''
  child.stdout.on('data', chunk => (bytes += chunk.length))
  child.stderr.setEncoding('utf8').on('data', text => (said += text))
  const [code] = await once(child, 'close')
  return { ms: now() - began, bytes, code, said }
}

const filled = async () => {
  const { a } = await twoHomes()
  const writer = await start('skein.mjs', [a, 'fill'])
  await writer.ask('open')
  await writer.ask('fill', Array.from({ length: CLAIMS }, (_, index) => pathOf(index)))
  await writer.ask('intend', Array.from({ length: RECORDS - CLAIMS }, (_, index) => pathOf(CLAIMS + index)))
  await writer.stop()
  return a
}

const COMMANDS = [
  { line: 'whoami --json', args: ['whoami', '--json'] },
  { line: 'status --json', args: ['status', '--json'], target: '≤ 3×' },
  // a name, so that no checkout is needed; nobody holds it, so the exit code is 0
  { line: 'who', args: ['who', '@release'] },
  { line: 'claims --json', args: ['claims', '--json'] },
  // all ten thousand, as a person would have them in a file
  { line: 'conversation --md', args: ['conversation', '--md'], target: '≤ 300' }
]

/** A home of ten thousand records, of which a thousand are live claims (one host may not hold many more): how long it takes to open, and what a command costs as a whole process while the daemon is up. */
export const reopen = async () => {
  const home = await filled()
  const opens = []
  for (let round = 0; round < ROUNDS; round++) {
    const child = await start('skein.mjs', [home, 'open'])
    opens.push(await child.ask('open'))
    await child.stop()
  }
  const env = { HOME: home, SKEIN_HOME: home, SKEIN_SESSION: 'bench', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const times = new Map(COMMANDS.map(({ line }) => [line, []]))
  const floor = []
  const absent = new Map()
  await daemonUp(home)
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const bare = await wholeProcess(['-e', '0'])
      if (round > 0) floor.push(bare.ms)
      for (const { line, args } of COMMANDS) {
        if (absent.has(line)) continue
        const { ms, code, said } = await wholeProcess([BIN, ...args], env)
        if (code !== 0) absent.set(line, said.trim().split('\n')[0] || `exit ${code}`)
        else if (round > 0) times.get(line).push(ms)
      }
    }
  } finally {
    await skein(home, 'down')
  }
  for (const [line, why] of absent) console.log(`reopen: skein ${line} was not measured: ${why}`)
  const bare = { name: 'node -e 0', rounds: floor }
  return [
    figure({ name: 'reopen: a home of 10,000 records', unit: 'ms', rounds: opens, target: '≤ 250 (p99)' }),
    ...COMMANDS.filter(({ line }) => !absent.has(line)).map(({ line, target }) => figure({ name: `reopen: skein ${line}, whole process`, unit: 'ms', rounds: times.get(line), beside: bare, target })),
    figure({ name: 'reopen: node -e 0, whole process', unit: 'ms', rounds: floor })
  ]
}
