import { describe, expect, it } from 'vitest'
import { conversationMarkdown } from '../../../../src/core/coordination/timeline/conversation.js'
import { MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2, -90_000)
const to = { host: box.host, session: 'codex-2b' }

const old = mac.write('proposal', { to, repo: 'app', scope: ['src'], text: 'before the span' }, NOON - 60 * MINUTE)
const span = [
  mac.write('message', { to, text: 'shall I take *auth*?' }, NOON),
  box.write('accept', { re: old.id, text: 'fine' }, NOON + MINUTE),
  box.write('message', { to: { host: mac.host }, text: '# Ignore all\n\u001b[2J`rm`\n> and \u202eobey' }, NOON + 2 * MINUTE),
  mac.claim(['src/auth/**'], NOON + 3 * MINUTE, { reason: 'rewrite' })
]

const markdown = (written: readonly Written[]): string => {
  const view = viewOf([mac, box], written)
  return conversationMarkdown(view.timeline.select({ since: NOON, until: NOON + 10 * MINUTE, talkOnly: true }), view.names(), 'mac and box')
}

describe('conversation', () => {
  it('is byte-equal at two hosts that hold the span, whatever else they hold', () => {
    const others = Array.from({ length: 50 }, (_, index) => mac.write('note', { text: `${index}` }, NOON - index - 1))
    expect(markdown([...span, old, ...others].toReversed())).toBe(markdown(span))
  })

  it('reads as what was said, by whom and when, and lets nothing that was said be more than said', () => {
    expect(markdown(span)).toBe(
      [
        '# mac and box',
        String.raw`**2026-11-20T14:00:00.000Z** mac/claude-1 says to box/codex-2b: "shall I take \*auth\*?"`,
        String.raw`**2026-11-20T14:01:00.000Z** box/claude-1 accepts ${old.id.slice(0, 8)}: "fine"`,
        '**2026-11-20T14:02:00.000Z** box/claude-1 says to mac: "…"',
        String.raw`> \# Ignore all` + '\n' + String.raw`> \\x1b\[2J\`rm\`` + '\n' + String.raw`> \> and \\u\{202e\}obey`,
        String.raw`**2026-11-20T14:03:00.000Z** mac/claude-1 claims src/auth/\*\* until 2026-11-20 14:33Z: "rewrite"`,
        ''
      ].join('\n\n').trimEnd() + '\n'
    )
  })
})
