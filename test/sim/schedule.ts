interface Item {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const before = (left: Item, right: Item): boolean => left.at < right.at || (left.at === right.at && left.order < right.order)

/** Virtual time: what is due next runs next, and nothing else takes any time. A binary heap. */
export class Schedule {
  now = 0
  #order = 0
  readonly #heap: Item[] = []

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run)
  }

  at(at: number, run: () => void): void {
    const item = { at, order: this.#order++, run }
    const heap = this.#heap
    let index = heap.length
    heap.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || before(above, item)) break
      heap[index] = above
      index = parent
    }
    heap[index] = item
  }

  /** Runs everything that is due up to then. */
  runUntil(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst()
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = Math.max(this.now, end)
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const [left, right] = [heap[child], heap[child + 1]]
      if (left === undefined) break
      if (right !== undefined && before(right, left)) child++
      const least = heap[child]
      if (least === undefined || before(last, least)) break
      heap[index] = least
      index = child
    }
    heap[index] = last
  }
}
