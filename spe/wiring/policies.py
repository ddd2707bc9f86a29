"""The policies as a person at the command line looks at them: their texts, the house rules, the bundle."""

from __future__ import annotations

from pathlib import Path

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.regopy_engine import compiled
from spe.policy.bundle import build
from spe.policy.messages import Catalogue, catalogue
from spe.policy.source_check import check_sources


def policy_texts() -> Catalogue:
    """Return the texts of every reason and obligation."""
    return catalogue(read_sources())


def policy_problems() -> tuple[int, list[str]]:
    """Return how many policy files there are, and what breaks the house rules."""
    sources = read_sources()
    return len(sources), check_sources(sources)


def build_policies(folder: Path) -> tuple[str, Path]:
    """Build the bundle, compile it into `folder`, and return its digest and the compiled file."""
    bundle = build(read_sources(), QUESTIONS)
    return bundle.digest, compiled(bundle, folder)
