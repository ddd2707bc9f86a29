"""What a page says after something was done: texts of a closed list, named in the address."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from spe.web.portal.page import says

Said = Annotated[str, Query(max_length=20, alias="done")]


def done_text(request: Request, name: str) -> str:
    """Return the notice called `name` in the reader's language, "" where there is none of that name."""
    notices = {
        "opinion": "Your opinion is in the case.",
        "declaration": "Your declaration is in the case.",
        "vote": "Your vote is cast. It stays hidden until everybody who declared to have no conflict has voted.",
        "decision": "The decision is made. The permit follows within seconds where it was a grant.",
        "review": "Your answer is given.",
    }
    return says(request, notices[name]) if name in notices else ""
