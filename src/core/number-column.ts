/** Pages of so many numbers. Growing adds one: what there is stays where it is, since copying millions of numbers takes too long at once. */
const PAGE_BITS = 16;
const PAGE_SIZE: number = 1 << PAGE_BITS;
const PAGE_MASK: number = PAGE_SIZE - 1;
/** The first page begins small: most columns stay so. */
const FIRST_SIZE = 16;

/** Whole numbers of 32 bits by row. For what there may be a million of: as objects they would keep the garbage collector busy. */
export class IntColumn {
  readonly #pages: Int32Array[] = [new Int32Array(FIRST_SIZE)];

  /** Makes room for so many rows; those that are new hold 0. */
  reserve(rows: number): void {
    const first = this.#pages[0] as Int32Array;
    if (rows > first.length && first.length < PAGE_SIZE) {
      const longer = new Int32Array(sizeOfFirst(first.length, rows));
      longer.set(first);
      this.#pages[0] = longer;
    }
    while (rows > this.#pages.length * PAGE_SIZE) this.#pages.push(new Int32Array(PAGE_SIZE));
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#pages.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get(row: number): number {
    return (this.#pages[row >> PAGE_BITS] as Int32Array)[row & PAGE_MASK] as number;
  }

  set(row: number, value: number): void {
    (this.#pages[row >> PAGE_BITS] as Int32Array)[row & PAGE_MASK] = value;
  }
}

/** The same for any numbers. */
export class FloatColumn {
  readonly #pages: Float64Array[] = [new Float64Array(FIRST_SIZE)];

  reserve(rows: number): void {
    const first = this.#pages[0] as Float64Array;
    if (rows > first.length && first.length < PAGE_SIZE) {
      const longer = new Float64Array(sizeOfFirst(first.length, rows));
      longer.set(first);
      this.#pages[0] = longer;
    }
    while (rows > this.#pages.length * PAGE_SIZE) this.#pages.push(new Float64Array(PAGE_SIZE));
  }

  get(row: number): number {
    return (this.#pages[row >> PAGE_BITS] as Float64Array)[row & PAGE_MASK] as number;
  }

  set(row: number, value: number): void {
    (this.#pages[row >> PAGE_BITS] as Float64Array)[row & PAGE_MASK] = value;
  }
}

function sizeOfFirst(before: number, rows: number): number {
  let size = before;
  while (size < rows && size < PAGE_SIZE) size *= 2;
  return size;
}
