"""Settings for a process that starts: what the environment says, and what its command line says instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from spe.settings import Settings, read_settings

__all__ = ["Settings", "settings_of"]


def settings_of(environment: Mapping[str, str], **chosen: Any) -> Settings:
    """Return the settings; `Malformed` names a variable that is unknown or bad."""
    return replace(read_settings(environment), **chosen)
