export interface FaultProxy {
  readonly port: number
  cut(how?: { readonly silent?: boolean }): void
  heal(): void
  setDelay(ms: number): void
  setPieces(bytes: number): void
  corruptNext(): void
  connections(): number
  bytes(): { readonly up: number; readonly down: number }
  close(): Promise<void>
}

export const startProxy: (options: {
  readonly targetPort: number
  readonly targetHost?: string
  readonly listenPort?: number
  readonly listenHost?: string
}) => Promise<FaultProxy>
