// `npm run mutations`: switches off one rule at a time in a copy of the source, and runs the tests that should notice. Prints what breaks without
// each rule. Ends with 1 where nobody noticed, or where a mutation no longer fits the source. `--only B4` runs those of one rule; `--seeds N` per scenario.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, ROOT } from '../sim/compile.mjs'
import { play } from '../sim/run.mjs'
import { MUTATIONS } from './mutations.mjs'

const SEEDS = 100
/** A mutation may make the program go round for ever: then that is what was noticed. */
const PATIENCE_MS = 15 * 60_000

const { values } = parseArgs({ options: { only: { type: 'string' }, seeds: { type: 'string' } } })

/** Every file that a mutation changes, as it is and as it becomes; or which of its edits does not fit. */
const mutate = (mutation, tree) => {
  const files = new Map()
  for (const { file, find, replace } of [mutation, ...(mutation.with ?? [])]) {
    const { original, mutated } = files.get(file) ?? { original: readFileSync(join(tree, file), 'utf8'), mutated: readFileSync(join(tree, file), 'utf8') }
    const times = mutated.split(find).length - 1
    if (times !== 1) return { misfit: `its text stands ${times} times in ${file}` }
    files.set(file, { original, mutated: mutated.replace(find, () => replace) })
  }
  return { files }
}

/** The histories of a scenario on plain JavaScript: how many broke, and the first that did. */
const inHistories = async ({ seen }, files, compiled) => {
  for (const [file, { mutated }] of files) compiled.write(file, mutated)
  try {
    const seeds = Number(values.seeds ?? seen.seeds ?? SEEDS)
    const { failed, done, failures } = await play({ folder: compiled.folder, name: seen.scenario, from: seen.from ?? 1, seeds, deadline: Date.now() + PATIENCE_MS })
    const [first] = failures
    return { noticed: failed > 0, by: `${seen.scenario}: ${failed} of ${done}`, how: first === undefined ? '' : `seed ${first.seed}: ${first.failure}` }
  } finally {
    for (const [file, { original }] of files) compiled.write(file, original)
  }
}

const runTests = (tests, tree) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(tree, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.mjs', '--reporter', 'json', '--bail', '1', ...tests], { cwd: tree, stdio: ['ignore', 'pipe', 'ignore'], timeout: PATIENCE_MS })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', text => (out += text))
    child.once('error', reject)
    child.once('close', code => {
      resolve({ failed: code !== 0, first: /"fullName":"((?:[^"\\]|\\.)*)","status":"failed"/.exec(out)?.[1] ?? '' })
    })
  })

/** Tests that fail without a mutation show nothing: each is run on the copy as it is first, once. */
const sound = new Map()

/** The named tests, on a copy of the whole tree. */
const inTests = async ({ seen }, files, tree) => {
  const by = seen.tests.join(' ')
  if (!sound.has(by)) sound.set(by, await runTests(seen.tests, tree))
  if (sound.get(by).failed) return { noticed: false, by, how: `fails without a mutation too: ${sound.get(by).first}` }
  for (const [file, { mutated }] of files) writeFileSync(join(tree, file), mutated)
  try {
    const { failed, first } = await runTests(seen.tests, tree)
    return { noticed: failed, by, how: first }
  } finally {
    for (const [file, { original }] of files) writeFileSync(join(tree, file), original)
  }
}

/** The repository without what it makes: a test that fails here leaves nothing behind there. */
const copyTree = () => {
  const tree = realpathSync(mkdtempSync(join(tmpdir(), 'skein-mutations-')))
  for (const part of ['src', 'test', 'docs', 'package.json', 'tsconfig.json']) cpSync(join(ROOT, part), join(tree, part), { recursive: true })
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(tree, 'node_modules'))
  return tree
}

const tree = copyTree()
const compiled = compile(tree)
const rows = []
try {
  for (const mutation of MUTATIONS.filter(({ rule }) => values.only === undefined || rule === values.only)) {
    const { files, misfit } = mutate(mutation, tree)
    const found = misfit !== undefined
      ? { noticed: false, by: 'NO LONGER APPLIES', how: misfit }
      : await ('scenario' in mutation.seen ? inHistories(mutation, files, compiled) : inTests(mutation, files, tree))
    rows.push({ ...mutation, ...found })
    process.stdout.write(`${found.noticed ? 'noticed ' : 'SURVIVES'}  ${mutation.rule.padEnd(3)} without "${mutation.says}"\n              ${found.by}${found.how === '' ? '' : `\n              ${found.how.slice(0, 160)}`}\n`)
  }
} finally {
  compiled.remove()
  rmSync(tree, { recursive: true, force: true })
}
const survived = rows.filter(({ noticed }) => !noticed)
process.stdout.write(`\n${rows.length} mutations, ${survived.length} survive\n`)
process.exitCode = survived.length > 0 || rows.length === 0 ? 1 : 0
