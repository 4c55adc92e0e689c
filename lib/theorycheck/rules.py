"""Rules: pure functions of measurements and a prediction that return a `Check` with one of three verdicts.

Noise can never turn a check green. A rule of **agreement** (`value`) compares with an exact prediction: the
deviation must lie within Monte-Carlo error at a family-wise level, *and* that error must be small enough to tell the
prediction from a named wrong theory. A rule of **equivalence** (`within`, `rate`, `limit`, `threshold`, `at_most`,
`at_least`, `ordering`, `distribution`) compares with an approximate one: the whole interval over replicates must lie
inside the tolerance. Anything between `holds` and `refuted` is `inconclusive`, and so is a measurement that is not
finite, has one replicate, or does not vary although it should. Deterministic quantities have rules of their own:
`identity`, `approximation`, `bound` and `count`.

Arrays are checked cell by cell with a Bonferroni correction, and the worst cell is reported.
"""

from dataclasses import dataclass

import numpy as np

from theorycheck import statistics

HOLDS, REFUTED, INCONCLUSIVE = "holds", "refuted", "inconclusive"
EXACT_LEVEL = 1e-3  # at which an exact prediction that is true is refuted by chance


@dataclass(frozen=True)
class Check:
    """What a rule found.

    Attributes
    ----------
    rule, verdict : str
    measured, predicted, tolerance : float
        Of the worst cell where there are several; `tolerance` is the largest deviation from `predicted` that passes.
    interval : (float, float) or None
        The interval that decided, simultaneous over all cells; None for deterministic quantities.
    margin : float
        Share of the tolerance left over: positive exactly when the check holds.
    resolution : float or None
        The size of difference that the check can tell, which sets the digits that are printed.
    because : str
        The reason for the tolerance.
    note : str
        What a reader must know beside the numbers ("worst of 22 cells", "one replicate").
    relation : str
        How `measured` must stand to `predicted`: "=" up to the tolerance, or "≤", "≥", ">".
    """

    rule: str
    verdict: str
    measured: float
    predicted: float
    tolerance: float | None
    interval: tuple[float, float] | None
    margin: float
    resolution: float | None
    because: str = ""
    note: str = ""
    relation: str = "="

    def _ipython_display_(self):
        """Nothing: a cell may end in a check, and the verdict shows all of them in one table."""


# ---------------------------------------------------------------------------------------------- agreement


def value(estimate, predicted, *, precision=0.05, scale=None, level=EXACT_LEVEL, allowance=0.0, because=""):
    """Agreement with an exact prediction, up to Monte-Carlo error.

    Holds if |measured - predicted| <= allowance + h in every cell, where h is the half-width of the interval that is
    simultaneous at family-wise `level`, and h <= precision * scale. Refuted if a cell deviates more. A true prediction
    is refuted with probability at most `level`.

    Parameters
    ----------
    estimate : Estimate
    predicted : float or array
    precision : float
        Largest half-width, as a fraction of `scale`; choose it below the distance to the wrong theory to exclude.
    scale : float or array, optional
        |predicted| if not given; needed where the prediction is 0.
    allowance : float or array
        A finite-size or bias term that theory bounds but does not predict; needs `because`.
    """
    _reason(because, needed=np.any(allowance))
    predicted = np.broadcast_to(np.asarray(predicted, dtype=float), estimate.value.shape)
    scale = np.broadcast_to(np.abs(predicted) if scale is None else np.asarray(scale, dtype=float), predicted.shape)
    if np.any(scale <= 0):
        raise ValueError("value: a prediction of 0 needs `scale`, the size that the precision refers to")
    half = estimate.half_width(level / estimate.value.size)
    excess = np.abs(estimate.value - predicted) - allowance
    with np.errstate(divide="ignore", invalid="ignore"):
        left = 1 - np.maximum(excess, 0) / half
        power = 1 - half / (precision * scale)
    # All replicates equal: a deviation beyond rounding contradicts the prediction, agreement shows nothing.
    degenerate = estimate.se == 0
    left = np.where(degenerate, np.where(excess > 1e-9 * scale, -np.inf, 0.0), left)
    refuted, margin = left < 0, np.minimum(left, power)
    return _cells(
        "value",
        estimate,
        predicted,
        half + allowance,
        half,
        margin,
        refuted,
        because=because,
        resolution=estimate.se,
    )


