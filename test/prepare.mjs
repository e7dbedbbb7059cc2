// Installs and builds when something is missing or out of date, so that one command from the README is enough on a fresh clone.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...parts) => join(root, ...parts)
const modified = path => (existsSync(path) ? statSync(path).mtimeMs : 0)
const newest = folder => Math.max(0, ...readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(entry => modified(join(entry.parentPath ?? entry.path, entry.name))))

const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

const isLinked = existsSync(at('node_modules')) && lstatSync(at('node_modules')).isSymbolicLink()
if (!isLinked && modified(at('node_modules', '.package-lock.json')) < modified(at('package-lock.json'))) {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}
const stamp = at('dist', '.built')
if (modified(stamp) < Math.max(newest(at('src')), modified(at('tsconfig.json')))) {
  rmSync(at('dist'), { recursive: true, force: true })
  run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json')])
  writeFileSync(stamp, '')
}
