from __future__ import annotations

from dataclasses import fields

from spe.settings import PREFIX, Settings
from tests.shape.tree import ROOT


def test_every_setting_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    missing = [field.name for field in fields(Settings) if f"`{PREFIX}{field.name.upper()}`" not in page]
    assert missing == []
