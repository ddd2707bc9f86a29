from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.audit.events import Event, SubjectRef
from spe.audit.events.consent import DirectivesRecorded
from spe.audit.events.permit import PermitIssued, PermitSuspended
from spe.audit.events.record import LogRead, RecordSeen
from spe.audit.events.request import RequestWithdrawn
from spe.audit.reading import Page, read_page
from spe.audit.search import Search
from spe.errors import IntegrityFailure, Malformed
from spe.ids import new_id
from tests.unit.audit.kept_log import START, KeptLog, SealedStaff

PERMIT = new_id("pm", START)
SUBJECT = "mi-0001"
PEOPLE = ("anna.ricci", "ruth.keller", "worker", "änna.ricci")
THINGS = (
    PERMIT,
    f"{PERMIT}.hospital-milano",
    "req-1",
    "hospital-milano/x",
    SUBJECT,
    'a"type":"permit.issued',
    "",
)
EVENTS = st.one_of(
    st.builds(RequestWithdrawn, st.sampled_from(THINGS)),
    st.builds(PermitSuspended, st.sampled_from(THINGS), st.just("0" * 64)),
    st.builds(RecordSeen, st.just("permit"), st.sampled_from(THINGS), st.just("own")),
    st.builds(
        DirectivesRecorded,
        st.just("hospital-milano"),
        st.just(1),
        st.just(("consent",)),
        st.tuples(st.sampled_from((SUBJECT, "mi-0002")).map(SubjectRef)),
    ),
    st.builds(LogRead, st.just("timeline"), st.just(""), st.sampled_from(("anna.ricci", SUBJECT)).map(SubjectRef)),
)  # fmt: skip
ENTRIES = st.lists(
    st.tuples(
        EVENTS,
        st.sampled_from(PEOPLE),
        st.sampled_from(("uni-bologna", "uni-b")),
        st.sampled_from(("data_user", "auditor+operator")),
        st.integers(0, 50),
    ),
    max_size=30,
)
SEARCHES = st.builds(
    Search,
    about=st.sampled_from(("", PERMIT, "req-1", SUBJECT, "x", *PEOPLE, "nobody")),
    also=st.sampled_from(((), ("req-1",))),
    type=st.sampled_from(("", "permit", "permit.", "permit.suspended", "request.withdrawn", "perm")),
    since=st.sampled_from(("", "2026-03-01T10:10:00+01:00")),
    before=st.sampled_from(("", "2026-03-01T09:30:00Z")),
    role=st.sampled_from(("", "auditor", "data_user")),
    organisation=st.sampled_from(("", "uni-b")),
)


def filled(*entries: tuple[Event, str, str, str, int]) -> KeptLog:
    log = KeptLog(SealedStaff(frozenset({SUBJECT, "anna.ricci"})))
    append(log, *entries)
    return log


def append(log: KeptLog, *entries: tuple[Event, str, str, str, int]) -> None:
    for event, who, organisation, role, minute in entries:
        log.add(event, who, organisation, role, START + timedelta(minutes=minute))


def expected(log: KeptLog, search: Search) -> list[int]:
    """Find the same by reading all of every entry, in other words than the sieve's."""
    found = []
    for index, raw in enumerate(log.rows):
        entry = json.loads(raw)
        who = entry["who"]
        person = log.staff.open_staff(who["id"]["sealed"])
        flat = [
            one for value in entry["data"].values() for one in (value if isinstance(value, list) else [value])
        ]
        parts = {
            part for one in flat if isinstance(one, str) for part in (one, *one.replace("/", ".").split("."))
        }
        digests = {one["digest"] for one in flat if isinstance(one, dict)}
        known = search.about in log.staff.known
        its_own = log.staff.digest_subject(SubjectRef(search.about), entry["nonce"])
        fits = (
            (not search.about or person == search.about or bool(parts & {search.about, *search.also}) or (known and its_own in digests))
            and (not search.type or entry["type"] == search.type or entry["type"].startswith(search.type.rstrip(".") + "."))
            and (not search.role or search.role in who["role"].split("+"))
            and (not search.organisation or who["organisation"] == search.organisation)
            and (not search.since or entry["at"] >= "2026-03-01T09:10:00.000000Z")
            and (not search.before or entry["at"] < "2026-03-01T09:30:00.000000Z")
        )  # fmt: skip
        if fits:
            found.append(index)
    return found


