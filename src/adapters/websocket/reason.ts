import { LIMITS } from '../../core/limits.js'

/** The system's or a library's code of an error, or an empty text. */
export const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}

/** Why a socket broke, for people. */
export const socketReason = (error: Error): string => {
  const code = codeOf(error)
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return `a message above ${LIMITS.messageBytes} bytes`
  if (code.startsWith('WS_ERR_')) return 'bytes that are not WebSocket frames'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'connection reset'
  if (code === 'ETIMEDOUT') return 'connection timed out'
  return code === '' ? 'connection broken' : `connection broken (${code})`
}

/** A reason cut to what a close frame holds. */
export const closingText = (reason: string): string => {
  let text = reason.slice(0, LIMITS.closeReasonBytes)
  while (Buffer.byteLength(text) > LIMITS.closeReasonBytes) text = text.slice(0, -1)
  return text
}

/** Why the peer ended the connection, in its words if it said any. */
export const peerReason = (code: number, said: Buffer): string => {
  const text = said.toString('utf8').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
  if (text !== '') return `peer closed: ${text}`
  if (code === 1009) return 'peer refused a message as too long'
  return code === 1006 ? 'connection lost' : 'peer closed'
}
