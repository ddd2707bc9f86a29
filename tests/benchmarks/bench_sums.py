"""Encrypted sums against the operations of TenSEAL that they contain, against NVFLARE's parameters, and in memory.

    python -m tests.benchmarks.bench_sums [ROUNDS] [PATH_TO_A_PYTHON_WITH_PHE]

A vector of 1,000,000 whole numbers (24 bits), 8 sites, by processor time. Before anything is timed all arms give the sum that numpy
gives. Arms of encrypting: ours (bounds, tags, slots, TenSEAL, wire form), TenSEAL alone with our parameters (encrypt and
serialize), TenSEAL with the set that NVFLARE publishes: CKKS 8192 [60, 40, 40]. Arms of adding: ours (digest, every
coefficient judged, sum), and TenSEAL's own (deserialize, add). Run it where regopy isn't loaded: it imports TenSEAL.
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import tenseal

from spe.crypto.sums.adding import Total
from spe.crypto.sums.bfv import Encryptor, SecretKey, generate
from spe.crypto.sums.engine import Engine
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import Numbers, packed, unpacked, whole_numbers, within
from spe.crypto.sums.words import BYTES, from_bytes, to_bytes
from tests.benchmarks.rounds import ROUNDS, calibrated, seconds

VALUES, SITES, LARGEST = 1_000_000, 8, (1 << 24) - 1
PART = 50 * PARAMETERS.data_slots
SEED = bytes(32)


class Arms:
    """Everything that is timed; made once."""

    def __init__(self) -> None:
        dice = np.random.default_rng(1)
        self.values = dice.integers(0, LARGEST, VALUES, dtype=np.int64)
        self.part = self.values[:PART]
        self.low, self.high = np.zeros(PART, np.int64), np.full(PART, LARGEST, np.int64)
        self.public, secret = generate()
        self.secret, self.encryptor = SecretKey(secret), Encryptor(self.public)
        self.engine = Engine()
        self.bfv = tenseal.context_from(self.public.context)
        self.ckks = tenseal.context(tenseal.SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 40])
        self.ckks.global_scale = 2**40

    def ours(self, values: Numbers | None = None) -> bytes:
        """Encrypt as a site does, in this process."""
        numbers = self._judged(values)
        return b"".join([to_bytes(self.encryptor.encrypt(slots)) for slots in packed(numbers, 0, SEED)])

    def by_engine(self) -> bytes:
        """Encrypt as a site does, in the engine's process."""
        return self.engine.encrypt(self.public, packed(self._judged(None), 0, SEED))

    def _judged(self, values: Numbers | None) -> Numbers:
        if values is not None:
            return whole_numbers(values)
        return within(whole_numbers(self.part), self.low, self.high)

    def raw(self) -> list[bytes]:
        """Encrypt the same numbers with the library alone, under our parameters."""
        step = PARAMETERS.degree
        parts = (self.part[at : at + step] for at in range(0, PART, step))
        return [tenseal.bfv_vector(self.bfv, one).serialize() for one in parts]

    def nvflare(self) -> list[bytes]:
        """Encrypt the same numbers with the library alone, under NVFLARE's parameters."""
        parts = (self.part[at : at + 4096].astype(float) for at in range(0, PART, 4096))
        return [tenseal.ckks_vector(self.ckks, one).serialize() for one in parts]


def check(arms: Arms) -> list[bytes]:
    """Return 8 sites' contributions of a million values, after all arms gave the sum that numpy gives."""
    numbers = [np.roll(arms.values, site) for site in range(SITES)]
    sent = []
    for site, values in enumerate(numbers):
        slots = packed(whole_numbers(values), site, SEED)
        sent.append(b"".join([to_bytes(arms.encryptor.encrypt(one)) for one in slots]))
    total = whole(sent)
    opened = [arms.secret.decrypt(from_bytes(piece)) for piece in pieces(total)]
    found = unpacked(opened, VALUES, dict.fromkeys(range(SITES), SEED))
    if (found != sum(numbers)).any():
        raise SystemExit("the encrypted sum is not the sum")
    if len(arms.by_engine()) != len(arms.ours()):
        raise SystemExit("the engine encrypts something else")
    return sent


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield the ciphertexts of a contribution."""
    return (data[at : at + BYTES] for at in range(0, len(data), BYTES))


def whole(sent: list[bytes]) -> bytes:
    """Add up as the aggregator does: the digest of each contribution, every coefficient judged."""
    total = Total(len(sent[0]) // BYTES)
    for one in sent:
        hashlib.sha256(one).hexdigest()
        total.add(one)
    return total.to_bytes()


def library(context: tenseal.Context, sent: list[list[bytes]]) -> list[tenseal.BFVVector]:
    """Add up with the library's own operations."""
    total = [tenseal.bfv_vector_from(context, one) for one in sent[0]]
    for contribution in sent[1:]:
        for at, one in enumerate(contribution):
            total[at].add_(tenseal.bfv_vector_from(context, one))
    return total


