"""How people sign in at a Keycloak realm: password and one-time code, every time, by a flow of our own.

Keycloak's own flow spares the factors to whoever has a cookie, and the device flow passes on no wish for a fresh proof.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from keycloak import KeycloakAdmin

from spe.errors import Unreachable
from spe.identity import realm as wanted
from spe.identity.model import SECOND_FACTOR
from spe.identity.tightening import Difference


class SignInFlow:
    """The flow of one realm; `apply` is whether a difference is mended or only told."""

    def __init__(self, admin: KeycloakAdmin, realm: str, *, apply: bool) -> None:
        self._admin = admin
        self._realm = realm
        self._apply = apply

    def bring_up(self, found: Mapping[str, Any]) -> Iterator[Difference]:
        """Yield what differs in the realm that was `found`; `Unreachable` where somebody changed the flow: what it asks for is then unknown."""
        if wanted.FLOW not in {one["alias"] for one in self._admin.get_authentication_flows()}:
            yield Difference("authentication flow", None, wanted.FLOW)
            if self._apply:
                self._make()
        elif self._executions() != wanted.EXECUTIONS:
            raise Unreachable(
                f"the flow {wanted.FLOW} was changed: put it back, or delete it and run this again"
            )
        bound = str(found.get("browserFlow", ""))
        if bound != wanted.FLOW:
            yield Difference("realm.browserFlow", bound, wanted.FLOW)
            if self._apply:
                self._admin.update_realm(self._realm, {"browserFlow": wanted.FLOW})

    def _executions(self) -> tuple[tuple[str, str], ...]:
        found = self._admin.get_authentication_flow_executions(wanted.FLOW)
        return tuple((one.get("providerId") or "flow", one["requirement"]) for one in found)

    def _make(self) -> None:
        """Make the one subflow: its condition gives it the level of a second factor, and both factors are in it."""
        top, inner = wanted.FLOW, f"{wanted.FLOW}: two factors"
        made = {"alias": top, "providerId": "basic-flow", "topLevel": True, "builtIn": False}
        self._admin.create_authentication_flow(
            {**made, "description": "Password and one-time code, every time"}
        )
        nested = {
            "alias": inner,
            "type": "basic-flow",
            "provider": "registration-page-form",
            "description": "",
        }
        self._admin.create_authentication_flow_subflow(nested, top)
        for provider, _ in wanted.EXECUTIONS[1:]:
            self._admin.create_authentication_flow_execution({"provider": provider}, inner)
        found = self._admin.get_authentication_flow_executions(top)
        for one, (_, requirement) in zip(found, wanted.EXECUTIONS, strict=True):
            self._admin.update_authentication_flow_executions({**one, "requirement": requirement}, top)
        config = {"loa-condition-level": wanted.LEVELS[SECOND_FACTOR], "loa-max-age": "0"}
        path = f"admin/realms/{self._realm}/authentication/executions/{found[1]['id']}/config"
        body = json.dumps({"alias": SECOND_FACTOR, "config": config})
        self._admin.connection.raw_post(path, data=body).raise_for_status()
