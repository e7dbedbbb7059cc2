import type { ActId, HostId, RecordId, SessionName } from '../../brand.js'

/** What a record may answer or be about: a record, or an operator's act. */
export type Reference = RecordId | ActId

const BASE32_32 = /^[0-9a-hjkmnp-tv-z]{32}$/
const HEX_64 = /^[0-9a-f]{64}$/
const SESSION = /^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,63}$/

export const isRecordId = (text: string): text is RecordId => BASE32_32.test(text)
export const isHostId = (text: string): text is HostId => BASE32_32.test(text)
export const isActId = (text: string): text is ActId => HEX_64.test(text)
export const isHashText = (text: string): boolean => HEX_64.test(text)
/** Sessions are named inside their host's signature; the alphabet keeps a name on one line and out of a terminal's control. */
export const isSessionName = (text: string): text is SessionName => SESSION.test(text)
