"""Holding answers to the OpenAPI document: a status, a media type or a field that it doesn't declare is a broken promise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from starlette.routing import Match

from spe.web.app import api_routes

_JSON = ("application/json", "application/problem+json")


class Document:
    """What an application declares of its answers."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.data: Mapping[str, Any] = (
            TestClient(app, base_url="http://127.0.0.1").get("/openapi.json").json()
        )
        self._validator = cache(self._made)

    def template(self, method: str, path: str) -> str:
        """Return the path of the document that a call's path is of, "" where it is of none."""
        scope = {"type": "http", "path": path, "method": method, "headers": []}
        found = (route for route in api_routes(self._app) if route.matches(scope)[0] is Match.FULL)
        return next((route.path_format for route in found if route.include_in_schema), "")

    def broken(self, template: str, method: str, answer: Any) -> str:
        """Say what in an answer is not declared, "" where all is."""
        declared = self.data["paths"][template][method.lower()]["responses"]
        status = str(answer.status_code)
        if status not in declared:
            return f"{method} {template}: {status} is not declared: {answer.text[:300]}"
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind not in declared[status]["content"]:
            return f"{method} {template} {status}: {kind or 'no media type'} is not declared"
        if kind not in _JSON:
            return ""
        wrong = next(
            self._validator(template, method.lower(), status, kind).iter_errors(json.loads(answer.content)),
            None,
        )
        return f"{method} {template} {status}: {wrong.json_path}: {wrong.message[:300]}" if wrong else ""

    def _made(self, template: str, method: str, status: str, kind: str) -> Draft202012Validator:
        content = self.data["paths"][template][method]["responses"][status]["content"]
        return Draft202012Validator({**content[kind]["schema"], "components": self.data["components"]})
