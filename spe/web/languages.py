"""The language that the caller reads: English or Italian, as a browser's user chose, else by Accept-Language (RFC 9110, 12.5.4)."""

from __future__ import annotations

from starlette.requests import Request

from spe.web.sessions import cookie_of

LANGUAGES = ("en", "it")
COOKIE = "__Host-spe-language"
_MOST = 20


def reads(request: Request) -> str:
    """Return the language that the caller reads."""
    picked = cookie_of(request, COOKIE)
    return picked if picked in LANGUAGES else chosen(request.headers.get("accept-language", ""))


def chosen(header: str) -> str:
    """Return the supported language that `header` prefers, English where it names none."""
    best, weight = LANGUAGES[0], 0.0
    for part in header[:500].split(",")[:_MOST]:
        tag, _, quality = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        given = _weight(quality)
        if language in LANGUAGES and given > weight:
            best, weight = language, given
    return best


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(1.0, max(0.0, float(value))) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
