import type { Kind } from '../../../../src/core/coordination/records/kinds.js'
import type { RecordFields } from '../../../../src/core/coordination/records/record.js'
import { NOON } from './scribe.js'

export const SOME_ID = '0123456789abcdefghjkmnpqrstvwxyz'
export const OTHER_ID = 'zyxwvtsrqpnmkjhgfedcba9876543210'
export const SOME_HOST = 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh'
const HASH = 'c'.repeat(64)
const to = { host: SOME_HOST, session: 'codex-2b' }
const about = { repo: 'github.com/team/app', scope: ['src/auth/**'] }

/** One full record of every kind; the compiler asks for the next one. */
export const SAMPLES: Readonly<Record<Kind, RecordFields>> = {
  claim: { ...about, mode: 'exclusive', reason: 'rewrite the login flow', tags: ['auth'], until: NOON, turn: [29_919_720, 2], where: { checkout: 'mac:3fa9', branch: 'main', base: '9ac1e2' }, to, ack: true },
  renew: { until: NOON, except: [SOME_ID], turns: { [OTHER_ID]: [29_919_720, 0] }, back: [SOME_ID] },
  release: { claims: [SOME_ID], scope: ['src/auth/**'], reason: 'done' },
  reclaim: { claims: [SOME_ID], reason: 'the laptop is shut', force: true },
  resolve: { claims: [SOME_ID, OTHER_ID], how: 'split', scope: ['src/auth/**'], text: 'you take the tests', to },
  offer: { claims: [SOME_ID], to, text: 'going home' },
  take: { re: SOME_ID, text: 'mine now' },
  wait: { ...about, re: [SOME_ID], until: NOON, text: 'need the schema' },
  intent: { ...about, text: 'delete the branch', tags: ['auth'] },
  proposal: { ...about, to, text: 'I take auth, you take pay', ack: true, implicit: true, deadline: NOON, expires: NOON, attempt: 1 },
  accept: { re: SOME_ID, text: 'fine' },
  reject: { re: SOME_ID, reason: 'no time' },
  ack: { re: SOME_ID, hash: HASH, attempt: 1, text: 'will do' },
  nack: { re: SOME_ID, hash: HASH, attempt: 1, reason: 'cannot' },
  status: { ...about, text: 'tests are green' },
  message: { ...about, to: { role: 'planner', hosts: [SOME_HOST] }, text: 'hi', ack: true, quorum: 1, supersedes: OTHER_ID, attempt: 2 },
  question: { ...about, to: { all: [SOME_HOST] }, text: 'who owns pay?', deadline: NOON },
  answer: { re: SOME_ID, text: 'I do' },
  block: { ...about, text: 'no key for staging', re: SOME_ID },
  unblock: { re: SOME_ID, text: 'key is there' },
  decision: { ...about, text: 'we use level', reason: 'it is there' },
  directive: { ...about, text: 'hands off', via: 'typed' },
  withdraw: { re: 'd'.repeat(64), reason: 'no longer true' },
  label: { labels: ['frontend', 'night-shift'] },
  responder: { state: 'rate_limited', reason: 'too many requests', until: NOON },
  profile: { name: 'mac', version: '0.1.0', platform: 'linux', addresses: [{ url: 'wss://192.168.1.20:4747', label: 'lan' }] },
  repo: { key: 'github.com/team/app', remotes: ['https://github.com/team/app'], root: 'a'.repeat(40), link: 'team/app', state: 'enrolled' },
  task: { ...about, to, re: SOME_ID, text: 'split the login form', state: 'ready', priority: 2, after: [OTHER_ID] },
  result: { re: SOME_ID, outcome: 'done', text: 'all green', evidence: [{ command: 'npm test', exit: 0, log: 'ci/41', commit: 'a1b2c3' }] },
  handoff: { ...about, cause: 'died', where: { checkout: 'mac:3fa9', branch: 'main' }, failure: 'expected 200, got 401', transcript: '/home/me/t.jsonl', intent: SOME_ID },
  note: { ...about, re: SOME_ID, text: 'the cache is per process' },
  receipt: { re: [SOME_ID, OTHER_ID] },
  tempo: { mode: 'burn', cause: 'set', until: NOON, reason: 'release day' }
}
