import type { Transport } from '../../ports/transport.js'
import { ADMISSION } from './admission.js'
import type { AdmissionLimits } from './admission.js'
import { dial } from './dial.js'
import { listen } from './listener.js'
import type { Credentials } from './listener.js'

export interface WebSocketTransportOptions {
  /** The certificate that listeners show; null makes them speak without TLS, which `allowInsecure` has to permit. */
  readonly tls: Credentials | null
  /** Whether `ws://` is dialled on labels of one's own network, and listened for where `tls` is null. */
  readonly allowInsecure: boolean
  /** What peers without a proof may cost; the defaults are those of `limits.ts`. Tests that dial hundreds of times over loopback raise `perSecond` and `burst`. */
  readonly limits?: Partial<AdmissionLimits>
}

/** Links over WebSocket: TLS 1.3 with the host key as certificate, or, where both ends want it, without encryption but with a MAC on every message. */
export const websocketTransport = ({ tls, allowInsecure, limits = {} }: WebSocketTransportOptions): Transport => {
  const admission = { ...ADMISSION, ...limits }
  if (tls === null && !allowInsecure) throw new Error('a transport without TLS has to be allowed')
  return {
    listen: (host, port, accepted) => listen(tls, admission, host, port, accepted),
    dial: (address, options) => dial(address, options, allowInsecure, admission)
  }
}
