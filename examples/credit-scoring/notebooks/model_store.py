"""The models of an environment: the candidate that was trained last, and the model in use.

Both are JSON files in the environment's folder. Readers see the old file or the new one, never half of one.
"""

from __future__ import annotations

import datetime
import json
import os
import uuid
from typing import Any, Dict, NamedTuple, Optional

import scoring

CANDIDATE = "candidate.json"
IN_USE = "model_in_use.json"


class StoredModel(NamedTuple):
    """A model with what is known about it."""

    model: scoring.Model
    #: What it was trained by; empty when nobody said so.
    commit: str
    trained_at: str
    #: What it reached on the hold-out; None as long as it has not been evaluated.
    auc: Optional[float] = None
    #: None as long as it is not in use.
    promoted_at: Optional[str] = None


class NotACandidateError(ValueError):
    """The candidate must not be put in use."""


def store_candidate(folder: str, model: scoring.Model, commit: str) -> StoredModel:
    """Keeps a new model. The candidate before it is gone, the model in use stays."""
    candidate = StoredModel(model, commit, _now())
    _write(os.path.join(folder, CANDIDATE), candidate)
    return candidate


def read_candidate(folder: str) -> StoredModel:
    """The candidate, evaluated or not."""
    candidate = _read(os.path.join(folder, CANDIDATE))
    if candidate is None:
        raise FileNotFoundError(f"There is no candidate in {folder}: run the notebook train first")
    return candidate


def read_model_in_use(folder: str) -> Optional[StoredModel]:
    """The model in use; None before the first promotion."""
    return _read(os.path.join(folder, IN_USE))


def note_evaluation(folder: str, candidate: StoredModel, auc: float) -> StoredModel:
    """Remembers what the candidate reached on the hold-out."""
    evaluated = candidate._replace(auc=auc)
    _write(os.path.join(folder, CANDIDATE), evaluated)
    return evaluated


def put_in_use(folder: str, commit: str) -> StoredModel:
    """Makes the candidate the model in use. A commit, if given, must be the one that trained it."""
    candidate = read_candidate(folder)
    if commit and candidate.commit != commit:
        raise NotACandidateError(
            f'The candidate in {folder} was trained by commit "{candidate.commit}", not by '
            f'"{commit}": something else has trained in the meantime'
        )
    if candidate.auc is None:
        raise NotACandidateError(
            f"The candidate in {folder} has not been evaluated: run the notebook evaluate first"
        )
    promoted = candidate._replace(promoted_at=_now())
    _write(os.path.join(folder, IN_USE), promoted)
    return promoted


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def _write(path: str, stored: StoredModel) -> None:
    content = {
        **stored._asdict(),
        "model": {"features": scoring.FEATURES, **stored.model._asdict()},
    }
    os.makedirs(os.path.dirname(path), exist_ok=True)
    draft = f"{path}.{uuid.uuid4().hex}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    os.replace(draft, path)


def _read(path: str) -> Optional[StoredModel]:
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        content: Dict[str, Any] = json.load(file)
    model = content.pop("model")
    if tuple(model.pop("features")) != scoring.FEATURES:
        raise ValueError(f"The model in {path} was trained on other features: train it again")
    return StoredModel(model=scoring.Model(**model), **content)
