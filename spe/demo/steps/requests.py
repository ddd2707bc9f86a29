"""A request is tried before it is submitted; the committee decides without those who are too near."""

from __future__ import annotations

from pathlib import Path

from spe.demo.answers import Answer
from spe.demo.journey import APPLICANT, CHAIR, COLLEAGUE, COMMITTEE, Journey

_BAD = (
    ("3.1 For advertising (in Italian)", "advertising", "use_prohibited", "it"),
    ("3.2 Without a condition of Art. 9 GDPR", "no-article-9", "article_9_missing", "en"),
    ("3.3 Lung cancer, where patients agreed to breast cancer", "lung-cancer", "duo_mismatch", "en"),
    ("3.4 A variable that teaching does not need", "beyond-purpose", "variable_beyond_purpose", "en"),
)


def requests(tour: Journey) -> None:
    """Preflight four bad drafts, submit two good ones."""
    tour.book.head("3 Request: what would be refused, and why, before anybody asks")
    tour.book.together(*(lambda bad=bad: _preflight(tour, *bad) for bad in _BAD))
    tour.book.together(
        lambda: tour.keep("request", _submit(tour, "3.5 A good one, consortium and consent", "request")),
        lambda: tour.keep(
            "request-ehds", _submit(tour, "3.6 Another, through a health data access body", "request-ehds")
        ),
    )


def decisions(tour: Journey) -> None:
    """Decide both requests; who applies, works with them or for the same organisation has no say."""
    book, case = tour.book, f"/v1/cases/{tour['request']}"
    book.head("4 Decision: two opinions, conflicts declared, blind votes, a reasoned letter")
    near = "decides_for_own_organisation decides_own_request no_grounds role_missing"
    book.together(
        *(
            lambda step=step, who=who, expected=expected: book.step(
                step,
                who,
                f"10 {expected}",
                lambda: tour.post(who, f"{case}/declarations", conflict=False, text=""),
            )
            for step, who, expected in (
                ("4.1 The applicant decides: refused", APPLICANT, near),
                ("4.2 A colleague decides: refused", COLLEAGUE, near),
                (
                    "4.3 A member of the applicant's university decides: refused",
                    "luca.ferrari",
                    "decides_for_own_organisation",
                ),
            )
        )
    )
    book.together(lambda: _consortium(tour), lambda: decide_ehds(tour, "4.9", tour["request-ehds"]))


def decide_ehds(tour: Journey, number: str, case: str) -> None:
    """Decide an EHDS request quickly: the same steps through the API."""
    path = f"/v1/cases/{case}"
    _opinions(tour, path)
    for member in COMMITTEE:
        tour.post(member, f"{path}/declarations", conflict=False, text="none")
    for member in COMMITTEE:
        tour.post(member, f"{path}/votes", favour=True, rationale="the benefit outweighs the risk")
    letter, terms = tour.materials.path("grant-ehds.txt").read_text(), {"days": 30, "aggregates_only": False}
    tour.book.step(
        f"{number} The access body grants: 30 days",
        CHAIR,
        "0 granted",
        lambda: tour.post(CHAIR, f"{path}/decision", grant=True, letter=letter, conditions=terms),
    )


def _preflight(tour: Journey, step: str, draft: str, code: str, lang: str) -> None:
    answer = tour.book.step(
        step,
        APPLICANT,
        f"10 {code}",
        lambda: tour.cli(APPLICANT, "request", "preflight", tour.file(f"{draft}.yaml"), lang=lang),
    )
    for reason in answer.data.get("reasons", [])[:1]:
        tour.book.note(f"{reason['message']}\n{reason['reference']} → {reason['remedy']}")


def _submit(tour: Journey, step: str, draft: str) -> Answer:
    return tour.book.step(
        step,
        APPLICANT,
        "0 submitted",
        lambda: tour.cli(APPLICANT, "request", "submit", tour.file(f"{draft}.yaml")),
    )


def _opinions(tour: Journey, path: str) -> Answer:
    text = "The variables are few and the plan is sound."
    tour.post("maria.silva", f"{path}/opinions", kind="technical", favourable=True, text=text)
    text = "Lawful and fair; people can still say no."
    return tour.post("pieter.devries", f"{path}/opinions", kind="ethics_legal", favourable=True, text=text)


def _consortium(tour: Journey) -> None:
    case, book = tour["request"], tour.book
    path = f"/v1/cases/{case}"
    letter = str(Path(tour.file("grant.txt")))
    grant = ("case", "grant", case, "--letter", letter, "--days", "30", "--aggregates-only")
    book.step(
        "4.4 A technical and an ethics-legal opinion",
        "maria, pieter",
        "0 open",
        lambda: _opinions(tour, path),
    )
    for member in COMMITTEE:
        tour.post(member, f"{path}/declarations", conflict=False, text="none")
    vote = ("case", "vote", case, "--for", "--rationale", "useful, and little risk")
    book.step("4.5 The first vote", COMMITTEE[0], "0 open", lambda: tour.cli(COMMITTEE[0], *vote))
    book.check("4.6 It stays hidden from the next voter", COMMITTEE[1], "0 of 1", lambda: _votes(tour, path))
    early = {"grant": True, "letter": "We grant.", "conditions": {"days": 30, "aggregates_only": True}}
    book.step(
        "4.7 Granting before there is a quorum: refused",
        CHAIR,
        "10 quorum_missing",
        lambda: tour.api.post(CHAIR, f"{path}/decision", early),
    )
    for member in COMMITTEE[1:]:
        tour.post(member, f"{path}/votes", favour=True, rationale="the benefit outweighs the risk")
    book.step(
        "4.8 The chair grants: 30 days, aggregates only", CHAIR, "0 granted", lambda: tour.cli(CHAIR, *grant)
    )


def _votes(tour: Journey, path: str) -> str:
    shown = tour.api.get(COMMITTEE[1], path).data
    return f"{len(shown['votes'])} of {len(shown['votes']) + int(shown.get('votes_hidden', 0))}"
