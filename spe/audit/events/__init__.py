"""The closed catalogue of events: one frozen dataclass a type, whose docstring is its page in the reference.

`StaffRef` fields are sealed and `SubjectRef` fields turned into keyed digests before anything is written, so a
log line never carries a person in clear.
"""

from spe.audit.events.model import Event, StaffRef, SubjectRef, catalogue, digest_of

__all__ = ["Event", "StaffRef", "SubjectRef", "catalogue", "digest_of"]
