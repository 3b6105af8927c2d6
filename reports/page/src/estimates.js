// What more lives would still find, from how often each thing was found so far: Good and Turing's estimate of the chance of something
// new, Chao's lower bound of what there is, and its extrapolation (Chao et al., Ecological Monographs 84(1), 2014).

// `lives`: how many were played; `found`: of each thing, in how many lives it was.
export function unseen(lives, found) {
  const seen = found.filter((n) => n > 0);
  const once = seen.filter((n) => n === 1).length;
  const twice = seen.filter((n) => n === 2).length;
  const hidden = lives > 0 ? (((lives - 1) / lives) * once * (once - 1)) / (2 * (twice + 1)) : 0;
  return {
    seen: seen.length,
    once,
    hidden, // at least so many exist that were not seen
    perLife: lives > 0 ? once / lives : 0, // expected new things in the next life
    // Expected new things in `more` lives.
    after(more) {
      if (lives === 0 || once === 0) return 0;
      if (hidden === 0) return Math.min((once / lives) * more, once);
      return hidden * (1 - Math.pow(1 - once / (lives * hidden + once), more));
    },
  };
}

// With 95 % confidence at most this share of all lives fails, if `failed` of `lives` independent ones did (Clopper and Pearson).
export function failingAtMost(lives, failed) {
  if (lives === 0) return 1;
  let low = failed / lives,
    high = 1;
  for (let i = 0; i < 60; ++i) {
    const middle = (low + high) / 2;
    if (atMost(failed, lives, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

// The chance of at most k failures among n lives that each fail with chance p.
function atMost(k, n, p) {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let term = n * Math.log1p(-p),
    sum = Math.exp(term);
  for (let i = 1; i <= k; ++i) {
    term += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(term);
  }
  return sum;
}

// The 95 % interval of a share (Wilson).
export function interval(failed, lives) {
  if (lives === 0) return [0, 1];
  const z = 1.96,
    p = failed / lives,
    n = lives;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
