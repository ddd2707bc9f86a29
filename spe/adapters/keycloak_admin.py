"""Bringing a Keycloak realm to what `spe` needs, through python-keycloak; it is used for administration and nothing else.

Each `_step` looks, tells what differs, and where it is asked to, changes it. Nothing is ever removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError, KeycloakGetError
from requests.exceptions import RequestException

from spe.adapters.keycloak_flow import SignInFlow
from spe.errors import Unreachable
from spe.identity import realm as wanted
from spe.identity.tightening import Difference, Exactly, Wanted, differences, merged

Step = Iterator[Difference]
_TOTP = "CONFIGURE_TOTP"
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who changes the realm; the password is asked for by the command and kept nowhere."""

    url: str
    name: str
    password: str
    realm: str = "master"


class KeycloakRealm:
    """One realm of one Keycloak; `apply` is whether differences are mended or only told."""

    def __init__(self, administrator: Administrator, name: str, *, apply: bool) -> None:
        self._name = name
        self._apply = apply
        self._admin = KeycloakAdmin(
            server_url=administrator.url,
            username=administrator.name,
            password=administrator.password,
            user_realm_name=administrator.realm,
            realm_name=name,
            timeout=_SECONDS,
            # What was done and not answered must not be done twice.
            max_retries=0,
        )

    def bring_up(self, public_url: str, organisations: tuple[str, ...]) -> tuple[Difference, ...]:
        """Return everything that differs from what `spe` needs, mended where that was asked for.

        Of a realm that is made just now it is told twice: what was planned, and what Keycloak's defaults had otherwise.
        `Unreachable` where Keycloak doesn't answer or refuses.
        """
        with _told():
            return tuple(self._steps(public_url, organisations))

    def secret(self, client: str) -> str:
        """Return a confidential client's secret."""
        with _told():
            return str(self._admin.get_client_secrets(self._client(client)["id"])["value"])

    def _steps(self, public_url: str, organisations: tuple[str, ...]) -> Step:
        if self._realm() is None:
            yield from self._planned(public_url, organisations)
            if not self._apply:
                return
            self._create()
        yield from self._make_realm()
        yield from self._profile()
        yield from SignInFlow(self._admin, self._name, apply=self._apply).bring_up(self._realm() or {})
        for name, want in wanted.clients(public_url).items():
            yield from self._make_client(name, want)
        yield from self._roles()
        yield from self._scope()
        for name in wanted.clients(public_url):
            yield from self._scopes_of(name)
        yield from self._required_action()
        yield from self._groups(organisations)

    # ------------------------------------------------------------------------------------------------------ the realm

    def _realm(self) -> Mapping[str, Any] | None:
        return _or_none(lambda: self._admin.get_realm(self._name))

    def _planned(self, public_url: str, organisations: tuple[str, ...]) -> Step:
        """Tell what a realm that isn't there will be made of."""
        yield Difference("realm", None, self._name)
        yield from differences({}, wanted.realm(), "realm")
        yield Difference("realm.browserFlow", None, wanted.FLOW)
        for name, want in wanted.clients(public_url).items():
            yield from differences({}, want, f"client {name}")
        yield Difference(f"client {wanted.API}.roles", None, list(wanted.ROLES))
        for mapper in wanted.mappers():
            yield Difference(f"client scope {wanted.SCOPE}", None, f"claim {mapper.name}")
        for name in organisations:
            yield Difference("organisation", None, name)

    def _create(self) -> None:
        self._admin.change_current_realm("master")
        self._admin.create_realm({"realm": self._name, "enabled": False})
        self._admin.change_current_realm(self._name)

    def _make_realm(self) -> Step:
        found = self._realm() or {}
        yield from differences(found, wanted.realm(), "realm")
        if self._apply and any(differences(found, wanted.realm())):
            self._admin.update_realm(self._name, merged(found, wanted.realm()))

    def _profile(self) -> Step:
        profile = dict(self._admin.get_realm_users_profile())
        there = {one["name"]: one for one in profile["attributes"]}
        missing = [name for name in wanted.ATTRIBUTES if name not in there]
        loose = [name for name in wanted.ATTRIBUTES if name in there and _edits(there[name]) != {"admin"}]
        for name in (*missing, *loose):
            yield Difference(f"user profile.{name}", there.get(name), "administrators alone write it")
        if self._apply and (missing or loose):
            kept = [one for one in profile["attributes"] if one["name"] not in {*missing, *loose}]
            profile["attributes"] = kept + [_profile_attribute(name) for name in (*missing, *loose)]
            self._admin.update_realm_users_profile(profile)

    def _required_action(self) -> Step:
        found = next(one for one in self._admin.get_required_actions() if one["alias"] == _TOTP)
        want: Wanted = {"enabled": Exactly(True), "defaultAction": Exactly(True)}
        yield from differences(found, want, f"required action.{_TOTP}")
        if self._apply and any(differences(found, want)):
            self._admin.update_required_action(_TOTP, merged(found, want))

    def _groups(self, organisations: tuple[str, ...]) -> Step:
        there = {group["name"] for group in self._admin.get_groups()}
        for name in organisations:
            if name not in there:
                yield Difference("organisation", None, name)
                if self._apply:
                    self._admin.create_group({"name": name})

    # ------------------------------------------------------------------------------------- clients, roles, and scope

    def _client(self, name: str) -> Mapping[str, Any]:
        found = self._find_client(name)
        if found is None:
            raise Unreachable(f"the realm has no client {name}: run `spe identity bootstrap --apply`")
        return found

    def _find_client(self, name: str) -> Mapping[str, Any] | None:
        return next((one for one in self._admin.get_clients() if one["clientId"] == name), None)

    def _make_client(self, name: str, want: Wanted) -> Step:
        found = self._find_client(name)
        yield from differences(found or {}, want, f"client {name}")
        if not self._apply:
            return
        if found is None:
            made = {"clientId": name, "defaultClientScopes": [], "optionalClientScopes": []}
            self._admin.create_client(merged(made, want))
        elif any(differences(found, want)):
            self._admin.update_client(found["id"], merged(found, want))

    def _roles(self) -> Step:
        client = self._find_client(wanted.API)
        there = {one["name"] for one in self._admin.get_client_roles(client["id"])} if client else set()
        for role in wanted.ROLES:
            if role not in there:
                yield Difference(f"client {wanted.API}.role", None, role)
                if self._apply and client:
                    self._admin.create_client_role(client["id"], {"name": role})

    def _scope(self) -> Step:
        found = self._find_scope(wanted.SCOPE)
        if found is None:
            yield Difference("client scope", None, wanted.SCOPE)
            if not self._apply:
                return
            payload = {"name": wanted.SCOPE, "protocol": "openid-connect"}
            self._admin.create_client_scope(
                {
                    **payload,
                    "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "false"},
                }
            )
            found = self._find_scope(wanted.SCOPE) or {}
        yield from self._mappers(found)
        yield from self._scope_roles(found)

    def _find_scope(self, name: str) -> Mapping[str, Any] | None:
        return next((one for one in self._admin.get_client_scopes() if one["name"] == name), None)

    def _mappers(self, scope: Mapping[str, Any]) -> Step:
        there = {one["name"]: one for one in scope.get("protocolMappers", ())}
        for mapper in wanted.mappers():
            found, want = there.get(mapper.name), _mapper(mapper)
            yield from differences(found or {}, want, f"client scope {wanted.SCOPE}.{mapper.name}")
            if self._apply and found is None:
                self._admin.add_mapper_to_client_scope(scope["id"], merged({"name": mapper.name}, want))
            elif self._apply and any(differences(found or {}, want)):
                changed = merged(found or {}, want)
                self._admin.update_mapper_in_client_scope(scope["id"], changed["id"], changed)

    def _scope_roles(self, scope: Mapping[str, Any]) -> Step:
        """Let tokens with the scope carry the API's roles: its clients have no scope of their own."""
        api = self._find_client(wanted.API)
        if api is None:
            return
        path = f"admin/realms/{self._name}/client-scopes/{scope['id']}/scope-mappings/clients/{api['id']}"
        there = {one["name"] for one in self._raw("get", path)}
        missing = [
            one for one in self._admin.get_client_roles(api["id"]) if one["name"] in set(wanted.ROLES) - there
        ]
        for one in missing:
            yield Difference(f"client scope {wanted.SCOPE}.role", None, one["name"])
        if self._apply and missing:
            self._raw("post", path, missing)

    def _scopes_of(self, name: str) -> Step:
        if name == wanted.API:
            return
        client = self._find_client(name)
        if client is None:
            return
        there = {one["name"] for one in self._admin.get_client_default_client_scopes(client["id"])}
        for scope in wanted.SCOPES:
            if scope not in there:
                yield Difference(f"client {name}.scope", None, scope)
                self._add_scope(client["id"], scope)

    def _add_scope(self, client: str, name: str) -> None:
        scope = self._find_scope(name)
        if self._apply and scope is not None:
            payload = {"realm": self._name, "client": client, "clientScopeId": scope["id"]}
            self._admin.add_client_default_client_scope(client, scope["id"], payload)

    def _raw(self, verb: str, path: str, body: Any = None) -> Any:
        connection = self._admin.connection
        answer = (
            connection.raw_get(path) if verb == "get" else connection.raw_post(path, data=json.dumps(body))
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _mapper(mapper: wanted.Mapper) -> Wanted:
    written = {"access.token.claim": "true", "introspection.token.claim": "true"}
    hidden = {"id.token.claim": "false", "userinfo.token.claim": "false"}
    config = {**written, **hidden, **dict(mapper.config)}
    return {
        "protocol": Exactly("openid-connect"),
        "protocolMapper": Exactly(mapper.kind),
        "config": {name: Exactly(value) for name, value in config.items()},
    }


def _profile_attribute(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "displayName": wanted.ATTRIBUTES[name],
        "permissions": {"view": ["admin", "user"], "edit": ["admin"]},
        "multivalued": False,
    }


def _edits(attribute: Mapping[str, Any]) -> set[str]:
    return set(attribute.get("permissions", {}).get("edit", ()))


def _or_none(look: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    try:
        return look()
    except KeycloakGetError as error:
        if error.response_code == 404:
            return None
        raise


@contextmanager
def _told() -> Iterator[None]:
    """Tell any failure of Keycloak as ours, with its status and without what it was sent."""
    try:
        yield
    except (KeycloakError, RequestException) as cause:
        status = getattr(cause, "response_code", None)
        raise Unreachable(f"Keycloak refused or did not answer ({status or type(cause).__name__})") from cause
