"""What an entry must be before policy is asked about it: well formed, whole, with a codebook that says something."""

from __future__ import annotations

import re

from spe.catalogue.model import Dataset, DatasetKind, Identifiability
from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.errors import Malformed

_NAME = re.compile(r"[a-z][a-z0-9-]{2,59}")
_MOST_TERMS = 12
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")


def fit_to_register(dataset: Dataset) -> None:
    """Raise `Malformed` naming what is wrong with the entry's form."""
    if not _NAME.fullmatch(dataset.id):
        raise Malformed("id: lower case letters, digits and dashes, 3 to 60 of them, a letter first")
    if not dataset.title.strip() or not dataset.description.strip():
        raise Malformed("title and description: both are needed")
    if len(dataset.duo) > _MOST_TERMS:
        raise Malformed(f"duo: at most {_MOST_TERMS} terms")
    if dataset.kind is DatasetKind.TABLE:
        _check_codebook(dataset)
    elif dataset.imaging is None:
        raise Malformed("imaging: an imaging set needs its header summary")


def _check_codebook(dataset: Dataset) -> None:
    names = [variable.name for variable in dataset.variables]
    if not names or len(names) != len(set(names)):
        raise Malformed("variables: at least one, each name once")
    for variable in dataset.variables:
        _check_variable(variable)
    subject = dataset.variable(dataset.subject_field)
    if subject is None or subject.group is not VariableGroup.SUBJECT:
        raise Malformed("subject_field: must name the variable of group subject")
    if dataset.identifiability is Identifiability.ANONYMISED and not dataset.anonymisation_evidence.strip():
        raise Malformed("anonymisation_evidence: is needed for anonymised data")


def _check_variable(variable: Variable) -> None:
    where = f"variables.{variable.name[:60]}"
    if not _FIELD.fullmatch(variable.name) or variable.name == "row" or not variable.meaning.strip():
        raise Malformed(f"{where}: needs a plain name other than `row`, and a meaning")
    if variable.group is VariableGroup.SUBJECT:
        return
    if variable.type is VariableType.CATEGORY:
        if not variable.categories:
            raise Malformed(f"{where}.categories: a category needs its values, from the codebook")
    elif variable.low is None or variable.high is None or not variable.low < variable.high:
        raise Malformed(f"{where}: a number needs low and high, from the codebook")
