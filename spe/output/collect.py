"""The worker's part: every declared output of a finished real run becomes an `Output` that waits for its checks."""

from __future__ import annotations

from dataclasses import dataclass

from spe.audit.change import Change, Entry, Put
from spe.audit.events.output import OutputCollected
from spe.code.layout import to_json
from spe.code.layout_parse import parse_layouts
from spe.code.model import Code
from spe.identity.model import WORKER
from spe.output.model import Output
from spe.policy.enforce import Enforcer
from spe.run.model import Run, RunKind, State


@dataclass(frozen=True, slots=True)
class CollectOffice:
    """Makes outputs of what runs left, not before the run's end may be known."""

    pep: Enforcer

    def pending(self) -> tuple[str, ...]:
        """Return the finished real runs whose outputs were not collected yet."""
        now = self.pep.now()
        finished = (
            stored.value for stored in self.pep.records.each(Run, state=State.FINISHED, kind=RunKind.REAL)
        )
        known = [run.id for run in finished if now >= run.ended]
        return tuple(id_ for id_ in known if not self.pep.records.find(Output, run=id_, limit=1))

    def reconcile(self, id_: str) -> None:
        """Collect one run's outputs, all in one Change."""
        run = self.pep.load(WORKER.who(), Run, id_).value
        code = self.pep.load(WORKER.who(), Code, run.code).value
        left = {output.name: output.sha256 for output in run.outputs}
        now = self.pep.clock.now()
        outputs = tuple(
            Output(
                id=f"out-{id_.removeprefix('run-')}-{at:02d}",
                run=run.id,
                permit=run.permit,
                site=run.site,
                name=layout.name,
                layout=to_json(layout),
                cohort=run.cohort,
                rows=run.rows,
                collected=self.pep.now(),
                raw_sha256=left.get(layout.name, ""),
            )
            for at, layout in enumerate(parse_layouts(code.manifest.layouts))
        )
        entries = tuple(
            Entry(WORKER.who(), OutputCollected(output.id, run.id, output.raw_sha256), now)
            for output in outputs
        )
        self.pep.committer.commit(Change(entries=entries, puts=tuple(Put(output, 0) for output in outputs)))
