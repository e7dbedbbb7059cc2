// Three hosts as real processes over loopback TLS, two agents on one of them, play a sprint: claims, a proposal with a wanted ack, a cut
// during which two agents take the same files, the heal. It prints what each agent is told, and exits 1 where an assertion does not hold.
import { strict as assert } from 'node:assert'
import { BIN, Stage } from './stage.mjs'

const stage = new Stage()
const paint = code => text => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text)
const [strong, faint, good] = [paint(1), paint(2), paint(32)]

const chapter = title => console.log(`\n${strong(`── ${title} `.padEnd(78, '─'))}`)
const indent = text => text.trimEnd().split('\n').map(line => `  ${line}`).join('\n')

/** A command as its agent types it, with everything that comes back. */
const act = async (host, session, ...args) => {
  const words = args.map(word => (/[\s*]/.test(word) ? `'${word}'` : word)).join(' ')
  console.log(`${faint(`${session === undefined ? host : `${host}/${session}`}$`)} skein ${words.length > 110 ? `${words.slice(0, 60)}…` : words}`)
  const said = await stage.run(host, session, args)
  const text = [said.stdout, said.stderr].filter(part => part.trim() !== '').join('')
  if (text !== '') console.log(indent(text))
  return said
}

const holds = (fact, condition, seen) => {
  assert.ok(condition, `${fact}\n${JSON.stringify(seen, null, 2)}`)
  console.log(good(`  ✓ ${fact}`))
}

const hashOf = async host => (await stage.json(host, 'watcher', ['whoami'])).freshness.view_hash

const viewsEqual = what =>
  stage.until(what, () => Promise.all([...stage.hosts.keys()].map(hashOf)), hashes => new Set(hashes).size === 1)

const crossings = envelope => envelope.warnings.filter(({ code }) => code === 'CLAIM_CROSSING')

const play = async () => {
  chapter('three hosts, one mesh')
  stage.makeRepository(['mac', 'box', 'spark'])
  for (const name of ['mac', 'box', 'spark']) await stage.addHost(name)
  const { listen, advertise } = stage.hosts.get('mac')
  await act('mac', undefined, 'init', '--name', 'mac', '--no-passphrase', '--listen', listen, '--advertise', advertise)
  await act('mac', undefined, 'up')
  for (const name of ['box', 'spark']) {
    const invited = await stage.json('mac', undefined, ['invite'])
    assert.ok(invited.ok, JSON.stringify(invited))
    const host = stage.hosts.get(name)
    const joined = await act(name, undefined, 'join', invited.data.token, '--name', name, '--listen', host.listen, '--advertise', host.advertise)
    assert.equal(joined.code, 0, 'join')
    await act(name, undefined, 'up')
  }
  for (const name of stage.hosts.keys()) assert.equal((await stage.run(name, 'setup', ['repo', 'add'])).code, 0, 'repo add')
  await viewsEqual('after the joins')

  chapter('claims, and a proposal with a wanted ack')
  await act('mac', 'claude', 'claim', 'src/auth/**', '--reason', 'rewrite the login flow')
  const seen = await stage.until('the claim on box', () => stage.json('box', 'codex', ['who', 'src/auth/login.ts']), ({ ok, data }) => ok && JSON.stringify(data).includes('rewrite the login flow'))
  holds('box knows, from its own disk, who claimed src/auth/login.ts, with no command between', JSON.stringify(seen.data).includes('claude'), seen.data)
  await act('box', 'codex', 'who', 'src/auth/login.ts')
  await act('box', 'codex', 'claim', 'src/auth/login.ts', '--reason', 'fix the redirect')
  await act('box', 'codex', 'propose', 'mac/claude', 'I take the redirect, you keep the rest', '--scope', 'src/auth/login.ts', '--ack')
  const inbox = await stage.until('the proposal on mac', () => stage.json('mac', 'claude', ['inbox']), ({ ok, data }) => ok && JSON.stringify(data).includes('I take the redirect'))
  const { id } = inbox.data.items[0]
  await act('mac', 'claude', 'show', id)
  await act('box', 'codex', 'pending')
  await act('mac', 'claude', 'ack', id)
  await stage.until('the ack on box', () => stage.json('box', 'codex', ['pending']), ({ data }) => data.owed.length === 0)
  await act('box', 'codex', 'pending')
  await act('box', 'codex', 'release', '--all')
  await viewsEqual('before the cut')
  const before = await hashOf('mac')

  chapter('the network is cut: every host is alone')
  stage.cut()
  const alone = await act('spark', 'gemini', 'who', 'src/auth/login.ts')
  const told = alone.stdout + alone.stderr
  holds('cut off, spark still names the session, its reason and its age', alone.code === 1 && told.includes('mac/claude') && told.includes('rewrite the login flow') && /\d+ (s|min)\b/.test(told), told)
  await act('mac', 'codex', 'claim', 'src/pay/**', '--reason', 'refunds')
  await act('spark', 'gemini', 'claim', 'src/pay/charge.ts', '--reason', 'rounding bug')
  await act('box', 'codex', 'send', 'all', 'tests are red on main since 9ac1e2')
  await act('mac', 'claude', 'decide', 'sessions keep their old cookie name')

  chapter('the heal')
  stage.heal()
  const [after] = await viewsEqual('after the heal')
  console.log(`  view before the cut ${before.slice(0, 8)}…, after the heal ${after.slice(0, 8)}… on all three`)
  holds('the three views are equal, and not what they were before', after !== before, { before, after })
  const leads = []
  for (const [host, session] of [['mac', 'codex'], ['spark', 'gemini']]) {
    const first = await stage.json(host, session, ['claims', '--mine'])
    const [crossing, ...others] = crossings(first)
    console.log(`${faint(`${host}/${session} is told`)}\n${indent(crossing?.text ?? 'nothing')}`)
    holds(`${host}/${session} is told of the crossing`, crossing !== undefined && others.length === 0, first)
    leads.push(crossing.details.lead)
    const second = await stage.json(host, session, ['claims', '--mine'])
    holds(`and only once`, crossings(second).length === 0, second)
  }
  holds('both are told the same lead', leads[0] === leads[1], leads)
  await act('box', 'codex', 'conversation', 'mac', '--md')
}

const tryNext = () => {
  chapter('yours to try')
  console.log(`  The homes lie in ${stage.folder}. For example:`)
  for (const [name, words] of [['mac', 'status'], ['box', 'claims'], ['spark', 'log'], ['spark', 'verify']]) {
    const { home, cwd } = stage.hosts.get(name)
    console.log(`    cd ${cwd} && node ${BIN} --home ${home} ${words}`)
  }
}

let ending = false
const end = async (code, options) => {
  if (ending) return
  ending = true
  await stage.close(options)
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(130))

try {
  const started = performance.now()
  await play()
  console.log(good(`\nAll of it held, in ${((performance.now() - started) / 1000).toFixed(1)} s.`))
  tryNext()
  if (process.stdout.isTTY) {
    console.log('  The daemons run until you press Ctrl-C, which takes everything away again.')
    await new Promise(() => setInterval(() => undefined, 2 ** 30))
  }
  console.log('  No terminal to wait on: the daemons are stopped, the homes stay and answer without them. Remove the folder when you have seen enough.')
  await end(0, { keepHomes: true })
} catch (error) {
  if (!ending) console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
  await end(1)
}
