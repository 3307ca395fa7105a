"""Credit scoring in plain Python: loan applications, a logistic regression, and its metrics.

A module, not a notebook: the notebooks beside it import it, and it runs anywhere without libraries.
"""

from __future__ import annotations

import csv
import itertools
import math
import os
import random
import tempfile
from typing import Dict, List, NamedTuple, Sequence

Application = Dict[str, str]

#: What the lending system calls the income, by version of its export.
INCOME_COLUMN = {"2024": "annual_income", "2025": "yearly_income"}

FEATURES = ("log_income", "loan_to_income", "employment_years", "open_loans", "late_payments")


class MissingColumnError(ValueError):
    """The export of the lending system lacks a column that the model needs."""


class Model(NamedTuple):
    """A logistic regression on standardised features."""

    weights: List[float]
    bias: float
    means: List[float]
    deviations: List[float]

    def score(self, application: Application) -> float:
        """The probability that the loan defaults."""
        return self.score_features(to_features(application))

    def score_features(self, features: Sequence[float]) -> float:
        """The same for features that are computed already."""
        scaled = (
            (value - mean) / deviation
            for value, mean, deviation in zip(features, self.means, self.deviations)
        )
        return sigmoid(self.bias + sum(w * x for w, x in zip(self.weights, scaled)))


# --- data ------------------------------------------------------------------------------------


def default_folder() -> str:
    """A folder for trying things out; real data belongs into a volume."""
    return os.path.join(tempfile.gettempdir(), "credit-scoring")


def data_file(folder: str, part: str, source_schema: str) -> str:
    """Where the applications of one part ("training" or "holdout") are kept."""
    return os.path.join(folder, f"{part}_{source_schema}.csv")


def generate_applications(rows: int, seed: int, source_schema: str = "2024") -> List[Application]:
    """Makes up loan applications. Equal arguments give equal applications."""
    if source_schema not in INCOME_COLUMN:
        raise ValueError(
            f"Unknown source schema {source_schema!r}, known: {', '.join(INCOME_COLUMN)}"
        )
    source = random.Random(seed)
    return [_generate_one(source, number, INCOME_COLUMN[source_schema]) for number in range(rows)]


def _generate_one(source: random.Random, number: int, income_column: str) -> Application:
    income = math.exp(source.gauss(10.7, 0.45))
    loan = income * source.uniform(0.1, 1.4)
    employment_years = source.randint(0, 25)
    open_loans = source.choice((0, 0, 0, 1, 1, 2, 3))
    late_payments = source.choice((0, 0, 0, 0, 1, 1, 2, 4))
    risk = (
        -3.4
        + 2.6 * loan / income
        - 0.09 * employment_years
        + 0.45 * open_loans
        + 0.95 * late_payments
    )
    return {
        "application_id": f"A-{number:06d}",
        income_column: f"{income:.2f}",
        "loan_amount": f"{loan:.2f}",
        "employment_years": str(employment_years),
        "open_loans": str(open_loans),
        "late_payments": str(late_payments),
        "defaulted": str(int(source.random() < sigmoid(risk))),
    }


def write_applications(path: str, applications: Sequence[Application]) -> None:
    """Writes applications as CSV, with the folders above."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(applications[0]))
        writer.writeheader()
        writer.writerows(applications)


def read_applications(path: str) -> List[Application]:
    """Reads what write_applications wrote."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- features --------------------------------------------------------------------------------


def to_features(application: Application) -> List[float]:
    """The features of an application, in the order of FEATURES."""
    income = read_number(application, "annual_income")
    return [
        math.log(income),
        read_number(application, "loan_amount") / income,
        read_number(application, "employment_years"),
        read_number(application, "open_loans"),
        read_number(application, "late_payments"),
    ]


def read_number(application: Application, column: str) -> float:
    """One number of an application."""
    try:
        return float(application[column])
    except KeyError as error:
        raise MissingColumnError(
            f'Column "{column}" is missing in the loan applications. '
            f"The file has: {', '.join(application)}"
        ) from error


def labels(applications: Sequence[Application]) -> List[int]:
    """1 for each application whose loan defaulted, else 0."""
    return [int(application["defaulted"]) for application in applications]


# --- model -----------------------------------------------------------------------------------


def fit(applications: Sequence[Application], learning_rate: float, epochs: int) -> Model:
    """Fits a model by batch gradient descent."""
    rows = [to_features(application) for application in applications]
    targets = labels(applications)
    columns = list(zip(*rows))
    means = [sum(column) / len(column) for column in columns]
    deviations = [_deviation(column, mean) or 1.0 for column, mean in zip(columns, means)]

    weights, bias = [0.0] * len(FEATURES), 0.0
    for _ in range(epochs):
        model = Model(weights, bias, means, deviations)
        errors = [model.score_features(row) - target for row, target in zip(rows, targets)]
        slopes = _slopes(columns, means, deviations, errors)
        weights = [w - learning_rate * slope for w, slope in zip(weights, slopes)]
        bias -= learning_rate * sum(errors) / len(errors)
    return Model(weights, bias, means, deviations)


def _deviation(column: Sequence[float], mean: float) -> float:
    return math.sqrt(sum((value - mean) ** 2 for value in column) / len(column))


def _slopes(
    columns: Sequence[Sequence[float]],
    means: Sequence[float],
    deviations: Sequence[float],
    errors: Sequence[float],
) -> List[float]:
    """The slope of the loss for each weight."""
    return [
        sum(error * (value - mean) / deviation for error, value in zip(errors, column))
        / len(errors)
        for column, mean, deviation in zip(columns, means, deviations)
    ]


# --- metrics ---------------------------------------------------------------------------------


def sigmoid(value: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


def area_under_curve(scores: Sequence[float], targets: Sequence[int]) -> float:
    """The probability that a defaulted loan scores higher than a repaid one (ties count half)."""
    positives, negatives = sum(targets), len(targets) - sum(targets)
    if not positives or not negatives:
        raise ValueError("The area under the curve needs both defaulted and repaid loans")
    wins, repaid_below = 0.0, 0
    for _, tied in itertools.groupby(sorted(zip(scores, targets)), key=lambda pair: pair[0]):
        tied_targets = [target for _, target in tied]
        defaulted = sum(tied_targets)
        repaid = len(tied_targets) - defaulted
        wins += defaulted * (repaid_below + repaid / 2)
        repaid_below += repaid
    return wins / (positives * negatives)


def accuracy(scores: Sequence[float], targets: Sequence[int], threshold: float = 0.5) -> float:
    """The share of loans that the model puts on the right side of the threshold."""
    hits = sum((score >= threshold) == bool(target) for score, target in zip(scores, targets))
    return hits / len(targets)
