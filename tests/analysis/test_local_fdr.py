"""The null is found below a share of other values, and what lies beyond the thresholds is mostly none of it."""

import numpy as np
import pytest
from scipy import stats

from linear_signal.analysis.local_fdr import local_fdr, natural_spline, poisson_spline
from linear_signal.errors import InputError


def mixture(n=100_000, *, share=0.05, centre=0.01, sigma=0.06, seed=0):
    random = np.random.default_rng(seed)
    signal = random.random(n) < share
    noise = centre + sigma * random.standard_normal(n)
    return noise + signal * random.choice([-1, 1], n) * random.gamma(3, 0.15, n), signal


def test_the_null_is_found_below_other_values():
    values, signal = mixture()
    found = local_fdr(values)
    assert found.centre == pytest.approx(0.01, abs=0.003)
    assert found.sigma == pytest.approx(0.06, rel=0.04)
    assert found.null_share == pytest.approx(0.95, abs=0.03)
    called = found.beyond(values)
    assert called[signal].mean() > 0.6
    assert (~signal)[called].mean() < 0.05
    near = (values > found.upper - 0.01) & (values < found.upper + 0.01)
    assert 0.01 < (~signal)[near].mean() < 0.12


def test_thresholds_follow_a_change_of_unit():
    values, _ = mixture()
    first, moved = local_fdr(values), local_fdr(3 * values + 1)
    assert (moved.lower, moved.upper) == pytest.approx((3 * first.lower + 1, 3 * first.upper + 1), rel=1e-3)
    mirrored = local_fdr(-values)
    assert (mirrored.lower, mirrored.upper) == pytest.approx((-first.upper, -first.lower), rel=1e-2)


def test_few_values_far_out_do_not_move_the_thresholds():
    values, _ = mixture()
    plain, far = local_fdr(values), local_fdr(np.r_[values, 40.0, -25.0])
    assert (far.lower, far.upper) == pytest.approx((plain.lower, plain.upper), abs=0.01)
    assert far.beyond(np.array([40.0, -25.0, 0.0])).tolist() == [True, True, False]


def test_where_all_is_noise_next_to_nothing_is_called():
    values, _ = mixture(share=0.0)
    assert local_fdr(values).beyond(values).mean() < 0.002


def test_a_stricter_level_moves_the_thresholds_out():
    values, _ = mixture()
    strict, loose = local_fdr(values, level=0.01), local_fdr(values, level=0.2)
    assert strict.lower < loose.lower < loose.upper < strict.upper
    assert ((strict.fdr >= 0) & (strict.fdr <= 1)).all()


def test_the_spline_is_straight_beyond_its_knots_and_its_regression_fits_what_it_can_be():
    places = np.linspace(-2, 3, 60)
    basis = natural_spline(places, np.linspace(0, 1, 5))
    assert np.linalg.matrix_rank(basis) == 5
    outside = basis[places > 1]
    assert np.allclose(np.diff(outside, n=2, axis=0), 0, atol=1e-9)
    expected = np.exp(2 + places)
    assert np.allclose(poisson_spline(places, expected, df=4), expected, rtol=1e-5)
    counts = np.random.default_rng(0).poisson(expected)
    assert poisson_spline(places, counts, df=4).sum() == pytest.approx(counts.sum())


def test_thresholds_are_where_the_true_rate_is_the_level():
    """The mixture is known, so its local false discovery rate is as well: gamma tails, blurred by the noise."""
    values, _ = mixture(n=400_000)
    places, step = np.linspace(-3, 3, 6001, retstep=True)
    null = stats.norm.pdf(places, 0.01, 0.06)
    tails = 0.5 * (stats.gamma.pdf(places, 3, scale=0.15) + stats.gamma.pdf(-places, 3, scale=0.15))
    # Centred on 0, so that what is blurred stays where it is.
    others = np.convolve(tails, stats.norm.pdf(places, 0, 0.06), mode="same") * step
    others = np.interp(places - 0.01, places, others)
    rate = 0.95 * null / (0.95 * null + 0.05 * others)
    inside = places[rate > 0.05]
    found = local_fdr(values)
    assert (found.lower, found.upper) == pytest.approx((inside.min(), inside.max()), abs=0.012)


def test_the_density_is_that_of_r_from_its_own_spline_and_regression():
    """R's ``locfdr`` is a Poisson ``glm`` on ``splines::ns``; both come with R itself."""
    robjects = pytest.importorskip("rpy2.robjects")
    random = np.random.default_rng(0)
    places = np.linspace(-1, 1, 120)
    counts = random.poisson(1 + 400 * np.exp(-8 * places**2))
    fitted = robjects.r("function(x, y) fitted(glm(y ~ splines::ns(x, df = 7), family = poisson))")
    theirs = fitted(robjects.FloatVector(places), robjects.FloatVector(counts.astype(float)))
    assert poisson_spline(places, counts, df=7) == pytest.approx(np.array(theirs), rel=1e-4)


def test_agrees_with_locfdr_of_r_where_that_is_installed():
    packages = pytest.importorskip("rpy2.robjects.packages")
    if not packages.isinstalled("locfdr"):
        pytest.skip("R has no package locfdr, which nothing of the book needs: compared where it is installed")
    from rpy2.robjects import FloatVector

    values, _ = mixture()
    theirs = packages.importr("locfdr").locfdr(FloatVector(values), nulltype=1, plot=0)
    estimates = np.array(theirs.rx2("fp0"))
    ours = local_fdr(values)
    mle = dict(zip(theirs.rx2("fp0").rownames, estimates, strict=True))["mlest"]
    assert (ours.centre, ours.sigma, ours.null_share) == pytest.approx(tuple(mle[:3]), rel=0.02, abs=1e-3)


def test_what_has_no_null_is_refused():
    for values in (np.zeros(1000), np.arange(10.0), np.r_[np.arange(300.0), np.nan]):
        with pytest.raises(InputError):
            local_fdr(values)
    with pytest.raises(InputError, match="level"):
        local_fdr(np.arange(300.0), level=0)
