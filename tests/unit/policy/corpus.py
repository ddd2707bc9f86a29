"""The decision corpus: questions that the stages' builders make of many people, permits, requests and states.

Most are refused, for every kind of reason; some are allowed. Two engines that decide all of them alike, and deny each of
them as soon as a field is missing, are one to whoever asks.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from spe.audit.receipts import Happened
from spe.catalogue import questions as catalogue
from spe.catalogue.model import Dataset, DuoTerm, Identifiability
from spe.code import questions as code
from spe.cohort import questions as cohort
from spe.consent import questions as consent
from spe.decision import questions as decision
from spe.decision.model import CaseCommand, Conditions, Vote
from spe.identity import questions as identity
from spe.identity.model import WORKER, Person, Role
from spe.output import questions as output
from spe.output.model import Answer, OutputStatus
from spe.oversight import questions as oversight
from spe.permit import questions as permit
from spe.permit.model import DataPermit, Hearing, PermitCommand, PermitStatus
from spe.policy.model import Question
from spe.release import questions as release
from spe.request import questions as request
from spe.request.model import Application, RequestStatus, Route
from spe.run import questions as run
from spe.subject import questions as subject
from spe.workspace import questions as workspace
from tests.unit.policy import good_questions as good

SITE: Final = "hospital-1"
NOW: Final = good.NOW
_TEXTS: Final = ("", "e", '"}]', "e\x00", "\u2028", "é", "z" * 2000)


@cache
def corpus() -> tuple[Question, ...]:
    """Return every question once, the good ones first."""
    questions = (
        *good.GOOD.values(),
        *_by_person(),
        *_by_permit(),
        *_by_request(),
        *_by_dataset(),
        *_by_state(),
        *_by_answer(),
        *_by_text(),
    )
    return tuple(dict.fromkeys(questions))


def without_each_field(whole: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield the question without one of its fields, wherever in it, with the field's place."""
    for place in _places(whole, ()):
        less = copy.deepcopy(whole)
        node: Any = less
        for step in place[:-1]:
            node = node[step]
        del node[place[-1]]
        yield place, less


