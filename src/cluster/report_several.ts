import {
  type Finding,
  listOf,
  longestFirstLine,
  type Metric,
  type Report,
  type State,
  severity,
  shorten,
  stateOf,
  worst,
} from '../plugin/index.ts';

/** What is said of one VIP by itself. */
export type Verdict = { readonly vip: string; readonly report: Report };

/**
 * The report of several VIPs as one: those with the worst state first. A finding that several have alike is one line; each
 * begins with its VIPs, and so does the label of each metric. The facts for JSON are a list, one entry a VIP, each with
 * the state, the summary and the findings that the VIP has by itself. Metrics and facts keep the order of the VIPs: some
 * graphs go by the place of a metric.
 */
export function reportSeveral(verdicts: readonly Verdict[]): Report {
  const sorted = [...verdicts].sort((a, b) => severityOf(b) - severityOf(a));
  return {
    state: worst(sorted.map(({ report }) => stateOf(report))),
    summary: summaryOf(sorted),
    findings: findingsOf(sorted),
    perfdata: verdicts.flatMap(({ vip, report }) => (report.perfdata ?? []).map((metric) => labelled(vip, metric))),
    details: sorted.flatMap(({ vip, report: { details = [] } }) =>
      details.length === 0 ? [] : [`${vip}:`, ...details.map((line) => `  ${line}`)],
    ),
    data: verdicts.map(({ report }) => ({ ...factsOf(report), ...ownVerdict(report) })),
  };
}

function severityOf({ report }: Verdict): number {
  return severity[stateOf(report)];
}

function factsOf({ data }: Report): object {
  return typeof data === 'object' && data !== null ? data : {};
}

function ownVerdict(report: Report): object {
  return { state: stateOf(report), summary: report.summary, findings: report.findings };
}

function labelled(vip: string, metric: Metric): Metric {
  const { series } = metric;
  return {
    ...metric,
    label: `${vip}_${metric.label}`,
    ...(series === undefined ? {} : { series: { ...series, labels: { vip, ...series.labels } } }),
  };
}

function findingsOf(verdicts: readonly Verdict[]): readonly Finding[] {
  const alike = new Map<string, { readonly finding: Finding; readonly vips: string[] }>();
  for (const { vip, report } of verdicts) {
    for (const finding of report.findings) {
      const key = JSON.stringify(finding);
      const group = alike.get(key) ?? { finding, vips: [] };
      alike.set(key, group);
      // A VIP may have one finding twice.
      if (!group.vips.includes(vip)) group.vips.push(vip);
    }
  }
  return [...alike.values()].map(({ finding, vips }) => ({
    ...finding,
    text: `${vips.length > 1 && vips.length === verdicts.length ? everyOf(vips) : listOf(vips)}: ${finding.text}`,
  }));
}

function everyOf(vips: readonly string[]): string {
  return vips.length === 2 ? 'both VIPs' : `all ${vips.length} VIPs`;
}

/** What a verdict's first line says behind the VIP. */
function headlineOf({ vip, report }: Verdict): string {
  return report.summary.slice(`${vip}: `.length);
}

/** How much of the first line the worst fault has at least, in characters. */
const leastForFault = 70;

/** The VIPs that are wrong, the worst one with its fault, and how many are well; as much as the first line takes. */
function summaryOf(sorted: readonly Verdict[]): string {
  const wrong = sorted.filter(({ report }) => stateOf(report) !== 'OK');
  const [first] = wrong;
  if (first === undefined) return allWell(sorted);
  const state = stateOf(first.report);
  const isLike = (one: Verdict) => stateOf(one.report) === state && headlineOf(one) === headlineOf(first);
  const alike = wrong.filter(isLike);
  const others = wrong.filter((one) => !isLike(one));
  const well = sorted.length - wrong.length;
  const end = well === 0 ? '' : `; ${well} other ${well === 1 ? 'VIP' : 'VIPs'} OK`;
  const room = longestFirstLine - `[${state}] `.length - end.length;
  const head = (most: number) => {
    const who =
      alike.length === sorted.length && alike.length > 1 ? everyOf(vipsOf(alike)) : namesOf(alike, Math.max(1, most));
    return `${who}: ${headlineOf(first)}`;
  };
  // As many names as leave room for the fault itself.
  const most = Math.max(alike.length, others.length);
  const choices = Array.from({ length: most }, (_, i) => most - i);
  const text = (most: number) => ({ begin: head(most), middle: alsoWrong(others, state, most) });
  const fits = ({ begin, middle }: ReturnType<typeof text>) =>
    namesLength(begin, first) + Math.min(headlineOf(first).length, leastForFault) + middle.length <= room;
  const { begin, middle } = choices.map(text).find(fits) ?? text(0);
  return `${shorten(begin, room - middle.length)}${middle}${end}`;
}

function namesLength(begin: string, first: Verdict): number {
  return begin.length - headlineOf(first).length;
}

function vipsOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ vip }) => vip);
}

/** The names of the first ones, and how many more there are; without a name how many they are. */
function namesOf(verdicts: readonly Verdict[], most: number): string {
  if (most === 0) return `${verdicts.length} ${verdicts.length === 1 ? 'VIP' : 'VIPs'}`;
  if (verdicts.length <= most) return listOf(vipsOf(verdicts));
  return listOf([...vipsOf(verdicts.slice(0, most)), `${verdicts.length - most} more`]);
}

/** `; also 192.0.2.2 and 3 more; WARNING: 192.0.2.9`: those with another fault, by their states. */
function alsoWrong(others: readonly Verdict[], first: State, most: number): string {
  const states = [...new Set(others.map(({ report }) => stateOf(report)))];
  return states
    .map((state) => {
      const names = namesOf(
        others.filter(({ report }) => stateOf(report) === state),
        most,
      );
      return state === first ? `; also ${names}` : `; ${state}: ${names}`;
    })
    .join('');
}

function allWell(verdicts: readonly Verdict[]): string {
  const headlines = new Set(verdicts.map(headlineOf));
  const count = verdicts.length === 1 ? '1 VIP' : `${verdicts.length} VIPs`;
  const [same = ''] = headlines;
  return headlines.size === 1 ? `${count} OK: ${same}` : `${count} OK`;
}
