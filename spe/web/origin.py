"""Where a call comes from: only our own pages may send a form, and a demo is spoken to on this machine only."""

from __future__ import annotations

from starlette.requests import Request

from spe.errors import NotSignedIn, SpeError

_FORWARDING = ("forwarded", "via", "x-real-ip", "x-original-host")
_LOOPBACK = ("127.0.0.1", "localhost")


class NotFromHere(SpeError):
    """A form was sent by something else than a page of ours, or by one of an earlier sign-in."""

    title = "This was not sent by a page of ours"


def from_here(request: Request) -> None:
    """Raise `NotFromHere` unless the browser says that a page of ours sent this.

    `Sec-Fetch-Site` (Fetch Metadata) can't be set by a page; where a browser doesn't send it, `Origin` (RFC 6454) must
    be ours: the one that the installation is told of, which a proxy may speak for. A browser that sends neither is refused.
    """
    sites, origins = request.headers.getlist("sec-fetch-site"), request.headers.getlist("origin")
    said: str = getattr(request.app.state, "origin", "")
    ours = said or f"{request.url.scheme}://{request.headers.get('host', '')}"
    if not sites and not origins:
        raise NotFromHere("the browser does not say which page sent this: use a current one")
    if any(site != "same-origin" for site in sites) or any(origin != ours for origin in origins):
        raise NotFromHere("another site's page tried to send this: open the page here and send it again")


def on_this_machine(request: Request) -> None:
    """Raise `NotSignedIn` for a call that came through another name or through anything that forwards."""
    hosts = request.headers.getlist("host")
    name, _, port = hosts[0].partition(":") if len(hosts) == 1 else ("", "", "")
    forwarded = [one for one in request.headers if one in _FORWARDING or one.startswith("x-forwarded")]
    if name not in _LOOPBACK or (port and not port.isdigit()) or forwarded:
        raise NotSignedIn("personas sign in at this machine only: call http://127.0.0.1, without a proxy")
