// Preloaded into a process (`node --import`): its wall clock is LATER_MS milliseconds ahead of the machine's, as if it had been started so much
// later. Nothing in src knows of it; the monotonic clock begins anew with each process anyway.
const ahead = Number(process.env.LATER_MS ?? 0)
const Machine = globalThis.Date

globalThis.Date = class Date extends Machine {
  constructor(...parts) {
    if (parts.length === 0) super(Machine.now() + ahead)
    else super(...parts)
  }

  static now() {
    return Machine.now() + ahead
  }
}