# -------------------------------------------------------------------------------------------- equivalence


def within(estimate, predicted, tolerance, *, because, level=0.05):
    """Equivalence: the interval of confidence 1 - `level` lies wholly inside predicted ± tolerance (in every cell).

    Refuted if it lies wholly outside (in some cell). `tolerance` is absolute and may be an array.
    """
    return _equivalence("within", estimate, predicted, tolerance, tolerance, because, level)


def at_most(estimate, limit, *, because, level=0.05):
    """One-sided equivalence: the whole interval lies at or below `limit`; refuted if it lies wholly above."""
    return _one_sided("at most", estimate, limit, "≤", because, level)


def at_least(estimate, limit, *, because, level=0.05):
    """One-sided equivalence: the whole interval lies at or above `limit`; refuted if it lies wholly below."""
    return _one_sided("at least", estimate, limit, "≥", because, level)


def rate(x, samples, predicted, tolerance, *, because, law="power", statistic=statistics.mean, level=0.05):
    """Exponent of a power law y ~ x^b (`law="power"`) or rate of an exponential y ~ exp(b x) (`"exponential"`).

    Parameters
    ----------
    x : array (m,)
    samples : array (m, R), or Estimate of shape (m,)
        Positive; replicates at different x are independent (else fit each replicate with `statistics.paired_slope`
        and use `within`).
    predicted, tolerance : float
        The whole interval of the least-squares slope must lie in predicted ± tolerance.
    statistic : callable
        `statistics.mean` or `statistics.root_mean_square`, applied to `samples` at each x.
    """
    if law not in ("power", "exponential"):
        raise ValueError(f"rate: law must be 'power' or 'exponential'; got {law!r}")
    estimate = samples if isinstance(samples, statistics.Estimate) else statistic(samples)
    abscissa = np.log(x) if law == "power" else np.asarray(x, dtype=float)
    fitted = statistics.slope(abscissa, statistics.log(estimate))
    return _equivalence("rate", fitted, predicted, tolerance, tolerance, because, level)


def limit(x, samples, predicted, tolerance, *, because, order=1.0, level=0.05):
    """Limit at x -> infinity of y = a + b x^(-order): least squares in x^(-order), and the interval of a decides.

    `samples` as for `rate`; `order` is what theory says of the next term, never fitted.
    """
    estimate = samples if isinstance(samples, statistics.Estimate) else statistics.mean(samples)
    u = np.asarray(x, dtype=float) ** -order
    intercept = 1 / u.size - u.mean() * statistics.slope_coefficients(u)
    extrapolated = statistics.combine(intercept, estimate)
    return _equivalence("limit", extrapolated, predicted, tolerance, tolerance, because, level)


def threshold(x, curves, predicted, tolerance, *, because, level_crossed=0.5, level=0.05):
    """Where the mean of R replicate curves first crosses `level_crossed`, by linear interpolation (jackknife error).

    `x` (m,) increasing, `curves` (m, R). For a location on a log axis pass logs of x and of the prediction.
    """
    x, curves = np.asarray(x, dtype=float), np.asarray(curves, dtype=float)
    located = statistics.jackknife(lambda sample: first_crossing(x, sample.mean(axis=-1), level_crossed), curves)
    return _equivalence("threshold", located, predicted, tolerance, tolerance, because, level)


def first_crossing(x, y, level):
    """First x at which the polygon through (x, y) crosses `level`; NaN if it never does."""
    above = np.asarray(y) > level
    steps = np.flatnonzero(above[1:] != above[:-1])
    if steps.size == 0:
        return np.nan
    i = steps[0]
    return x[i] + (level - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i])


def ordering(smaller, larger, *, gap=0.0, because="", level=0.05):
    """`larger` exceeds `smaller` by more than `gap` on average, over replicates shared by both (last axis).

    The interval of the paired mean difference must lie wholly above `gap` in every cell; refuted if it lies wholly
    below in some cell. For a ratio, pass logarithms.
    """
    _reason(because, needed=gap != 0)
    paired = statistics.mean(np.asarray(larger, dtype=float) - np.asarray(smaller, dtype=float))
    return _one_sided("ordering", paired, gap, ">", because or "a strict order has no tolerance", level)


