"""Each kind of activity, from the record that it is about."""

from __future__ import annotations

from spe.catalogue.model import Dataset, published
from spe.permit.model import DataPermit, is_over
from spe.ropa.evidence import Done
from spe.ropa.model import Activity, Kind, Limit, Measure, Part, Party, Register
from spe.subject.instants import told

_LEGAL_DUTY = "6(1)(c)"
_PATIENTS = "patients"
_STAFF = "staff"


def of_permit(
    register: Register,
    permit: DataPermit,
    sites: tuple[str, ...],
    datasets: tuple[Dataset, ...],
    seen: Done,
    now: int,
) -> Activity:
    """Return the use under a permit, as far as it is at `sites`."""
    recipients = tuple(register.recipient(name) for name in permit.organisations())
    personal = any(grant.site in sites and grant.identifiability != "anonymised" for grant in permit.grants)
    granted = {name for grant in permit.grants if grant.site in sites for name in grant.fields}
    status = "expired" if is_over(permit, now) and permit.status != "revoked" else permit.status.value
    return Activity(
        id=permit.id,
        kind=Kind.PERMIT,
        status=status,
        parties=(
            register.party(permit.controllers.deciding, Part.DECIDING),
            *(register.party(site, Part.PROVIDING) for site in sites),
            register.party(permit.controllers.using, Part.USING),
            register.party(register.environment, Part.PROCESSING),
        ),
        purpose=permit.purpose,
        legal_basis=permit.legal_basis,
        article_9=permit.article_9,
        people=(_PATIENTS, _STAFF) if personal else (_STAFF,),
        how_many=published(sum(dataset.subjects for dataset in datasets)) if personal else "",
        data=_groups(datasets, granted),
        recipients=recipients,
        transfers=register.outside(recipients),
        begins=told(permit.issued),
        ends=told(permit.expires),
        limit=Limit.PERMIT_ENDS,
        kept_seconds=0,
        measures=tuple(Measure),
        evidence=seen.of(permit.id, sites),
    )


def of_dataset(register: Register, dataset: Dataset) -> Activity:
    """Return the keeping of a dataset for uses that permits may allow; on what basis is the holder's to say."""
    return Activity(
        id=dataset.id,
        kind=Kind.DATASET,
        status=dataset.status.value,
        parties=_kept_for(register, dataset.holder),
        purpose="",
        legal_basis="",
        article_9="",
        people=(_PATIENTS,),
        how_many=published(dataset.subjects),
        data=_groups((dataset,), {variable.name for variable in dataset.variables}),
        recipients=(),
        transfers=(),
        begins="",
        ends="",
        limit=Limit.HOLDER_WITHDRAWS,
        kept_seconds=0,
        measures=(Measure.PSEUDONYMS, Measure.SEALED, Measure.POLICY, Measure.LOGGED),
    )


def of_directives(register: Register, holder: str, speakers: int) -> Activity:
    """Return the keeping of what a holder's subjects said."""
    return Activity(
        id=f"directives/{holder}",
        kind=Kind.DIRECTIVES,
        status="kept",
        parties=_kept_for(register, holder),
        purpose="",
        legal_basis=_LEGAL_DUTY,
        article_9="",
        people=(_PATIENTS,),
        how_many=published(speakers),
        data=("directives",),
        recipients=(),
        transfers=(),
        begins="",
        ends="",
        limit=Limit.HOLDER_LEAVES,
        kept_seconds=0,
        measures=(Measure.PSEUDONYMS, Measure.POLICY, Measure.LOGGED),
    )


def of_log(register: Register) -> Activity:
    """Return the keeping of the log (EHDS Art. 73(1)(e))."""
    return Activity(
        id="log",
        kind=Kind.LOG,
        status="kept",
        parties=(register.party(register.environment, Part.PROCESSING),),
        purpose="",
        legal_basis=_LEGAL_DUTY,
        article_9="",
        people=(_STAFF, _PATIENTS),
        how_many="",
        data=("acts", "keyed_digests"),
        recipients=(),
        transfers=(),
        begins="",
        ends="",
        limit=Limit.RETENTION,
        kept_seconds=max(register.seconds_least, register.seconds_after_permit),
        measures=(Measure.PSEUDONYMS, Measure.SEALED, Measure.POLICY, Measure.LOGGED),
    )


def _kept_for(register: Register, holder: str) -> tuple[Party, ...]:
    return (register.party(holder, Part.PROVIDING), register.party(register.environment, Part.PROCESSING))


def _groups(datasets: tuple[Dataset, ...], names: set[str]) -> tuple[str, ...]:
    """Return the categories of the variables of these names; an imaging set is one."""
    groups = {
        variable.group.value
        for dataset in datasets
        for variable in dataset.variables
        if variable.name in names
    }
    return tuple(sorted(groups | {"imaging" for dataset in datasets if dataset.imaging is not None}))
