// npm run bench [-- NAME… [--profile]]: measures, prints a line for each figure, and keeps them as JSON under bench/results.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { removeFolders } from './homes.mjs'
import { lineOf } from './measure.mjs'
import { killAll } from './processes.mjs'

const NAMES = ['pair', 'memory', 'cycles', 'reopen', 'hot']
const bench = fileURLToPath(new URL('.', import.meta.url))
const args = process.argv.slice(2)
const asked = args.filter(arg => !arg.startsWith('--'))
const unknown = [...asked.filter(name => !NAMES.includes(name)), ...args.filter(arg => arg.startsWith('--') && arg !== '--profile')]
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown[0]}; there are: ${NAMES.join(', ')}, and --profile`)
  process.exit(64)
}

if (!existsSync(`${bench}/node_modules`)) {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', bench], { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

const versionOf = path => JSON.parse(readFileSync(`${bench}/${path}/package.json`, 'utf8')).version
const commit = () => {
  try {
    const git = (...given) => execFileSync('git', ['-C', bench, ...given], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../src', '.') === '' ? '' : ' and changes')
  } catch {
    return null
  }
}
const machine = { cpu: cpus()[0]?.model ?? '?', cores: cpus().length, memoryBytes: totalmem(), system: `${type()} ${process.arch}`, node: process.version }
const versions = { skein: versionOf('..'), yjs: versionOf('node_modules/yjs'), 'y-websocket': versionOf('node_modules/y-websocket'), '@y/websocket-server': versionOf('node_modules/@y/websocket-server'), ws: versionOf('../node_modules/ws') }
const began = new Date()
const loadBefore = loadavg()[0]

if (args.includes('--profile')) {
  process.env.BENCH_PROFILE = `${bench}results/profile-${began.toISOString().replaceAll(':', '')}`
  console.error(`profiles: ${process.env.BENCH_PROFILE} (figures are slower than without)`)
}
process.on('SIGINT', () => {
  killAll()
  removeFolders()
  process.exit(130)
})

console.log(`${machine.cores} cores (${machine.cpu}), ${machine.system}, node ${machine.node}, load ${loadBefore.toFixed(1)}`)
const figures = []
try {
  for (const name of asked.length > 0 ? asked : NAMES) {
    const { [name]: run } = await import(`./benchmarks/${name}.mjs`)
    for (const each of await run()) {
      figures.push(each)
      console.log(lineOf(each))
    }
  }
} finally {
  killAll()
  removeFolders()
}
const took = Date.now() - began.getTime()
mkdirSync(`${bench}/results`, { recursive: true })
const file = `${bench}results/${began.toISOString().replaceAll(':', '')}.json`
writeFileSync(file, `${JSON.stringify({ began: began.toISOString(), tookMs: took, command: `npm run bench -- ${args.join(' ')}`.trim(), commit: commit(), machine, load: [loadBefore, loadavg()[0]], versions, figures }, null, 2)}\n`)
console.log(`${Math.round(took / 1000)} s, load ${loadavg()[0].toFixed(1)}; kept in ${file}`)
