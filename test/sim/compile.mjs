// Makes plain JavaScript of the core and the simulator in a folder of its own, so that long runs and mutations need no test runner.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const PARTS = ['src/core', 'test/sim', 'test/support/cases.ts']

const filesIn = (root, path) => {
  const whole = join(root, path)
  if (path.endsWith('.ts')) return [path]
  return readdirSync(whole, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile() && entry.name.endsWith('.ts')).map(entry => relative(root, join(entry.parentPath, entry.name)))
}

const toJavaScript = text =>
  ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } }).outputText

/** @param {string} root where the source is @returns {import('./compile.d.mts').Compiled} */
export const compile = (root = ROOT) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skein-sim-')))
  const write = (path, text) => {
    const target = join(folder, path.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, toJavaScript(text))
  }
  for (const path of PARTS.flatMap(part => filesIn(root, part))) if (!path.endsWith('.test.ts')) write(path, readFileSync(join(root, path), 'utf8'))
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'))
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