def memory() -> str:
    """Return the peak of an adding process for 8 and for 64 sites, in MiB."""
    peaks = []
    for sites in (8, 64):
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bench_sums", "--add", str(sites)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        peaks.append(int(done.stdout) / 1024)
    return f"{peaks[0]:.0f} MiB for 8 sites, {peaks[1]:.0f} MiB for 64"


def add_many(sites: int) -> None:
    """Add up one million values of so many sites, each contribution made as it is needed; print the peak in KiB."""
    words = np.random.default_rng(1).integers(0, PARAMETERS.modulus, 2 * PARAMETERS.degree, np.uint64)
    count = PARAMETERS.ciphertexts(VALUES)
    total = Total(count)
    for _ in range(sites):
        total.add(to_bytes(words) * count)
    for piece in total.pieces():
        hashlib.sha256(piece)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def busy(work: Callable[[], object]) -> float:
    """Return the processor time that `work` takes in this process: other work on the machine counts less than by the clock."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


PAILLIER = """
import time
from phe import paillier
public, _ = paillier.generate_paillier_keypair(n_length=2048)
begun = time.process_time()
for value in range(200):
    public.encrypt(value)
print(200 / (time.process_time() - begun))
"""


def main(rounds: int, phe: str) -> None:
    """Measure, and print a line for each figure."""
    arms = Arms()
    sent = check(arms)
    count = PARAMETERS.ciphertexts(VALUES)
    print(f"{VALUES:,} values, {SITES} sites; wire {len(sent[0]) / (4 * VALUES):.2f} x float32 (aim 4)")
    work = [partial(busy, arm) for arm in (arms.ours, arms.raw, arms.nvflare)]
    encrypting = calibrated(work, rounds, disk=False)
    rates = ", ".join(f"{PART / encrypting.arm(at) / 1e6:.2f}" for at in range(3))
    print(
        f"encrypting, million values a second of processor time (ours, TenSEAL alone, NVFLARE's set): {rates}"
    )
    print(
        f"  NVFLARE's set / ours {encrypting.ratio(2, 0)} (aim 2.5); ours / TenSEAL alone {encrypting.ratio(0, 1)}"
    )
    walls = calibrated([partial(seconds, arms.ours), partial(seconds, arms.by_engine)], rounds, disk=False)
    print(f"  in the engine's process / in this one, by the clock {walls.ratio(1, 0)}")
    theirs = [[tenseal.bfv_vector(arms.bfv, arms.part[:4096]).serialize()] * count for _ in range(SITES)]
    sums = [partial(busy, lambda: whole(sent)), partial(busy, lambda: library(arms.bfv, theirs))]
    adding = calibrated(sums, rounds, disk=False)
    print(f"whole aggregate / TenSEAL's deserialize and add {adding.ratio(0, 1)} (aim 1.15)")
    print(f"  a ciphertext {adding.arm(0) / count / SITES * 1e3:.3f} ms; memory {memory()}")
    kept = ", ".join(f"{one.steady.count(True)} of {rounds}" for one in (encrypting, walls, adding))
    print(f"rounds in which the machine was steady (the others are left out): {kept}")
    if phe:
        done = subprocess.run([phe, "-c", PAILLIER], capture_output=True, text=True, check=True)
        rate = float(done.stdout)
        print(
            f"python-paillier 2048: {rate:.0f} values a second; ours {PART / encrypting.arm(0) / rate:,.0f} x (aim 10,000)"
        )
    arms.engine.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--add"]:
        add_many(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, sys.argv[2] if len(sys.argv) > 2 else "")
