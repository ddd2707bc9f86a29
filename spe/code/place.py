"""Where project source is kept, and the codebook that a permit's sites share."""

from __future__ import annotations

from spe.audit.records import Records
from spe.catalogue.model import Dataset
from spe.catalogue.variables import Variable
from spe.code.model import Code
from spe.crypto.vault import Vault, whole
from spe.permit.model import DataPermit

SCOPE = "code"


def object_name(code: str, path: str) -> str:
    """Return the name of a source file's sealed object."""
    return f"code/{code}/{path}"


def read_source(vault: Vault, code: Code) -> dict[str, bytes]:
    """Return the project's files as they are sealed now, by path."""
    return {file.path: whole(vault, object_name(code.id, file.path), SCOPE) for file in code.manifest.files}


def shared_variables(records: Records, permit: DataPermit) -> tuple[Variable, ...]:
    """Return the granted variables whose codebook is the same at every site of the permit."""
    books = []
    for grant in permit.grants:
        stored = records.get(Dataset, grant.dataset)
        granted = set(grant.fields) | {stored.value.subject_field if stored else ""}
        books.append(
            {one.name: one for one in stored.value.variables if one.name in granted} if stored else {}
        )
    first, *rest = books or [{}]
    return tuple(one for one in first.values() if all(book.get(one.name) == one for book in rest))