def distribution(samples, cdf, tolerance, *, because, level=0.05, discrete=False):
    """Kolmogorov distance between the law of independent `samples` and a law with distribution function `cdf`.

    The Dvoretzky-Kiefer-Wolfowitz band (Massart, Annals of Probability 18, 1990) turns the measured distance D into
    an interval D ± sqrt(ln(2/level) / (2 R)); holds if it lies below `tolerance`, refuted if above. `discrete` says
    that the law sits on a lattice, where left limits are not compared.
    """
    samples = np.sort(np.asarray(samples, dtype=float).ravel())
    if samples.size == 0:
        raise ValueError("distribution: no samples")
    points, counts = np.unique(samples, return_counts=True)
    right = np.cumsum(counts) / samples.size
    left = np.concatenate(([0.0], right[:-1]))
    expected = np.asarray(cdf(points), dtype=float)
    gaps = np.abs(right - expected) if discrete else np.maximum(np.abs(right - expected), np.abs(left - expected))
    band = np.sqrt(np.log(2 / level) / (2 * samples.size))
    distance = float(gaps.max()) if np.isfinite(samples).all() else np.nan
    return _check(
        "distribution",
        distance,
        0.0,
        tolerance=tolerance,
        interval=(max(distance - band, 0.0), min(distance + band, 1.0)),
        margin=1 - (distance + band) / tolerance,
        refuted=bool(distance - band > tolerance),
        resolution=band,
        because=because,
    )


# --------------------------------------------------------------------------------------- probability bound


def violation_rate(violations, trials, delta, *, level=0.05, because="Clopper-Pearson limit of the violation rate"):
    """A bound that may fail with probability `delta`: the upper confidence limit of its failure rate is at most delta.

    Parameters
    ----------
    violations, trials : int or arrays of ints
        Independent trials; several cells share `level` (Bonferroni), each limit one-sided and exact.

    Refuted if some lower limit exceeds delta. Zero violations decide only from ln(level)/ln(1 - delta) trials on.
    """
    violations, trials = np.broadcast_arrays(np.atleast_1d(violations), np.atleast_1d(trials))
    share, low, high = statistics.proportion(violations, trials, 2 * level / violations.size)
    i = np.unravel_index(np.argmax(high), high.shape)
    j = i if not np.any(low > delta) else np.unravel_index(np.argmax(low), low.shape)
    return _check(
        "violation rate",
        share[j],
        delta,
        tolerance=0.0,
        interval=(float(low[j]), float(high[j])),
        margin=1 - high[j] / delta,
        refuted=bool(np.any(low > delta)),
        resolution=delta,
        because=because,
        note=_worst_of(violations.size),
        relation="≤",
    )


# ------------------------------------------------------------------------------------------- deterministic


def identity(measured, predicted, *, rounding=1e-10, scale=None, because="rounding error"):
    """Two ways to compute one number agree to rounding: |measured - predicted| <= rounding * scale in every cell.

    `scale` is |predicted| (at least 1) if not given. `rounding` above 1e-6 is no rounding: use `approximation`.
    """
    if rounding > 1e-6:
        raise ValueError(f"identity: rounding must be at most 1e-6; got {rounding:g} (use approximation)")
    return _deterministic("identity", measured, predicted, rounding, scale, because)


def approximation(measured, predicted, tolerance, *, because, scale=1.0):
    """A deterministic number lies within a tolerance with a reason: |measured - predicted| <= tolerance * scale.

    For quantities without Monte-Carlo error only: an average over replicates belongs to `within`.
    """
    return _deterministic("approximation", measured, predicted, tolerance, scale, because)


