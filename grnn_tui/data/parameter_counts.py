"""How many numbers it takes to say p(x) of a row: of everything at once, of simple models, of a given one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from grnn_tui.data.row_domain import RowDomain

LARGEST = 10**15
"""Counts above are told as a formula and a power of ten."""


@dataclass(frozen=True)
class ParameterCount:
    """A line of the table."""

    name: str
    count: int | str
    """The number itself, or what to show of one that is too long to read, such as `2^784 - 1 ~ 1e236`."""
    note: str
    """The formula in n values of k levels each, or what is counted."""


def parameter_counts(domain: RowDomain, parameters_of_model: int) -> list[ParameterCount]:
    """What a row of `domain` takes: the full joint distribution, independent values, a Markov chain, and the model.

    Binary and levels: a table of every row but one; k - 1 numbers for each value; the same for each value before it.
    Real values have no table, and are held against Gaussians.
    """
    n, k = domain.length, domain.size
    model = ParameterCount("this model", parameters_of_model, "weights learned")
    if domain.kind == "real":
        return [
            ParameterCount("independent Gaussians", 2 * n, "2n: a mean and a scale for each of n values"),
            ParameterCount("Markov chain of Gaussians", 3 * n - 1, "3n - 1: and how each follows the one before it"),
            ParameterCount("one Gaussian", n + n * (n + 1) // 2, "n + n(n + 1)/2: means and all covariances"),
            model,
        ]
    two = k == 2
    chain = (k - 1) + (n - 1) * k * (k - 1)
    return [
        ParameterCount("full joint", _power_less_one(k, n), "2^n - 1" if two else "k^n - 1"),
        ParameterCount("independent", n * (k - 1), "n" if two else "n(k - 1)"),
        ParameterCount("Markov chain", chain, "2n - 1" if two else "(k - 1) + (n - 1)k(k - 1)"),
        model,
    ]


def _power_less_one(base: int, exponent: int) -> int | str:
    """base^exponent - 1."""
    digits = exponent * math.log10(base)
    if digits <= math.log10(LARGEST):
        return int(base**exponent - 1)
    whole = int(digits)
    lead = round(10 ** (digits - whole))
    return f"{base}^{exponent} - 1 ~ {f'1e{whole + 1}' if lead == 10 else f'{lead}e{whole}'}"
