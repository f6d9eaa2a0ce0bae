/** What the registry said of known holes: `checked: false` where it could not be asked. */
export type KnownHoles =
  | { readonly checked: false; readonly why: string }
  | { readonly checked: true; readonly grave: readonly string[]; readonly slight: readonly string[] };

interface AuditReport {
  readonly message?: string;
  readonly error?: { readonly code?: string; readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly name: string; readonly severity: string; readonly range?: string }>>;
  readonly metadata?: { readonly dependencies?: { readonly total?: number } };
}

/**
 * Reads what `npm audit --json` printed. Only a whole report counts as an answer: an error, or one about no packages, is none.
 * @param output its standard output; whatever stood there when the time was up
 */
export function readKnownHoles(output: string): KnownHoles {
  let report: AuditReport;
  try {
    report = JSON.parse(output) as AuditReport;
  } catch {
    return { checked: false, why: 'npm audit gave no report' };
  }
  const { vulnerabilities, metadata, error, message } = report;
  if (error !== undefined || vulnerabilities === undefined || !((metadata?.dependencies?.total ?? 0) > 0)) {
    return { checked: false, why: [error?.code, error?.summary || message].filter(Boolean).join(': ') || 'npm audit gave no report' };
  }
  const of = (...severities: readonly string[]) => Object.values(vulnerabilities).filter(({ severity }) => severities.includes(severity)).map(({ name, severity, range }) => `${name} ${range ?? ''}: ${severity}`).sort();
  return { checked: true, grave: of('high', 'critical'), slight: of('info', 'low', 'moderate') };
}
