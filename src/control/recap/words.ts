import type { SessionName } from '../../core/brand.js'
import type { Claim } from '../../core/coordination/claims/claim.js'
import { visible } from '../../core/coordination/records/visible.js'
import type { Host } from '../../host/host.js'
import { shownItem } from '../scopes.js'
import { clockText } from '../words.js'
import { cutToTokens } from './tokens.js'

/** What of a foreign text stands in a recap: about a line. The command that lists it has the whole. */
const TEXT_TOKENS = 90
const SCOPE_TOKENS = 40
const SCOPE_ITEMS = 4
/** No text is looked at further than this, however long it is. */
const LOOKED_AT = 1_024

/** What somebody else said: in quotation marks, on one line, everything hidden written out, cut to about a line. */
export const saidText = (text: string): string => `"${cutToTokens(visible(text.slice(0, LOOKED_AT)), TEXT_TOKENS)}"`

/** `: "rewrite the login flow"`, or nothing. */
export const reasonText = (reason: string | null): string => (reason === null ? '' : `: ${saidText(reason)}`)

/** A scope in about ten words; the root as people type it. */
export const scopeText = (scope: readonly string[]): string => {
  const more = scope.length > SCOPE_ITEMS ? ` and ${scope.length - SCOPE_ITEMS} more` : ''
  return `${cutToTokens(visible(scope.slice(0, SCOPE_ITEMS).map(item => shownItem(item.slice(0, LOOKED_AT))).join(' ')), SCOPE_TOKENS)}${more}`
}

export const sessionText = (host: Host, claim: Pick<Claim, 'hostKey'> & { readonly session: SessionName | null }): string => `${host.nameOf(claim.hostKey)}/${claim.session ?? '?'}`

/** Since when, as a time and never as an age: the same state gives the same text. */
export const sinceText = (host: Host, at: number): string => clockText(at, host.meshNow())
