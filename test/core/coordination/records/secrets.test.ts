import { describe, expect, it } from 'vitest'
import { MASK, maskSecrets } from '../../../../src/core/coordination/records/secrets.js'

/** Put together here, so that no scanner takes this file for a leak. */
const made = (...parts: readonly string[]): string => parts.join('')
const LETTERS = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAbCdEf'

describe('likely secrets', () => {
  it.each([
    ['an AWS key', made('AKIA', 'IOSFODNN7EXAMPLE')],
    ['a GitHub token', made('ghp_', LETTERS)],
    ['a GitLab token', made('glpat-', LETTERS.slice(0, 20))],
    ['a model key', made('sk-', 'ant-', LETTERS)],
    ['a payment key', made('sk_live_', LETTERS.slice(0, 24))],
    ['a chat token', made('xoxb-', '123456789012-', LETTERS.slice(0, 12))],
    ['an invitation of skein', made('sk1_', LETTERS)],
    ['a signed web token', made('eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0In0', '.c2lnbmF0dXJl')],
    ['a private key', made('-----BEGIN OPENSSH PRIVATE KEY-----\n', LETTERS, '\n-----END OPENSSH PRIVATE KEY-----')],
    ['a private key that was cut', made('-----BEGIN PRIVATE KEY-----\n', LETTERS)],
    ['a line of one', `${LETTERS}${LETTERS}`],
    ['a random word', LETTERS]
  ])('%s is masked, and what stands around it stays', (_, secret) => {
    const masked = maskSecrets(`before\n${secret}\n`)
    expect(masked).toContain('before')
    expect(masked).toContain(MASK)
    expect(masked).not.toContain(secret)
    expect(masked).not.toContain(LETTERS.slice(4, 12))
  })

  it.each([
    ['password=hunter2 rest', `password=${MASK} rest`],
    ['DB_PASSWORD: "two words" rest', `DB_PASSWORD: ${MASK} rest`],
    ['{"api_key":"abc","x":1}', `{"api_key":${MASK},"x":1}`],
    ['curl --token abc https://x', `curl --token ${MASK} https://x`],
    ['Authorization: Bearer abc.def', `Authorization: ${MASK}`],
    ['got bearer abcdefgh.ij', `got bearer ${MASK}`],
    ['postgres://me:hunter2@db/x', `postgres://me:${MASK}@db/x`]
  ])('%s becomes %s', (text, masked) => expect(maskSecrets(text)).toBe(masked))

  it.each([
    'expected 200, got 401 at src/auth/login.ts:41:7',
    '9ac1e2b4d8f0a1c3e5f7091b2d4f6a8c0e1f3a5b is no ancestor',
    '/home/paul/projects/app/src/components/LoginForm2/index.ts',
    'SyntaxError: Unexpected token } in JSON',
    'the password is wrong',
    'npm ERR! code ELIFECYCLE'
  ])('%s stays', text => expect(maskSecrets(text)).toBe(text))

  it('takes no longer for a text made against it', () => {
    const started = performance.now()
    for (const text of ['a'.repeat(50_000), 'password'.repeat(6_000), '-----BEGIN PRIVATE KEY-----'.repeat(2_000), `x://${':'.repeat(50_000)}`, ' --token'.repeat(6_000), '='.repeat(50_000)]) maskSecrets(text)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
