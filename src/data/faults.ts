/** One problem of a file. The path is like `line 17, column age`; it is empty for the whole file. */
export interface FileIssue {
  readonly path: string;
  readonly message: string;
}

/** Shortens a text for display, without splitting surrogate pairs. */
export function shortened(text: string, maxLength = 40): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Thrown for a file that cannot be read as a data set, with its first issues. */
export class InvalidDataset extends Error {
  readonly faults: readonly FileIssue[];

  constructor(faults: readonly FileIssue[]) {
    const [first] = faults;
    super(first === undefined ? 'the data set is invalid' : [first.path, first.message].filter(Boolean).join(': '));
    this.name = 'InvalidDataset';
    this.faults = faults;
  }
}

/** Collects issues up to a limit: a wrong delimiter must not be reported for every line. */
export class IssueList {
  readonly issues: FileIssue[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(path: string, message: string): void {
    if (!this.full) this.issues.push({ path, message });
  }

  get full(): boolean {
    return this.issues.length >= this.#limit;
  }

  throwIfAny(): void {
    if (this.issues.length > 0) throw new InvalidDataset(this.issues);
  }
}
