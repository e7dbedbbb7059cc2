import { describe, expect, it } from 'vitest'
import { cutToTokens, estimateTokens } from '../../../src/control/recap/tokens.js'
import { TOKENIZERS } from '../../support/tokenizers.js'

const SAMPLES = [
  'mac/claude-7f3a holds src/auth/** since 14:02Z: "rewrite the login flow"',
  'q-8k2f0mqx question from mac/claude-7f3a, 2026-11-20 14:02Z, on src/auth/login.ts: "may I take over the login flow?"',
  'c-8k2f0mqx c-9qz2hd7e m-x3k9v0aa q-1bz4m2p7',
  '3fa9c0d1e2b47756aa0f9b1c',
  'VkVSWSBMT05HIEJBU0U2NA== eyJhbGciOiJFZERTQSJ9',
  '\\u{202e}\\x1b[31m\\u{200b}',
  'XQZJ VKWP GHTY',
  '重写登录流程并更新测试，请不要合并 龘靐齉',
  'إعادة كتابة تدفق تسجيل الدخول',
  'लॉगिन प्रवाह को फिर से लिखें',
  'เขียนกระบวนการเข้าสู่ระบบใหม่',
  'Überprüfungsausschußsitzung, työllistymisvaikutukset',
  '😀🚀🧑‍💻✅🔥',
  '𓀀𓁐𓂀 ᚠᚢᚦ',
  '{}[]()<>!@#$%^&*;:,./?|\\~`-=_+',
  'a\nb\n\n\n    c'
]

describe('the estimate', () => {
  it('is below no tokenizer for text of any kind', () => {
    for (const text of SAMPLES) for (const [name, count] of TOKENIZERS) expect(estimateTokens(text), `${name}: ${text}`).toBeGreaterThanOrEqual(count(text))
  })

  it('is not far above for what skein prints most', () => {
    const [line = ''] = SAMPLES
    for (const count of TOKENIZERS.values()) expect(estimateTokens(line)).toBeLessThan(2 * count(line))
  })

  it('bytes ÷ 3 would be below: which is why it is not that', () => {
    const [, line = ''] = SAMPLES
    for (const count of TOKENIZERS.values()) expect(Math.ceil(Buffer.byteLength(line) / 3)).toBeLessThan(count(line))
  })
})

describe('a text cut to tokens', () => {
  it('is a beginning of it within the bound, and whole where it fits', () => {
    for (const text of SAMPLES) {
      expect(cutToTokens(text, estimateTokens(text))).toBe(text)
      for (const most of [3, 5, 10, 14]) {
        const cut = cutToTokens(text, most)
        expect(estimateTokens(cut)).toBeLessThanOrEqual(most)
        expect(cut === text || (cut.endsWith('…') && text.startsWith(cut.slice(0, -1))), `${text} → ${cut}`).toBe(true)
      }
    }
  })
})
