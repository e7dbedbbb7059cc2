import { execFileSync, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const HOSTS = ['mac', 'box', 'ci'] as const
type HostName = (typeof HOSTS)[number]

/** Names that no other run has; the kernel allows an interface fifteen characters. */
const run = String(process.pid % 100_000)
const bridge = `skb${run}`
const namespaceOf = (host: HostName): string => `sk-${host}-${run}`
const portOf = (host: HostName): string => `s${HOSTS.indexOf(host)}p${run}`
const addressOf = (host: HostName): string => `10.213.${Number(run) % 250}.${HOSTS.indexOf(host) + 1}`

const ip = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Three hosts, each with a network of its own, on one switch. */
const build = (): void => {
  ip('link', 'add', bridge, 'type', 'bridge')
  ip('link', 'set', bridge, 'up')
  for (const host of HOSTS) {
    const inner = `${portOf(host)}e`
    ip('netns', 'add', namespaceOf(host))
    ip('link', 'add', portOf(host), 'type', 'veth', 'peer', 'name', inner)
    ip('link', 'set', portOf(host), 'master', bridge, 'up')
    ip('link', 'set', inner, 'netns', namespaceOf(host))
    ip('-n', namespaceOf(host), 'addr', 'add', `${addressOf(host)}/24`, 'dev', inner)
    ip('-n', namespaceOf(host), 'link', 'set', inner, 'up')
    ip('-n', namespaceOf(host), 'link', 'set', 'lo', 'up')
  }
}

const tearDown = (): void => {
  for (const host of HOSTS) spawnSync('ip', ['netns', 'del', namespaceOf(host)])
  spawnSync('ip', ['link', 'del', bridge])
}

const whyNot = (): string | null => {
  if (process.platform !== 'linux') return 'network namespaces are Linux\'s'
  if (process.getuid?.() !== 0) return 'making a network namespace needs root'
  const made = spawnSync('ip', ['netns', 'add', `sk-probe-${run}`], { encoding: 'utf8' })
  if (made.status !== 0) return `no network namespace can be made here: ${made.error?.message ?? made.stderr.trim()}`
  spawnSync('ip', ['netns', 'del', `sk-probe-${run}`])
  return null
}

const DOWN_MS = 30_000
const LEVEL_WITHIN_MS = 5_000
const reason = whyNot()

describe.skipIf(reason !== null)(`three hosts in three network namespaces${reason === null ? '' : ` (skipped: ${reason})`}`, { timeout: 120_000 }, () => {
  const mesh = new TestMesh()
  const trees = new Map(HOSTS.map(host => [host, mesh.checkout(`${host}-app`)]))
  const inside = (host: HostName): { readonly through: readonly string[]; readonly cwd: string } => ({
    through: ['ip', 'netns', 'exec', namespaceOf(host)],
    cwd: trees.get(host) ?? mesh.folder.path
  })
  const viewsEqual = (): Promise<unknown> => eventually(() => Promise.all(HOSTS.map(host => mesh.viewHash(host))), views => new Set(views).size === 1, 20_000)

  beforeAll(async () => {
    build()
    await mesh.must('mac', ['init', '--name', 'mac', '--no-passphrase', '--listen', `${addressOf('mac')}:0`], inside('mac'))
    await mesh.must('mac', ['up'], inside('mac'))
    for (const host of ['box', 'ci'] as const) {
      const { envelope } = await mesh.json('mac', ['invite'], inside('mac'))
      await mesh.must(host, ['join', String(envelope.data.token), '--name', host, '--listen', `${addressOf(host)}:0`], inside(host))
      await mesh.must(host, ['up'], inside(host))
    }
    await viewsEqual()
  }, 90_000)
  afterAll(async () => {
    await mesh.end()
    tearDown()
  })

  test('30 s without a link while all three write: five seconds after it is back all views are equal, nothing is lost, and each is told what crossed', async () => {
    for (const host of HOSTS) ip('link', 'set', portOf(host), 'down')
    const down = performance.now()
    const written: string[] = []
    const claim = async (host: HostName, scope: string): Promise<void> => {
      const reason = `${host} works on ${scope}`
      const { envelope, code } = await mesh.json(host, ['claim', scope, '--reason', reason], inside(host))
      expect([code, envelope.warnings.filter(warning => warning.code === 'CLAIM_OVERLAP')]).toEqual([0, []])
      written.push(reason)
    }
    for (const host of HOSTS) await claim(host, host === 'mac' ? 'src/pay/**' : `src/pay/${host}.ts`)
    for (let round = 0; performance.now() - down < DOWN_MS - 5_000; round++) {
      for (const host of HOSTS) await claim(host, `${host}/file-${round}.ts`)
      await eventually(async () => performance.now() - down, ms => ms > (round + 1) * 4_000)
    }
    await eventually(async () => performance.now() - down, ms => ms >= DOWN_MS, DOWN_MS)

    for (const host of HOSTS) ip('link', 'set', portOf(host), 'up')
    const up = performance.now()
    await viewsEqual()
    const tookMs = Math.round(performance.now() - up)

    for (const host of HOSTS) {
      const { envelope } = await mesh.json(host, ['claims'], { ...inside(host), session: 'onlooker' })
      const claims = envelope.data.claims as { reason: string }[]
      expect(claims.map(({ reason }) => reason).sort()).toEqual([...written].sort())
    }
    const told = await Promise.all(HOSTS.map(async host => (await mesh.json(host, ['claims', '--mine'], inside(host))).envelope.warnings.filter(({ code }) => code === 'CLAIM_CROSSING')))
    process.stdout.write(`three namespaces, ${written.length} claims while apart: equal after ${tookMs} ms; told: ${told.map(warnings => warnings.map(({ details }) => details.holder).join('+')).join(' | ')}\n`)
    expect(tookMs).toBeLessThanOrEqual(LEVEL_WITHIN_MS)
    expect(told[0]?.map(({ details }) => String(details.holder)).sort()).toEqual(['box/box-1', 'ci/ci-1'])
    expect(told[1]?.map(({ details }) => details.holder)).toEqual(['mac/mac-1'])
    expect(told[2]?.map(({ details }) => details.holder)).toEqual(['mac/mac-1'])
  })
})
