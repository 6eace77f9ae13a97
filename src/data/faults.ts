/** One thing that is wrong with a data set, and where: `line 17, column age`; empty for the whole file. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** The beginning of a text, for showing it; no character is cut in two. */
export function shortened(text: string, most = 40): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Thrown for a file that is no data set, with what is wrong in it (the first faults, where there are many). */
export class InvalidDataset extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const [first] = faults;
    super(first === undefined ? 'the data set is invalid' : [first.path, first.message].filter(Boolean).join(': '));
    this.name = 'InvalidDataset';
    this.faults = faults;
  }
}

/** Collects faults up to a limit: a wrong separator should not be told ten thousand times. */
export class FaultList {
  readonly faults: Fault[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(path: string, message: string): void {
    if (!this.full) this.faults.push({ path, message });
  }

  get full(): boolean {
    return this.faults.length >= this.#limit;
  }

  throwIfAny(): void {
    if (this.faults.length > 0) throw new InvalidDataset(this.faults);
  }
}