def _places(node: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield (*at, name)
            yield from _places(value, (*at, name))
    elif isinstance(node, list) and node:
        # What holds for an item holds for the next: one of each list is enough.
        yield from _places(node[0], (*at, 0))


def people() -> list[Person]:
    """Return one of each role and of each way not to be entitled."""
    own = [
        good.person("somebody", "elsewhere", role, holder=SITE if role is Role.DATA_HOLDER else "")
        for role in Role
    ]
    rosa = good.ROSA
    return [
        *own, rosa, good.TEAM, good.CHAIR, good.APPROVER, good.CHECKER, good.HOLDER, WORKER,
        replace(rosa, trained_until=NOW - 1), replace(rosa, member_until=NOW), replace(rosa, organisation="uni-z"),
        replace(rosa, roles=()), replace(rosa, roles=(Role.DATA_USER, Role.OUTPUT_CHECKER)),
        replace(good.HOLDER, holder="hospital-2"), replace(good.CHECKER, organisation="uni-a"),
    ]  # fmt: skip


def permits() -> list[DataPermit]:
    """Return a permit in every standing, on either route."""
    one = good.PERMIT
    return [
        one, replace(one, status=PermitStatus.SUSPENDED), replace(one, status=PermitStatus.REVOKED),
        replace(one, expires=NOW), replace(one, expires=NOW + 1), replace(one, route=Route.EHDS), replace(one, members=()),
        replace(one, hearing=None), replace(one, hearing=Hearing(NOW, "breach", 0, "")), replace(one, purpose="f"),
        replace(one, legal_basis="6(1)(e)"), replace(one, aggregates_only=False), replace(one, grants=()),
    ]  # fmt: skip


def _asked_under(by: Person, under: DataPermit) -> Iterator[Question]:
    """Yield what this person may be asked about under this permit."""
    grant, agreed, passed = good.PERMIT.grants[0], good._agreed(), good.reviewed(status=OutputStatus.PASSED)
    checked = good.reviewed(good.given("carl", Answer.APPROVE))
    released = good.reviewed(
        good.given("carl", Answer.APPROVE), good.given("clara", Answer.APPROVE), status=OutputStatus.APPROVED
    )
    yield permit.act(by, PermitCommand.SUSPEND, under, reason=True, now=NOW)
    yield permit.act(by, PermitCommand.REVOKE, under, reason=True, now=NOW)
    yield permit.see(by, under, NOW)
    yield code.register(by, under, ("grade", "event"), 2, NOW, recomputable=True)
    yield code.approve(by, "approve", good.CODE, under, good.CODE.digest, NOW)
    yield code.seal(by, agreed, under, good.CODE.digest, NOW)
    yield cohort.build(by, under, grant, NOW, unchanged=True)
    yield workspace.open_workspace(by, "open", under, SITE, "current", NOW)
    yield workspace.mount(by, under, SITE, "open", "current", "run", NOW, current=True)
    yield run.start(
        by, under, agreed, SITE, "real", str(by.id), NOW, intact=True, valid=True, workspace="open",
        cohort="current", real_runs=3,
    )  # fmt: skip
    yield run.stop(by, under, SITE, NOW)
    yield output.check(by, under, SITE, "count", NOW)
    yield output.submit(by, "submit", passed, under, NOW, reason=False)
    yield output.review(by, Answer.APPROVE, checked, under, "b" * 64, NOW, justified=False)
    yield release.make(by, "ask", under, SITE, (released,), NOW, code_intact=True)
    yield release.get(by, "download", under, SITE, "released", NOW, reason=False)


def _by_person() -> Iterator[Question]:
    granted = replace(good.REQUEST, status=RequestStatus.GRANTED)
    conditions = catalogue.conditions(good.DATASET)
    for by in people():
        yield from _asked_under(by, good.PERMIT)
        yield catalogue.register(by, good.DATASET, NOW, delivering=False)
        yield consent.record(by, SITE, 12, NOW)
        yield request.preflight(by, good.FACTS, NOW)
        yield request.submit(by, good.FACTS, NOW)
        yield request.act(by, "withdraw", good.REQUEST, NOW)
        yield decision.decide(
            by, CaseCommand.GRANT, good.CASE, good.REQUEST, NOW, Conditions(30, True), "Because."
        )
        yield permit.issue(by, granted, good._GRANTED, 1, conditions, NOW)
        for view in ("timeline", "export", "staff", "other"):
            yield identity.read_audit(by, view, "pm-1", NOW)
        for view in ("public", "own", "case", "exact", "file", "other"):
            yield identity.read_record(by, "data_permit", view, NOW, people=("rosa",), holders=(SITE,))
        yield subject.report(by, SITE, NOW)
        yield subject.erase(by, SITE, "b", NOW, holds=0, waiting=False, permits=())
        yield oversight.hints(by, NOW)
        yield oversight.hold(by, "place", NOW, reason=True)
        yield oversight.purge(by, NOW - 400 * 86_400, NOW, last_end=0, holds=0)


def _by_permit() -> Iterator[Question]:
    for under in permits():
        for by in (good.ROSA, good.CHAIR, good.HOLDER, WORKER, good.APPROVER, good.CHECKER):
            yield from _asked_under(by, under)


def _by_request() -> Iterator[Question]:
    asked: list[Callable[[Application], Application]] = [
        *(lambda one, purpose=purpose: replace(one, purpose=purpose) for purpose in "abcdefgz"),
        *(lambda one, route=route: replace(one, route=route) for route in Route),
        *(lambda one, basis=basis: replace(one, legal_basis=basis) for basis in ("6(1)(c)", "6(1)(e)", "6(1)(f)", "9(2)(a)")),
        *(lambda one, use=use: replace(one, uses=(use,)) for use in ("advertising", "training_ai", "analysis", "insurance", "x")),
        lambda one: replace(one, identifiability=Identifiability.ANONYMISED),
        lambda one: replace(one, commercial=True), lambda one: replace(one, public_body=True),
        lambda one: replace(one, title="", lay_summary="", safeguards="", tools=()), lambda one: replace(one, days=0),
        lambda one: replace(one, days=40_000), lambda one: replace(one, team=()), lambda one: replace(one, datasets=()),
        lambda one: replace(one, article_9=""), lambda one: replace(one, disease="MONDO:0000001"),
        lambda one: replace(one, opt_out_exception="public health"), lambda one: replace(one, pseudonymised_why=""),
    ]  # fmt: skip
    for change in asked:
        facts = request.facts(change(good.APPLICATION), {good.DATASET.id: good.DATASET})
        yield request.preflight(good.ROSA, facts, NOW)
        yield request.submit(good.ROSA, facts, NOW)
    for status in RequestStatus:
        in_state = replace(good.REQUEST, status=status)
        for command in ("withdraw", "complete", "amend", "other"):
            yield request.act(good.ROSA, command, in_state, NOW)
        for act in CaseCommand:
            yield decision.decide(good.CHAIR, act, good.CASE, in_state, NOW, Conditions(30, True), "Because.")


def _by_dataset() -> Iterator[Question]:
    one = good.DATASET
    terms = (
        "DUO:0000042",
        "DUO:0000006",
        "DUO:0000018",
        "DUO:0000020",
        "DUO:0000046",
        "DUO:0000004",
        "DUO:9999999",
    )
    changed: list[Dataset] = [
        *(replace(one, duo=(DuoTerm(term),)) for term in terms), replace(one, duo=()), replace(one, purposes=()),
        replace(one, purposes=("z",)), replace(one, country="US"), replace(one, variables=()), replace(one, title=""),
        replace(one, identifiability=Identifiability.ANONYMISED), replace(one, holder="hospital-2"),
        replace(one, subject_field="nothing"),
    ]  # fmt: skip
    for dataset in changed:
        for delivering in (False, True):
            yield catalogue.register(good.HOLDER, dataset, NOW, delivering=delivering)
        yield request.submit(good.ROSA, request.facts(good.APPLICATION, {one.id: dataset}), NOW)


def _by_state() -> Iterator[Question]:
    for kind in ("withdrawal", "opt_out", "objection", "restriction", "consent", "other"):
        for fact in ("directive.recorded", "permit.revoked", "person.left", "other"):
            for when in (NOW - 5000, NOW):
                told = {"kind": kind, "effective": when, "subject": "s"}
                yield permit.reaction(WORKER, Happened("f-1", fact, SITE, told, NOW), good.PERMIT, SITE, NOW)


def _by_answer() -> Iterator[Question]:
    for ground in "abg":
        for holds, waiting in ((0, False), (1, False), (0, True)):
            yield subject.erase(
                good.HOLDER, SITE, ground, NOW, holds=holds, waiting=waiting, permits=permits()
            )
    for votes in range(4):
        case = replace(good.CASE, votes=good.CASE.votes[:votes])
        yield decision.decide(
            good.CHAIR, CaseCommand.GRANT, case, good.REQUEST, NOW, Conditions(30, True), "Because."
        )
    against = replace(
        good.CASE, votes=tuple(Vote(one.by, one.organisation, False, "no", 1) for one in good.CASE.votes)
    )
    yield decision.decide(
        good.CHAIR, CaseCommand.GRANT, against, good.REQUEST, NOW, Conditions(30, True), "Because."
    )
    for answer in Answer:
        for status in OutputStatus:
            yield output.review(
                good.CHECKER, answer, good.reviewed(status=status), good.PERMIT, "b" * 64, NOW, justified=True
            )
    for kind, workspace_is, cohort_is, runs in (
        ("twin", "none", "none", 0), ("real", "none", "current", 0), ("real", "open", "outdated", 0),
        ("real", "closed", "current", 0), ("real", "open", "current", 5000), ("other", "open", "current", 1),
    ):  # fmt: skip
        for intact in (True, False):
            yield run.start(
                good.ROSA, good.PERMIT, good._agreed(), SITE, kind, "rosa", NOW, intact=intact, valid=intact,
                workspace=workspace_is, cohort=cohort_is, real_runs=runs,
            )  # fmt: skip


def _by_text() -> Iterator[Question]:
    for text in _TEXTS:
        yield run.stop(good.ROSA, good.PERMIT, text, NOW)
        yield run.stop(replace(good.ROSA, organisation=text), good.PERMIT, SITE, NOW)
        yield identity.read_record(good.ROSA, text, text, NOW, people=(text,), organisations=(text, text))
        yield request.submit(good.ROSA, replace(good.FACTS, purpose=text, disease=text, uses=(text,)), NOW)