def bound(
    measured, limit, *, side="upper", tightness=0.1, rounding=1e-10, resolution=None, because="no violation allowed"
):
    """A bound without exception: measured <= limit (side "upper") or >= limit ("lower") in every cell.

    Reports the ratio measured/limit of the cell where the bound is tightest, or the least distance to the limit where
    a limit is not positive.

    Parameters
    ----------
    measured, limit : arrays
        Every case counts, replicates included. An infinite measurement violates a finite limit.
    tightness : float in [0, 1]
        The bound must be attained up to this ratio (measured/limit, or limit/measured for a lower bound) in some cell,
        or it is vacuous here and the check inconclusive. Pass 0 only where a limit may be 0 or negative, and show the
        bound's force in another way.
    rounding : float
        Violations up to rounding * |limit| are rounding error.
    resolution : float, optional
        Size of difference that matters in the reported number, if four digits of it are too many.
    """
    if side not in ("upper", "lower"):
        raise ValueError(f"bound: side must be 'upper' or 'lower'; got {side!r}")
    measured, limit = _same_shape(measured, limit)
    slack = (limit - measured) if side == "upper" else (measured - limit)
    violated = bool(np.any(slack < -rounding * np.abs(limit)))
    undefined = bool(np.isnan(slack).any())
    note = [_worst_of(measured.size)]
    if np.all(limit > 0):
        with np.errstate(divide="ignore"):
            ratio = measured / limit
        shown = float(np.max(ratio) if side == "upper" else np.min(ratio))
        reached = min(shown, 1 / shown) if shown > 0 else 0.0
        predicted = 1.0
        note.append("ratio to the bound")
    else:
        shown, reached, predicted = float(np.min(slack)), 0.0, 0.0
        note.append("distance to the bound")
    vacuous = not violated and reached < tightness
    if vacuous:
        note.append("too loose to tell")
    holds = not (violated or vacuous or undefined)
    # A bound that is attained holds with nothing to spare; its margin stays positive to say that it holds.
    margin = max(1 - reached, np.finfo(float).eps) if holds else -abs(shown - predicted) if violated else 0.0
    return Check(
        "bound",
        REFUTED if violated else HOLDS if holds else INCONCLUSIVE,
        shown,
        predicted,
        0.0,
        None,
        margin,
        resolution,
        because,
        "; ".join(filter(None, note)),
        "≤" if side == "upper" and predicted else "≥",
    )


def count(measured, predicted, *, because="integers"):
    """Exact equality of integers (or of anything with ==) in every cell."""
    measured, predicted = np.broadcast_arrays(np.atleast_1d(measured), np.atleast_1d(predicted))
    if measured.size == 0:
        raise ValueError("count: nothing was counted")
    wrong = np.flatnonzero(measured.ravel() != predicted.ravel())
    i = wrong[0] if wrong.size else 0
    note = f"{wrong.size} of {measured.size} differ" if wrong.size else f"all {measured.size} equal"
    m, p = (_number(a.ravel()[i]) for a in (measured, predicted))
    verdict = REFUTED if wrong.size else HOLDS
    return Check("count", verdict, m, p, 0, None, -1.0 if wrong.size else 1.0, None, because, note)


# ------------------------------------------------------------------------------------------------- shared


def _equivalence(rule, estimate, predicted, tolerance, resolution, because, level):
    _reason(because)
    predicted = np.broadcast_to(np.asarray(predicted, dtype=float), estimate.value.shape)
    tolerance = np.broadcast_to(np.asarray(tolerance, dtype=float), estimate.value.shape)
    if np.any(tolerance <= 0):
        raise ValueError(f"{rule}: the tolerance must be positive; got {tolerance.min():g}")
    half = estimate.half_width(level / estimate.value.size)
    distance = np.abs(estimate.value - predicted)
    margin = np.where(estimate.se == 0, np.minimum(0.0, 1 - distance / tolerance), 1 - (distance + half) / tolerance)
    refuted = distance - half > tolerance
    return _cells(
        rule,
        estimate,
        predicted,
        tolerance,
        half,
        margin,
        refuted,
        because=because,
        resolution=np.asarray(resolution),
    )


def _one_sided(rule, estimate, limit, relation, because, level):
    """The whole one-sided interval lies on the side of `limit` that `relation` says."""
    sign = 1 if relation == "≤" else -1
    _reason(because)
    limit = np.broadcast_to(np.asarray(limit, dtype=float), estimate.value.shape)
    half = estimate.half_width(2 * level / estimate.value.size)
    slack = sign * (limit - estimate.value)
    # Without a tolerance the natural unit of the margin is the distance that would just be told apart.
    unit = np.maximum(np.abs(slack), half)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(estimate.se == 0, np.minimum(0.0, slack), (slack - half) / unit)
    refuted = slack + half < 0
    return _cells(
        rule,
        estimate,
        limit,
        np.zeros_like(limit),
        half,
        margin,
        refuted,
        because=because,
        resolution=estimate.se,
        relation=relation,
    )


