import type { Result } from '../../core/result.js'
import { TlsIdentity } from '../tls/identity.js'
import { withHostSeed } from './host-key.js'

/** What the TLS adapter, and nobody else, needs of the host key. Failures as in `Keys.host`. */
export const hostTls = (folder: string): Promise<Result<TlsIdentity>> => withHostSeed(folder, (seed) => new TlsIdentity(seed))
