import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Terminal } from '../../src/cli/command.js'
import { program } from '../../src/cli/program.js'
import { styleFor } from '../../src/cli/style.js'
import { callHome } from '../../src/control/client.js'
import { OPERATIONS } from '../../src/control/operations.js'
import type { Evidence } from '../../src/host/session/evidence.js'
import { skein, skeinJson, temporaryFolder, type Ran } from './cli.js'

export type Answer = Pick<Awaited<ReturnType<typeof skeinJson>>, 'code' | 'stdout' | 'envelope'>

/** Two hosts of one mesh, each with a clone of one repository, and daemons over loopback; whoever makes one takes it down. */
export interface Pair {
  readonly folder: string
  home(host: string): string
  tree(host: string): string
  /** What `skein …` prints for people, said by a session of a host. */
  run(host: string, session: string, args: readonly string[], input?: string): Promise<Ran>
  /**
   * The same with `--json`, by the command line's own code in this process, which spares the start of Node. The data is held to the
   * operation's own schema, and the text for people is made too.
   */
  ask(host: string, session: string, ...args: string[]): Promise<Answer>
  remove(): Promise<void>
}

const git = (cwd: string, ...args: readonly string[]): void => {
  execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], { cwd, stdio: 'ignore', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } })
}

/** A session known by this name. */
export const evidenceOf = (name: string): Evidence => ({ kind: 'named', tool: 'term', token: `named:${name}`, name, found: 'from a test', terminal: false, person: true, agents: [] })

/** Takes down what is printed, and asks as this session. */
const terminalOf = (home: string, cwd: string, session: string, lines: string[]): Terminal => ({
  home,
  cwd,
  use: null,
  as: undefined,
  json: true,
  env: {},
  style: styleFor({}, {}),
  columns: 80,
  call: (op, args, options = {}) => callHome({ op, args: { ...args }, caller: evidenceOf(session), cwd }, { home, ...options }),
  print: ({ envelope, exit }, render) => {
    lines.push(JSON.stringify(envelope))
    if (envelope.ok) render(envelope.data as Parameters<typeof render>[0])
    return exit
  },
  say: () => undefined,
  note: () => undefined,
  item: value => void lines.push(JSON.stringify(value)),
  flushed: async () => true
})

const LISTEN = ['--no-passphrase', '--listen', '127.0.0.1:0']

export const makePair = async (): Promise<Pair> => {
  const temporary = temporaryFolder()
  const home = (host: string): string => join(temporary.path, host)
  const tree = (host: string): string => join(temporary.path, `${host}-app`)
  const options = (host: string, session: string) => ({ home: home(host), cwd: tree(host), session })
  for (const host of ['mac', 'box']) {
    mkdirSync(join(tree(host), 'src', 'auth'), { recursive: true })
    git(tree(host), 'init', '-q')
    git(tree(host), 'remote', 'add', 'origin', host === 'mac' ? 'git@example.com:team/app.git' : 'https://example.com/team/app.git')
  }
  const pair: Pair = {
    folder: temporary.path,
    home,
    tree,
    run: (host, session, args, input) => skein(args, { ...options(host, session), ...(input === undefined ? {} : { input }) }),
    ask: async (host, session, ...args) => {
      const lines: string[] = []
      const code = await program({ version: '', terminal: () => terminalOf(home(host), tree(host), session, lines) }).parse(args)
      const answer: Answer = { code, stdout: lines.join('\n'), envelope: JSON.parse(lines.at(-1) ?? '') }
      const operation = OPERATIONS.get(args.slice(0, 2).join('-')) ?? OPERATIONS.get(args[0] ?? '')
      if (answer.envelope.ok && operation !== undefined && args[0] !== 'log') operation.data.parse(answer.envelope.data)
      return answer
    },
    remove: async () => {
      await Promise.all(['mac', 'box'].map(host => skein(['down'], options(host, 'tester'))))
      temporary.remove()
    }
  }
  await pair.run('mac', 'tester', ['init', '--name', 'mac', ...LISTEN])
  await pair.run('mac', 'tester', ['up'])
  const { envelope } = await skeinJson(['invite'], options('mac', 'tester'))
  const joined = await pair.run('box', 'tester', ['join', String(envelope.data.token), '--name', 'box', '--listen', '127.0.0.1:0'])
  if (joined.code !== 0) throw new Error(joined.stderr)
  await pair.run('box', 'tester', ['up'])
  return pair
}