def _deterministic(rule, measured, predicted, tolerance, scale, because):
    """One cell is reported as it is; of several, the largest error, since which cell has it may be rounding noise."""
    _reason(because)
    measured, predicted = _same_shape(measured, predicted)
    scale = np.maximum(np.abs(predicted), 1.0) if scale is None else np.broadcast_to(scale, predicted.shape).ravel()
    allowed = tolerance * scale
    if np.any(allowed <= 0):
        raise ValueError(f"{rule}: the tolerance must be positive; got {np.min(allowed):g}")
    errors = np.abs(measured - predicted) / allowed
    i = _worst(-errors)
    several = measured.size > 1
    shown, target, allowance = (
        (errors[i] * tolerance, 0.0, tolerance) if several else (measured[0], predicted[0], allowed[0])
    )
    return _check(
        rule,
        shown,
        target,
        tolerance=allowance,
        interval=None,
        margin=1 - errors[i],
        refuted=bool(np.any(errors > 1)),
        # Rounding errors differ between machines, so digits below the size of the tolerance are not printed.
        resolution=float(allowance) * (30 if rule == "identity" else 1),
        because=because,
        note=f"largest error of {measured.size}" if several else "",
    )


def _cells(rule, estimate, predicted, tolerance, half, margin, refuted, *, because, resolution, relation="="):
    """The check of the worst cell: a refuted one if there is any, else the one with the least margin."""
    order = np.where(refuted, margin - 1e6, margin)
    i = np.unravel_index(_worst(order.ravel()), order.shape)
    resolution = np.broadcast_to(resolution, order.shape)[i]
    flaw = ""
    if not np.isfinite(estimate.value).all():
        flaw = "not finite"
    elif (estimate.dof <= 0).any():
        flaw = "one replicate"
    elif (estimate.se == 0).any():
        flaw = "replicates do not vary"
    measured, h = float(estimate.value[i]), float(half[i])
    return _check(
        rule,
        measured,
        predicted[i],
        tolerance=np.broadcast_to(tolerance, order.shape)[i],
        interval=(measured - h, measured + h),
        margin=margin[i],
        refuted=bool(refuted.any()),
        resolution=float(resolution),
        because=because,
        note="; ".join(filter(None, [_worst_of(order.size), flaw])),
        sound=not flaw,
        relation=relation,
    )


def _check(
    rule,
    measured,
    predicted,
    *,
    tolerance,
    interval,
    margin,
    refuted,
    resolution,
    because,
    note="",
    sound=True,
    relation="=",
):
    """Decide: refuted, else holds if the margin is positive and nothing is wrong with the measurement."""
    decidable = sound and np.isfinite(measured) and np.isfinite(predicted) and np.isfinite(margin)
    # Only a deterministic quantity may sit exactly on its tolerance; an interval that touches it decides nothing.
    holds = decidable and not refuted and (margin > 0 or (margin == 0 and interval is None))
    if not np.isfinite(margin):
        margin = -1.0 if refuted else 0.0
    margin = max(margin, np.finfo(float).eps) if holds else min(margin, 0.0)
    verdict = REFUTED if refuted else HOLDS if holds else INCONCLUSIVE
    return Check(
        rule,
        verdict,
        float(measured),
        float(predicted),
        float(tolerance),
        interval,
        float(margin),
        resolution,
        because,
        note,
        relation,
    )


def _worst(margin):
    """Index of the least margin; a cell that is not a number comes before all."""
    return int(np.argmin(np.where(np.isnan(margin), -np.inf, margin)))


def _same_shape(measured, predicted):
    measured, predicted = np.broadcast_arrays(np.asarray(measured, dtype=float), np.asarray(predicted, dtype=float))
    if measured.size == 0:
        raise ValueError("expected at least one number to compare; got an empty array")
    return measured.ravel(), predicted.ravel()


def _worst_of(cells):
    return f"worst of {cells}" if cells > 1 else ""


def _number(entry):
    return entry.item() if isinstance(entry, np.generic) else entry


def _reason(because, needed=True):
    if needed and not because.strip():
        raise ValueError("a tolerance needs its reason: pass because='...'")
