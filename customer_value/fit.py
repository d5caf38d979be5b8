"""Maximum likelihood for both models: one bounded optimiser over the logarithms of the parameters, and what it tells.

The objective is the mean log-likelihood per customer, time and money are scaled to their means by the caller, and the
start is fixed: the same customers give the same parameters, and a million of them need no other tolerances than ten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LogLikelihood = Callable[[Floats], tuple[float, Floats]]
"""Parameters -> the mean log-likelihood and its gradient by them."""

SMALLEST, LARGEST = 1e-4, 1e4
"""Parameters are sought between these (in scaled units). A maximum at the edge means that the data show no such spread
(every customer alike, nobody ever lost); the predictions there are those of the limit."""
GRADIENT_TOLERANCE = 1e-6
"""Largest slope of the mean log-likelihood, per unit of a parameter's logarithm, that still counts as a maximum."""


class NotFitted(ValueError):
    """The parameters could not be estimated; the message says why in words for the reader of a mart."""


class Maximum(NamedTuple):
    """``parameters`` in the caller's order, ``log_likelihood`` per customer, and which parameters lie at an edge."""

    parameters: tuple[float, ...]
    log_likelihood: float
    at_edge: tuple[bool, ...]


def maximise(log_likelihood: LogLikelihood, start: tuple[float, ...]) -> Maximum:
    """The parameters with the highest mean log-likelihood.

    Raises NotFitted when none is found: where the search stands still without a maximum there is no estimate.
    """
    from scipy.optimize import minimize

    def downhill(logarithms: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logarithms)
        value, gradient = log_likelihood(parameters)
        return -value, -gradient * parameters

    low, high = np.log(SMALLEST), np.log(LARGEST)
    found = minimize(
        downhill,
        np.log(np.asarray(start)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, high)] * len(start),
        options={"maxiter": 1000, "maxfun": 3000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 20},
    )
    logarithms, slope = np.asarray(found.x), np.asarray(found.jac)
    at_edge = ((logarithms <= low + 1e-9) & (slope > 0)) | ((logarithms >= high - 1e-9) & (slope < 0))
    steepest = float(np.max(np.abs(slope[~at_edge]), initial=0.0))
    if not (np.isfinite(found.fun) and steepest <= GRADIENT_TOLERANCE):
        raise NotFitted(f"no maximum of the likelihood was found: it still rises by {steepest:.1e} per customer")
    return Maximum(tuple(np.exp(logarithms).tolist()), float(-found.fun), tuple(at_edge.tolist()))
