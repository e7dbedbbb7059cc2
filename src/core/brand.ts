/** Names that must not be mixed up are distinct types; the runtime value is a plain string or number. */
declare const brand: unique symbol
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name }

/** SHA-256 as 64 lower-case hex digits. */
export type Hash = Brand<string, 'Hash'>
/** Hash of the signed genesis act: the group of hosts that coordinate. */
export type MeshId = Brand<string, 'MeshId'>
/** Raw Ed25519 public key of a host as 64 lower-case hex digits. */
export type HostKey = Brand<string, 'HostKey'>
/** Stable id of a host, derived from its first key (`hostIdOf`): 32 characters of base32. */
export type HostId = Brand<string, 'HostId'>
/** One life of one host key: `<HostKey>/<24 hex digits of the epoch>`. The only writer of one log and one document. */
export type AuthorId = Brand<string, 'AuthorId'>
/** Hash over mesh, host and a record's first text: 32 characters of base32. */
export type RecordId = Brand<string, 'RecordId'>
/** Hash of an act's signed bytes. */
export type ActId = Brand<string, 'ActId'>
/** A process with its conversation, or a terminal, as its host names it: `claude-7f3a`. */
export type SessionName = Brand<string, 'SessionName'>
/** Milliseconds, a duration or a reading, as the name that holds it says. */
export type Millis = number
/** One reading of both clocks: `wall` for stamps and display, `mono` for durations. */
export interface Now {
  readonly wall: Millis
  readonly mono: Millis
}