def indexes(page: Page) -> list[int]:
    return [int(item["index"]) for item in page.items]


@given(ENTRIES, ENTRIES, SEARCHES, st.integers(1, 5), st.integers(1, 7))
def test_all_pages_together_are_one_scan_even_while_the_log_grows(
    first: list[Any], later: list[Any], search: Search, limit: int, most: int
) -> None:
    log = filled(*first)
    wanted = expected(log, search)
    page = read_page(log, log.staff, search, limit=limit, most=most)
    size, found, coming = page.size, indexes(page), list(later)
    for _ in range(100):
        if page.next is None:
            break
        append(log, *coming[:2])
        coming = coming[2:]
        page = read_page(log, log.staff, search, after=page.next, size=size, limit=limit, most=most)
        found += indexes(page)
    assert page.next is None, "the pages of a log that grows have no end"
    assert found == wanted
    assert size == len(first)


@given(ENTRIES, ENTRIES, SEARCHES)
def test_what_was_appended_since_is_found_by_going_on_from_where_one_was(
    first: list[Any], later: list[Any], search: Search
) -> None:
    log = filled(*first)
    before = read_page(log, log.staff, search)
    append(log, *later)
    after = read_page(log, log.staff, search, after=before.size - 1)
    assert indexes(before) + indexes(after) == expected(log, search)


def test_a_page_without_a_find_is_bounded_work_and_still_goes_on() -> None:
    log = filled(*[(RequestWithdrawn("req-1"), "anna.ricci", "uni-b", "data_user", 0)] * 25)
    page = read_page(log, log.staff, Search(about=PERMIT), most=10)
    assert (page.items, page.next, log.looked) == ((), 9, 10)
    page = read_page(log, log.staff, Search(about=PERMIT), after=19, most=10)
    assert (page.items, page.next) == ((), None)


def test_a_full_last_page_has_no_next() -> None:
    log = filled(*[(RequestWithdrawn("req-1"), "anna.ricci", "uni-b", "data_user", 0)] * 4)
    assert read_page(log, log.staff, Search(about="req-1"), limit=4).next is None
    assert read_page(log, log.staff, Search(about="req-1"), limit=3).next == 2


def test_a_person_is_found_by_what_they_did_and_shown_in_clear() -> None:
    log = filled(
        (PermitIssued(PERMIT, "req-1", "0" * 64, 1), "worker", "spe", "worker", 0),
        (RecordSeen("permit", PERMIT, "own"), "anna.ricci", "uni-b", "data_user", 1),
    )
    page = read_page(log, log.staff, Search(about="anna.ricci"))
    assert [(one["index"], one["who"]["id"]) for one in page.items] == [(1, "anna.ricci")]


def test_a_subject_whose_key_is_destroyed_is_not_found_any_more() -> None:
    log = filled(
        (DirectivesRecorded("h", 1, ("consent",), (SubjectRef(SUBJECT),)), "worker", "spe", "worker", 0)
    )
    assert len(read_page(log, log.staff, Search(about=SUBJECT)).items) == 1
    assert read_page(log, SealedStaff(), Search(about=SUBJECT)).items == ()


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01", "2026-03-01T09:00:00", "2026-13-01T09:00:00Z"])
def test_an_instant_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="zone"):
        read_page(KeptLog(), SealedStaff(), Search(since=text))


def test_a_damaged_entry_is_said_to_be_one() -> None:
    log = filled((RequestWithdrawn("req-1"), "anna.ricci", "uni-b", "data_user", 0))
    log.rows[0] = log.rows[0][:-2]
    with pytest.raises(IntegrityFailure, match="damaged"):
        read_page(log, log.staff, Search(about="req-1"))
