import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const DEMO = fileURLToPath(new URL('demo.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sk-demo-'))

/** Processes whose command line names this folder. */
const processesIn = (path: string): string =>
  spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(line => line.includes(path))
    .join('\n')

const startDemo = () => spawn(process.execPath, [DEMO], { env: { PATH: process.env.PATH, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] })

/** Runs it, with a word in its output upon which it is interrupted. */
const play = (interruptAt?: string): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    const child = startDemo()
    let output = ''
    const collect = (text: string): void => {
      output += text
      if (interruptAt !== undefined && output.includes(interruptAt)) child.kill('SIGINT')
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', reject)
    child.on('close', code => resolve({ code, output }))
  })

describe('the demo', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('holds all that it asserts, leaves no process, and names homes that can be tried', { timeout: 120_000 }, async () => {
    const { code, output } = await play()
    expect(output).toContain('All of it held')
    expect(code).toBe(0)
    expect(processesIn(folder)).toBe('')
    const lines = [...output.matchAll(/^ {4}(cd .*)$/gm)].map(([, line = '']) => line)
    expect(lines).toHaveLength(4)
    for (const line of lines) expect(spawnSync('sh', ['-c', line], { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder } }), line).toMatchObject({ status: 0 })
    for (const home of readdirSync(folder)) rmSync(join(folder, home), { recursive: true })
  })

  it.each(['mac$ skein up', 'box$ skein join', 'box$ skein up'])('takes everything away on Ctrl-C, here at "%s"', { timeout: 60_000 }, async line => {
    const { code } = await play(line)
    expect(code).toBe(130)
    expect(readdirSync(folder)).toEqual([])
    expect(processesIn(folder)).toBe('')
  })
})
