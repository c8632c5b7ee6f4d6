/** One measured thing with its goal, as the table and the JSON of `npm run bench` show it. */
export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly count: number;
  /** What the figure is held against, e.g. `p95 <= 150 ms`, and whether it was met; null: no goal. */
  readonly goal: string | null;
  readonly met: boolean | null;
};

/** The nearest-rank percentile of unsorted values; NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const round = (value: number): number => Math.round(value * 100) / 100;

type Goal = { readonly at: 'p50' | 'p95' | 'p99'; readonly most: number };

export function figure(name: string, unit: string, values: readonly number[], ...goals: Goal[]): Figure {
  const at = {
    p50: round(percentile(values, 0.5)),
    p95: round(percentile(values, 0.95)),
    p99: round(percentile(values, 0.99)),
  };
  const words = goals.map((goal) => `${goal.at} <= ${goal.most} ${unit}`);
  return {
    name,
    unit,
    ...at,
    count: values.length,
    goal: words.length > 0 ? words.join(', ') : null,
    met: goals.length > 0 ? goals.every((goal) => at[goal.at] <= goal.most) : null,
  };
}
