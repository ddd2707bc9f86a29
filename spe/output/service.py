"""Use cases of outputs: look, fix, submit, answer a question, review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.events.output import OutputAnswered, OutputFixed, OutputReviewGiven, OutputSubmitted
from spe.audit.events.record import RecordSeen
from spe.audit.records import Stored
from spe.crypto.vault import Vault, verified
from spe.errors import NotNow
from spe.identity.model import Person
from spe.identity.questions import read_record
from spe.ids import new_id
from spe.output import questions
from spe.output.model import TRANSITIONS, Answer, Output, OutputCommand, OutputReview, OutputStatus
from spe.output.place import canonical_object, scope
from spe.output.rules import OUTCOMES, shown
from spe.permit.model import DataPermit
from spe.permit.questions import see
from spe.policy.enforce import Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.run.model import Run
from spe.states import step
from spe.values import says_something


@dataclass(frozen=True, slots=True)
class Screen:
    """An output as its viewer may see it, and the verdict on each answer of theirs; asking alone does nothing."""

    view: Mapping[str, Any]
    verdicts: Mapping[Answer, Verdict]


@dataclass(frozen=True, slots=True)
class OutputDesk:
    """Where data users bring outputs to the checkers, and checkers answer."""

    pep: Enforcer
    vault: Vault

    def of_run(self, person: Person, run: str) -> tuple[Mapping[str, Any], ...]:
        """Return the outputs of a run, with their findings."""
        permit = self._permit(person, self.pep.load(person.who(), Run, run).value.permit).value
        found = [stored.value for stored in self.pep.records.each(Output, run=run)]
        self.pep.note(person.who(), RecordSeen("output", run, "case"))
        viewer = self._viewer(person, permit)
        return tuple(shown(output, viewer) for output in found)

    def waiting(self, person: Person, after: str = "", limit: int = 50) -> tuple[Mapping[str, Any], ...]:
        """Return the outputs that wait for checkers, in id order after `after`."""
        question = read_record(person, "output", "queue", self.pep.now())
        self.pep.reveal(person.who(), question, "waiting")
        found = self.pep.records.find(Output, status=OutputStatus.IN_REVIEW, after=after, limit=limit)
        settling = self.pep.records.find(Output, status=OutputStatus.RECONCILING, after=after, limit=limit)
        outputs = sorted((stored.value for stored in (*found, *settling)), key=lambda output: output.id)[
            :limit
        ]
        self.pep.note(person.who(), RecordSeen("output", "waiting", "queue"))
        permits = {
            id_: self.pep.load(person.who(), DataPermit, id_).value for id_ in {one.permit for one in outputs}
        }
        viewers = self._viewers(person, permits)
        return tuple(shown(output, viewers[output.permit]) for output in outputs)

    def show(self, person: Person, id_: str) -> Mapping[str, Any]:
        """Return one output; who reviewed sees the other's answer only once both have answered."""
        output = self.pep.load(person.who(), Output, id_).value
        permit = self._permit(person, output.permit).value
        self.pep.note(person.who(), RecordSeen("output", id_, "case"))
        return shown(output, self._viewer(person, permit))

    def screen(self, person: Person, id_: str) -> Screen:
        """Return one output with what policy would say to each answer of the caller, given its text and these bytes."""
        output = self.pep.load(person.who(), Output, id_).value
        permit = self._permit(person, output.permit).value
        now = self.pep.now()
        verdicts = self.pep.point.preview(
            [
                questions.review(person, answer, output, permit, output.sha256, now, justified=True)
                for answer in Answer
            ]
        )
        # The entry of the reading comes after what was asked, and carries it.
        self.pep.note(person.who(), RecordSeen("output", id_, "case"))
        view = shown(output, self._viewer(person, permit))
        return Screen(view, dict(zip(Answer, verdicts, strict=True)))

    def content(self, person: Person, id_: str) -> bytes:
        """Return the canonical bytes to a checker; a data user gets them as a release and no other way."""
        output = self.pep.load(person.who(), Output, id_).value
        permit = self.pep.load(person.who(), DataPermit, output.permit).value
        self.pep.reveal(person.who(), see(person, permit, self.pep.now(), "output", "file"), id_)
        self.pep.note(person.who(), RecordSeen("output", id_, "file"))
        sealed = self.vault.open(canonical_object(id_), scope(output.permit))
        return b"".join(verified(sealed, output.sha256))

    def submit(self, person: Person, id_: str, reason: str) -> Done:
        """Bring an output to the checkers; a stopped one needs a reason why it should be excepted."""

        def after(output: Output) -> Output:
            return replace(
                output, question=reason, status=step(TRANSITIONS, output.status, OutputCommand.SUBMIT)
            )

        return self._act(
            person, id_, "submit", reason, lambda output: Effect(after(output), OutputSubmitted(id_))
        )

    def answer(self, person: Person, id_: str, text: str) -> Done:
        """Answer a checker's question; the review goes on."""

        def after(output: Output) -> Output:
            said = f"{output.question}\n{text}"
            return replace(
                output, question=said, status=step(TRANSITIONS, output.status, OutputCommand.ANSWER)
            )

        return self._act(
            person, id_, "answer", text, lambda output: Effect(after(output), OutputAnswered(id_))
        )

    def fix(self, person: Person, id_: str) -> Done:
        """Take the fix that the machine suggested: a merged output of the same run, made by trusted code."""
        parent = self._output(person, id_).value
        if parent.status is not OutputStatus.STOPPED or parent.fix is None:
            raise NotNow(
                "there is no fix at this site: it needs pooling over sites"
                if parent.needs_pooling
                else "there is nothing to fix"
            )
        permit = self._permit(person, parent.permit)
        child = replace(
            parent,
            id=new_id("out", self.pep.clock.now()),
            layout=parent.fix,
            parent=parent.id,
            status=OutputStatus.COLLECTED,
            sha256="",
            size=0,
            findings=(),
            fix=None,
            needs_pooling=False,
            reviews=(),
            question="",
        )
        question = questions.submit(person, "fix", parent, permit.value, self.pep.now(), reason=False)
        return self.pep.create(
            person.who(),
            question,
            lambda _: Effect(child, OutputFixed(child.id, parent.id)),
            child.id,
            relies=(permit,),
        )

    def review(self, person: Person, id_: str, answer: Answer, seen: str, note: str) -> Done:
        """Give a checker's answer on the bytes whose SHA-256 is `seen`; policy says what it leads to."""
        now, permit = (
            self.pep.now(),
            self._permit(person, self.pep.load(person.who(), Output, id_).value.permit),
        )

        def effect(output: Output, verdict: Verdict) -> Effect[Output]:
            outcome = str(verdict.profile.get("outcome"))
            settling = output.status is OutputStatus.RECONCILING
            review = OutputReview(person.id, person.organisation, answer, note, seen, now, settling)
            status = step(TRANSITIONS, output.status, OUTCOMES[outcome])
            asked = note if answer is Answer.ASK else output.question
            reviews = output.reviews if answer is Answer.ASK else (*output.reviews, review)
            after = replace(output, status=status, reviews=reviews, question=asked)
            return Effect(after, OutputReviewGiven(id_, seen, outcome))

        return self.pep.alter(
            person.who(),
            Output,
            id_,
            ask=lambda output: questions.review(
                person, answer, output, permit.value, seen, now, justified=says_something(note)
            ),
            effect=effect,
            relies=(permit,),
        )

    def _act(
        self, person: Person, id_: str, command: str, text: str, effect: Callable[[Output], Effect[Output]]
    ) -> Done:
        permit = self._permit(person, self.pep.load(person.who(), Output, id_).value.permit)
        now, reason = self.pep.now(), says_something(text)
        return self.pep.alter(
            person.who(),
            Output,
            id_,
            ask=lambda output: questions.submit(person, command, output, permit.value, now, reason=reason),
            effect=lambda output, _verdict: effect(output),
            relies=(permit,),
        )

    def _output(self, person: Person, id_: str) -> Stored[Output]:
        stored = self.pep.load(person.who(), Output, id_)
        self._permit(person, stored.value.permit)
        return stored

    def _permit(self, person: Person, id_: str) -> Stored[DataPermit]:
        stored = self.pep.load(person.who(), DataPermit, id_)
        self.pep.reveal(person.who(), see(person, stored.value, self.pep.now(), "output"), id_)
        return stored

    def _viewer(self, person: Person, permit: DataPermit) -> str:
        """Return the id of whoever may read all of the permit's outputs, "" for everybody else.

        Its users and people of its organisations aren't checkers of it, whatever else they are.
        """
        return self._viewers(person, {str(permit.id): permit})[permit.id]

    def _viewers(self, person: Person, permits: Mapping[str, DataPermit]) -> Mapping[str, str]:
        now = self.pep.now()
        exact = [see(person, permit, now, "output", "exact") for permit in permits.values()]
        verdicts = self.pep.point.ask_each(exact)
        return {
            id_: str(person.id) if verdict.allow else ""
            for id_, verdict in zip(permits, verdicts, strict=True)
        }
