"""A patient says no while things run: what stops, what may go on, and that every holder answers."""

from __future__ import annotations

from collections import Counter
from functools import partial

from spe.demo.answers import Answer
from spe.demo.hospitals import one_directive
from spe.demo.journey import APPLICANT, AUDITOR, CHAIR, Journey
from spe.demo.steps.requests import decide_ehds

_SLOW = "100000"


def withdrawal(tour: Journey) -> None:
    """Withdraw a consent: the run in progress stops, the pending release is held, the other permit is left alone."""
    book, milano = tour.book, tour.milano
    subject = milano.subjects[-1]
    book.head("12 A patient says no while things run; then a permit is revoked")
    tour.keep("slow", tour.start("permit", milano.id, "events", "real", library="pandas", resamples=_SLOW))
    slow = f"/v1/runs/{tour['slow']}"
    book.step(
        "12.1 A run is in progress",
        APPLICANT,
        "0 running",
        lambda: tour.api.until(APPLICANT, slow, lambda one: one["state"] == "running"),
    )
    tour.home.pause_worker()
    try:
        asked = {"permit": tour["permit"], "site": milano.id, "outputs": [tour["merged"]]}
        book.step(
            "12.2 A release is pending (the worker is halted for a moment)",
            APPLICANT,
            "0 pending",
            lambda: tour.keep("held", tour.api.post(APPLICANT, "/v1/releases", asked)),
        )
        tour.materials.path("withdrawal.csv").write_bytes(one_directive(subject, "withdrawal"))
        words = ("directive", "import", tour.file("withdrawal.csv"), "--holder", milano.id)
        book.step(
            "12.3 A patient withdraws her consent",
            milano.person,
            "0 recorded",
            lambda: tour.cli(milano.person, *words),
        )
    finally:
        tour.home.resume_worker()
    book.step(
        "12.4 The run in progress is stopped; its user hears no more than that",
        APPLICANT,
        "0 stopped_by_holder",
        lambda: tour.ended("slow"),
    )
    book.step(
        "12.5 The pending release is held and checked anew: not released",
        APPLICANT,
        "11 checkers_missing output_not_approved",
        lambda: _settled(tour, "held"),
    )
    book.check(
        "12.6 Every holder of her data answers with a signed receipt",
        AUDITOR,
        "cohort lawful_to_keep, removed; output held, lawful_to_keep; release held; run stopped",
        lambda: _receipts(tour, subject),
    )


def opt_out(tour: Journey) -> None:
    """Opt out under EHDS: the permit already granted goes on, the next one is bound."""
    book, milano = tour.book, tour.milano
    subject, path = milano.never_consented[0], f"/v1/holders/{milano.id}/directives"
    waiting = f"/v1/runs/{tour[f'run-{milano.id}']}/outputs"
    tour.api.until(
        APPLICANT, waiting, lambda one: not {"held", "collected"} & {out["status"] for out in one["items"]}
    )
    book.step(
        "12.7 Another patient opts out of secondary use (EHDS Art. 71)",
        milano.person,
        "0 recorded",
        lambda: tour.api.post_csv(milano.person, path, one_directive(subject, "opt_out")),
    )
    book.check(
        "12.8 What was granted before stays lawful; in doubt, outputs of an older cohort wait",
        AUDITOR,
        "cohort lawful_to_keep, not_held; output held, lawful_to_keep",
        lambda: _receipts(tour, subject),
    )
    next_request = tour.cli(APPLICANT, "request", "submit", tour.file("request-ehds.yaml"))
    decide_ehds(tour, "12.9", next_request.id)
    issued = tour.api.until(APPLICANT, f"/v1/requests/{next_request.id}/permit", lambda _: True)
    expected = len(milano.opted_out)
    for number, permit, who, count in (
        (10, tour["ehds"], "the permit granted before", expected),
        (11, issued.id, "the next permit", expected + 1),
    ):
        where = f"/v1/permits/{permit}/sites/{milano.id}/cohort"
        book.check(
            f"12.{number} Left out under {who}",
            milano.person,
            str(count),
            partial(_excluded, tour, where, count),
        )


def revocation(tour: Journey) -> None:
    """Revoke a permit after its hearing: its workspaces go, its data key is destroyed."""
    book, path = tour.book, f"/v1/permits/{tour['permit']}"
    steps = (
        ("12.12 Revoking without a hearing: refused", CHAIR, "10 hearing_missing", "revoke", "A breach."),
        ("12.13 The hearing is opened", CHAIR, "0 issued", "hear", "Results were used for something else."),
        ("12.14 Revoking before the reply: refused", CHAIR, "10 hearing_open", "revoke", "A breach."),
        ("12.15 The applicant replies", APPLICANT, "0 issued", "reply", "We have ended that use."),
        ("12.16 The permit is revoked", CHAIR, "0 revoked", "revoke", "The reply does not mend the breach."),
    )
    for step, who, expected, verb, text in steps:
        book.step(
            step,
            who,
            expected,
            partial(tour.post, who, f"{path}/{verb}", text=text),
        )
    book.together(
        *(
            lambda site=hospital.id, city=hospital.city: book.step(
                f"12.17 The workspace at {city} is gone",
                APPLICANT,
                "0 gone",
                lambda: tour.api.until(
                    APPLICANT, f"{path}/sites/{site}/workspace", lambda one: one["status"] == "gone", 10
                ),
            )
            for hospital in tour.materials.hospitals
        )
    )
    book.check(
        "12.18 Its data key is destroyed", AUDITOR, "permit.key_destroyed", lambda: _key_destroyed(tour)
    )
    book.step(
        "12.19 Nothing runs under it any more: refused",
        APPLICANT,
        "10 permit_not_issued run_cohort_not_current run_workspace_not_open",
        lambda: tour.start("permit", tour.milano.id, "events", "real", library="pandas", resamples="0"),
    )


def _settled(tour: Journey, release: str) -> Answer:
    path = f"/v1/releases/{tour[release]}"
    answer = tour.api.until(APPLICANT, path, lambda one: one["status"] not in {"pending", "held"})
    stopped = answer.data.get("status") == "stopped"
    return Answer(11, answer.data) if stopped else answer


def _receipts(tour: Journey, subject: str) -> str:
    """Return what each holder answered, once all have; counts of answers leave, things stay unnamed."""
    path = f"/v1/receipts?about={tour.milano.id}/{subject}"
    answer = tour.api.until(AUDITOR, path, lambda one: bool(_fresh(one["items"])), 15)
    if answer.code:
        return answer.said
    told = Counter((one["holder"], one["action"]) for one in _fresh(answer.data["items"]))
    holders = sorted({holder for holder, _ in told})
    return "; ".join(
        f"{holder} {', '.join(sorted(action for one, action in told if one == holder))}" for holder in holders
    )


def _fresh(items: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the answers to the newest fact about a subject."""
    newest = max((one["fact"] for one in items), default="")
    return [one for one in items if one["fact"] == newest]


def _excluded(tour: Journey, path: str, expected: int) -> str:
    def ready(one: object) -> bool:
        return isinstance(one, dict) and one.get("status") == "current" and one.get("excluded") == expected

    return str(tour.api.until(tour.milano.person, path, ready, 10).data.get("excluded"))


def _key_destroyed(tour: Journey) -> str:
    path = f"/v1/log/timeline?about={tour['permit']}&limit=200"
    wanted = "permit.key_destroyed"

    def there(one: object) -> bool:
        return wanted in str(one)

    return wanted if there(tour.api.until(AUDITOR, path, there, 10).data) else "not yet"
