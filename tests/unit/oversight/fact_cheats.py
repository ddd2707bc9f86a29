"""Each way of cheating on facts."""

from __future__ import annotations

from tests.unit.oversight.cheating import Cheat, Found, ask, sql
from tests.unit.oversight.honest import Honest


def fact_inserted(here: Honest) -> None:
    columns = "kind, about, data, at, handled, salt"
    sql(
        here,
        f"INSERT INTO outbox (id, {columns}) SELECT 'fact-00000000000ff0000000', {columns} FROM outbox LIMIT 1",
    )


def fact_deleted(here: Honest) -> None:
    sql(here, "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)")


def waiting(here: Honest) -> tuple[str, str]:
    """Return two facts of one Change that nobody has handled yet."""
    here.creates()
    first, second = (fact.id for fact in here.log.outbox()[-2:])
    return first, second


def fact_silenced(here: Honest) -> None:
    waiting(here)
    sql(here, "UPDATE outbox SET handled = 1 WHERE handled = 0")


def fact_silenced_as_if_it_were_handled(here: Honest) -> None:
    silent = "UPDATE outbox SET handled = at, kind = '', about = '', data = '{}', salt = '' WHERE id = ?"
    sql(here, silent, waiting(here)[0])


def fact_about_somebody_else(here: Honest) -> None:
    sql(here, "UPDATE outbox SET about = about || '0' WHERE id = ?", waiting(here)[0])


def fact_of_another_kind(here: Honest) -> None:
    sql(here, "UPDATE outbox SET kind = 'directive.recordee' WHERE id = ?", waiting(here)[0])


def fact_with_other_data(here: Honest) -> None:
    sql(here, "UPDATE outbox SET data = '{ }' WHERE id = ?", waiting(here)[0])


def fact_with_another_salt(here: Honest) -> None:
    sql(here, "UPDATE outbox SET salt = ? WHERE id = ?", "0" * 32, waiting(here)[0])


def fact_of_another_second(here: Honest) -> None:
    sql(here, "UPDATE outbox SET at = at + 1 WHERE id = ?", waiting(here)[0])


def facts_swapped(here: Honest) -> None:
    first, second = waiting(here)
    for old, new in ((first, "x"), (second, first), ("x", second)):
        sql(here, "UPDATE outbox SET id = ? WHERE id = ?", new, old)


def handled_fact_opened_again(here: Honest) -> None:
    first, _ = waiting(here)
    kept = ask(here, "SELECT kind, about, data, salt FROM outbox WHERE id = ?", first)
    here.hands_on()
    again = "UPDATE outbox SET kind = ?, about = ?, data = ?, salt = ?, handled = 0 WHERE id = ?"
    sql(here, again, *kept, first)


def handled_fact_filled_again(here: Honest) -> None:
    first, _ = waiting(here)
    here.hands_on()
    sql(here, "UPDATE outbox SET about = 'holder-1/s' WHERE id = ?", first)


def handled_fact_deleted(here: Honest) -> None:
    first, _ = waiting(here)
    here.hands_on()
    sql(here, "DELETE FROM outbox WHERE id = ?", first)


def handled_at_another_time(here: Honest) -> None:
    first, _ = waiting(here)
    here.hands_on()
    sql(here, "UPDATE outbox SET handled = handled + 1 WHERE id = ?", first)


def another_fact_silenced_than_was_handled(here: Honest) -> None:
    """Keep the number of handled facts as entries say."""
    first, _ = waiting(here)
    kept = ask(here, "SELECT kind, about, data, salt, handled FROM outbox WHERE id = ?", first)
    here.hands_on()
    (later, _), columns = waiting(here), "kind, about, data, salt, handled"
    sql(
        here,
        f"UPDATE outbox SET ({columns}) = (SELECT {columns} FROM outbox WHERE id = ?) WHERE id = ?",
        first,
        later,
    )
    sql(here, f"UPDATE outbox SET ({columns}) = (?,?,?,?,?) WHERE id = ?", *kept, first)


FACT_CHEATS: dict[Cheat, Found] = {
    fact_inserted: Found("facts", "no entry tells of this fact", "outbox fact-00000000000ff0000000"),
    fact_deleted: Found("facts", "gone", "outbox fact-"),
    fact_silenced: Found("facts", "marked handled, and no entry says so", "outbox fact-"),
    fact_silenced_as_if_it_were_handled: Found("facts", "marked handled, and no entry says so"),
    fact_about_somebody_else: Found("facts", "content is not what the entry commits to", "outbox fact-"),
    fact_of_another_kind: Found("facts", "content is not what the entry commits to"),
    fact_with_other_data: Found("facts", "content is not what the entry commits to"),
    fact_with_another_salt: Found("facts", "content is not what the entry commits to"),
    fact_of_another_second: Found("facts", "another second"),
    facts_swapped: Found("facts", "content is not what the entry commits to"),
    handled_fact_opened_again: Found("facts", "otherwise than the entry says"),
    handled_fact_filled_again: Found("facts", "something stays of a handled fact"),
    handled_fact_deleted: Found("facts", "gone", "outbox fact-"),
    handled_at_another_time: Found("facts", "otherwise than the entry says"),
    another_fact_silenced_than_was_handled: Found("facts", "marked handled, and no entry says so"),
}
