/** The one place chance comes from. */
export interface Random {
  bytes(length: number): Uint8Array
}
