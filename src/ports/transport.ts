/**
 * How a link's bytes are protected, as it is shown wherever a link is shown.
 *
 * `tls-pinned`: the other end is known by its key. For the dialler the certificate held the key it was told to expect. An acceptor sees no
 * certificate of the dialler; it reports `tls-unpinned` until its owner calls `authenticated`, because a signature of the peer's host key over
 * `binding` ties that key to this channel as strongly as a certificate would. A dialler without a pin stays `tls-unpinned`: it took the key it met.
 */
export type Posture = 'insecure' | 'tls-unpinned' | 'tls-pinned'

/** Labels of addresses on one's own network: they may go without TLS when the transport is told to, and without a pin. */
export const OWN_NETWORK: readonly string[] = ['local', 'lan', 'mdns']

/** Where a peer can be dialled: a normalised `wss://host:port` (or `ws://` on a label of `OWN_NETWORK`). */
export interface Address {
  readonly url: string
  /** Every label outside `OWN_NETWORK`, known or not, needs TLS and a pin. */
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

export type DialResult = { readonly ok: true; readonly connection: Connection } | { readonly ok: false; readonly failure: DialFailure }

export interface ConnectionEvents {
  /** One whole message, in order, at most `LIMITS.messageBytes`; a plain `Uint8Array` that the receiver may keep. */
  message(bytes: Uint8Array): void
  /** The send queue has fallen to a quarter of `LIMITS.sendQueueBytes` after having been above that quarter. */
  drained(): void
  /** Exactly once, after which nothing else is called. `reason` is for people; what the peer said in it is short and without control characters. */
  closed(reason: string): void
}

/**
 * A reliable, ordered channel of whole messages to one peer.
 *
 * Contract (test/contract/transport.ts): what arrives before `start` waits, and no event comes before `start` has returned; `send` never
 * throws and after close does nothing; messages arrive whole, in order, once; after the own `close` none arrives, and `closed` follows within
 * `LIMITS.closeMs`; `binding` is equal at both ends of one connection and differs between connections; a message above the limit closes the
 * connection at the receiver.
 *
 * A connection is on probation until its owner calls `authenticated`: one that is not there within `LIMITS.handshakeMs` is closed (by every
 * transport that has a clock); what a peer sends beyond `LIMITS.unauthenticatedBytes` waits for it, because an honest peer that is done with its
 * part may send on at once; accepted ones on probation are at most `LIMITS.unauthenticatedConnections`.
 */
export interface Connection {
  readonly direction: 'dialled' | 'accepted'
  /** For people: the address dialled, or the remote address seen. */
  readonly remote: string
  /** Read it again after `authenticated`. */
  readonly posture: Posture
  /** 32 bytes that only the two ends of this channel share (TLS exporter, or the agreed key of a channel without TLS). */
  readonly binding: Uint8Array
  /** Raw Ed25519 key in the peer's certificate, when there is one: the dialler sees the acceptor's. */
  readonly certificateKey: Uint8Array | null
  /** Once. */
  start(events: ConnectionEvents): void
  /** The peer has proved over `binding` who it is: both ends call this when their handshake is done. */
  authenticated(): void
  /** The bytes must not change afterwards: they may wait in a queue as they are. */
  send(bytes: Uint8Array): void
  /** Bytes handed to `send` that the network has not taken. */
  queuedBytes(): number
  close(reason: string): void
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Ends every connection that was accepted here; resolves when the port is free, at the latest after `LIMITS.closeMs`. */
  close(): Promise<void>
}

export interface Transport {
  /** Port 0 takes a free one. Rejects with `code` `EADDRINUSE` and its like from the system. */
  listen(host: string, port: number, accepted: (connection: Connection) => void): Promise<Listener>
  /** Never rejects. The pin is compared before the first byte of skein is sent. */
  dial(address: Address, options: DialOptions): Promise<DialResult>
}
