// Intervals of means over runs whose training sets overlap: the formula of analysis/intervals.py, with the same rules on top.

// How much of Student's t lies within -t and t, for whole degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4).
function shareWithin(t, freedom) {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [cos, sin, odd] = [Math.cos(angle), Math.sin(angle), freedom % 2];
  let [power, sum] = [odd, 0];
  for (let term = cos ** odd; power <= freedom - 2; power += 2) {
    sum += term;
    term *= (cos * cos * (power + 1)) / (power + 2);
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}

const CRITICAL = new Map();
function critical(freedom) {
  if (!CRITICAL.has(freedom)) {
    let [low, high] = [0, 100];
    for (let k = 0; k < 60; k++) {
      const middle = (low + high) / 2;
      if (shareWithin(middle, freedom) < 0.95) low = middle;
      else high = middle;
    }
    CRITICAL.set(freedom, (low + high) / 2);
  }
  return CRITICAL.get(freedom);
}

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const leastOf = (values) => values.reduce((least, value) => Math.min(least, value ?? Infinity), Infinity);

// `pool`: samples that runs draw their training sets from, and samples that a run leaves out; `within`: where results can lie, null
// without bounds: the interval is the plain one then.
function correctedInterval(values, pool, within) {
  const [low, high] = within ?? [0, 0];
  const [mean, runs] = [meanOf(values), values.length];
  if (runs < 2) return { mean, lower: null, upper: null, note: "a single run: no interval" };
  const [least, most] = rangeOf(values);
  if (most - least < 1e-9) return { mean, lower: null, upper: null, note: "the same in every run", same: true };
  const toAngle = (value) => Math.asin(Math.max(-1, Math.min(1, (2 * value - low - high) / (high - low))));
  const back = (angle) => (Math.sin(Math.max(-Math.PI / 2, Math.min(Math.PI / 2, angle))) * (high - low) + low + high) / 2;
  const angles = within ? values.map(toAngle) : values;
  const middle = meanOf(angles);
  const variance = angles.reduce((sum, angle) => sum + (angle - middle) ** 2, 0) / (runs - 1);
  const half = critical(runs - 1) * Math.sqrt(variance * (1 / runs + pool[1] / pool[0]));
  const [lower, upper] = [middle - half, middle + half].map(within ? back : (end) => end);
  return { mean, lower, upper, note: "" };
}

// An interval that rests on too few groups is left away; what was right in every run is bounded from below by its groups.
function believed(interval, groups, leastGroups, ofAccuracy) {
  if (groups < leastGroups) {
    const note = interval.note || `fewer than ${leastGroups} groups in a class: no interval`;
    return { ...interval, lower: null, upper: null, note };
  }
  if (ofAccuracy && interval.same && interval.mean > 1 - 1e-9 && groups < Infinity)
    return { ...interval, lower: 0.025 ** (1 / groups), upper: 1, note: "right in every run" };
  return interval;
}
