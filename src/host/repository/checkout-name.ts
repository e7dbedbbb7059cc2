import type { HostId } from '../../core/brand.js'
import type { Crypto } from '../../core/crypto.js'
import { domainPrefix, NO_MESH } from '../../core/domain.js'
import { toBase32 } from '../../core/encoding/base32.js'

const NAME_BYTES = 10

/** The name of the work tree whose real path on this host is `root`: 16 characters of base32. Two work trees are one exactly when their names are equal. */
export const checkoutName = (crypto: Crypto, host: HostId, root: string): string =>
  toBase32(crypto.sha256(domainPrefix('checkout', NO_MESH).text(host).text(root).done()).subarray(0, NAME_BYTES))
