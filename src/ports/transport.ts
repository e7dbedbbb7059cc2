/** How a link's bytes are protected, as it is shown wherever a link is shown. */
export type Posture = 'insecure' | 'tls-unpinned' | 'tls-pinned'

/** Where a peer can be dialled: a normalised `wss://host:port` (or `ws://` on a label that allows it). */
export interface Address {
  readonly url: string
  /** `local`, `lan` and `mdns` may go without TLS when told to; every other label needs TLS and a pin. */
  readonly label: string
}

export interface DialOptions {
  /** The host key that must be in the certificate, 32 bytes; null when not yet known. */
  readonly pin: Uint8Array | null
  readonly timeoutMs: number
}

/** Why a dial failed, in the field's words, for `join` and `peers`. */
export interface DialFailure {
  readonly reason: 'refused' | 'timeout' | 'unresolved' | 'unreachable' | 'not-skein' | 'pin-mismatch' | 'insecure-label' | 'closed' | 'other'
  readonly text: string
}

export interface ConnectionEvents {
  /** One whole message, in order, at most `LIMITS.messageBytes`. */
  message(bytes: Uint8Array): void
  /** The send queue has fallen to a quarter of `LIMITS.sendQueueBytes` after having been above it. */
  drained(): void
  /** Exactly once, after which nothing else is called. `reason` is for people. */
  closed(reason: string): void
}

/**
 * A reliable, ordered channel of whole messages to one peer.
 *
 * Contract (test/contract/transport.ts): what arrives before `start` waits; `send` never throws and after close does nothing; messages
 * arrive whole, in order, once; `binding` is equal at both ends of one connection and differs between connections; a message above the
 * limit closes the connection at the receiver.
 */
export interface Connection {
  readonly direction: 'dialled' | 'accepted'
  /** For people: the address dialled, or the remote address seen. */
  readonly remote: string
  readonly posture: Posture
  /** 32 bytes that only the two ends of this channel share (TLS exporter, or the agreed key of a channel without TLS). */
  readonly binding: Uint8Array
  /** Raw Ed25519 key in the peer's certificate, when there is one: the dialler sees the acceptor's. */
  readonly certificateKey: Uint8Array | null
  start(events: ConnectionEvents): void
  send(bytes: Uint8Array): void
  /** Bytes handed to `send` that the network has not taken. */
  queuedBytes(): number
  close(reason: string): void
}

export interface Listener {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

export interface Transport {
  /** Rejects with `code` `EADDRINUSE` and its like from the system. */
  listen(host: string, port: number, accepted: (connection: Connection) => void): Promise<Listener>
  dial(address: Address, options: DialOptions): Promise<{ readonly ok: true; readonly connection: Connection } | { readonly ok: false; readonly failure: DialFailure }>
}
