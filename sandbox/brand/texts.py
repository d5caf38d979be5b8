"""Text for many rows at once: Arrow string arrays made from numbers, without a Python loop over rows.

Identifiers and tokens are a hash of (salt, number), so the same number gives the same token wherever it is written,
and none of them betrays the number. ``take`` reads from small pools of words; a code below zero is null.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.basis import NEVER, START_SECONDS, Bools

Numbers = npt.NDArray[np.integer]
Bytes = npt.NDArray[np.uint8]
HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
BASE32 = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype=np.uint8)
LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)


def mix(numbers: Numbers, salt: int) -> npt.NDArray[np.uint64]:
    """splitmix64: a well-spread 64-bit hash of each number under a salt."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt & 0xFFFFFFFFFFFFFFFF)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(numbers: Numbers, salt: int) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each number: chance that needs no state."""
    return (mix(numbers, salt) >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _characters(numbers: Numbers, salt: int, width: int, alphabet: Bytes, bits: int) -> Bytes:
    per_word = 60 // bits
    shifts = (np.arange(per_word, dtype=np.uint64) * np.uint64(bits))[None, :]
    mask = np.uint64((1 << bits) - 1)
    words = [
        ((mix(numbers, salt + 7_919 * (k + 1))[:, None] >> shifts) & mask).astype(np.uint8)
        for k in range(-(-width // per_word))
    ]
    return alphabet[np.concatenate(words, axis=1)[:, :width]] if words else np.empty((len(numbers), 0), np.uint8)


def fixed(characters: Bytes) -> pa.StringArray:
    """Rows of equal width, uint8 (n, width), as strings."""
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    data = np.ascontiguousarray(characters)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def hex_token(numbers: Numbers, salt: int, width: int = 32) -> pa.StringArray:
    """Lower-case hexadecimal digits."""
    return fixed(_characters(numbers, salt, width, HEX, 4))


def letter_token(numbers: Numbers, salt: int, width: int) -> pa.StringArray:
    """Characters of URL-safe base64, as click ids have."""
    return fixed(_characters(numbers, salt, width, LETTERS, 6))


def ulid(numbers: Numbers, salt: int) -> pa.StringArray:
    """26 characters that look like a Klaviyo profile id."""
    characters = _characters(numbers, salt, 26, BASE32, 5)
    characters[:, 0], characters[:, 1] = ord("0"), ord("1")
    return fixed(characters)


def uuid(numbers: Numbers, salt: int) -> pa.StringArray:
    """Tokens in the form of a random UUID."""
    source = _characters(numbers, salt, 32, HEX, 4)
    text = np.full((len(numbers), 36), ord("-"), dtype=np.uint8)
    for target, start, width in ((0, 0, 8), (9, 8, 4), (14, 12, 4), (19, 16, 4), (24, 20, 12)):
        text[:, target : target + width] = source[:, start : start + width]
    text[:, 14] = ord("4")
    return fixed(text)


def take(pool: Sequence[str | None] | pa.Array, codes: Numbers) -> pa.Array:
    """The pool's words by code; a code below zero is null."""
    words = pool if isinstance(pool, pa.Array) else pa.array(pool, pa.string())
    return words.take(pa.array(codes.astype(np.int64), mask=codes < 0))


def join(*parts: pa.Array | str) -> pa.Array:
    """The parts of each row, put together; null if any part is null."""
    return pc.binary_join_element_wise(*parts, "")


def either(condition: Bools, then: pa.Array | str | None, otherwise: pa.Array | str | None) -> pa.Array:
    """``then`` where the condition holds, else ``otherwise``; None is a null text."""
    values = [pa.scalar(None, pa.string()) if value is None else value for value in (then, otherwise)]
    return pc.if_else(pa.array(condition), *values)


def digits(numbers: Numbers, width: int = 0) -> pa.Array:
    """Whole numbers as text, with leading zeros up to a width."""
    text = pc.cast(pa.array(numbers.astype(np.int64)), pa.string())
    return pc.utf8_lpad(text, width, "0") if width else text


def masked(values: npt.NDArray[np.generic], valid: Bools) -> pa.Array:
    """An array that is null where not valid."""
    return pa.array(values, mask=~valid)


def stamps(seconds: npt.NDArray[np.int64], valid: Bools | None = None) -> pa.Array:
    """Seconds since the first day as UTC timestamps (us); NEVER and rows that are not valid are null."""
    return micro_stamps(np.where(seconds >= NEVER, 0, seconds) * 1_000_000, _reached(seconds, valid))


def micro_stamps(micros: npt.NDArray[np.int64], valid: Bools | None = None) -> pa.Array:
    """Microseconds since the first day as UTC timestamps."""
    moment = micros + START_SECONDS * 1_000_000
    return pa.array(moment, mask=None if valid is None else ~valid).cast(pa.timestamp("us"))


def _reached(seconds: npt.NDArray[np.int64], valid: Bools | None) -> Bools:
    reached = seconds < NEVER
    return reached if valid is None else reached & valid


def matrix(text: pa.Array) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """ASCII strings as uint8 (n, widest) with zeros behind, and their lengths."""
    length = pc.binary_length(text).to_numpy(zero_copy_only=False).astype(np.int64)
    width = int(length.max(initial=1))
    padded = pc.utf8_rpad(text, width, " ")
    data = np.frombuffer(b"".join(chunk_bytes(padded)), dtype=np.uint8).reshape(len(text), width)
    return data.copy(), length


def chunk_bytes(text: pa.Array) -> list[bytes]:
    """The character buffer of a string array that has no nulls."""
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[text.offset : text.offset + len(text) + 1]
    return [text.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]]] if len(text) else [b""]


def unmatrix(characters: Bytes, length: npt.NDArray[np.int64]) -> pa.StringArray:
    """The reverse of ``matrix``."""
    rows, width = characters.shape
    kept = characters[np.arange(width)[None, :] < length[:, None]]
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(length, out=offsets[1:])
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(kept)))


def flat(text: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A text column in one piece."""
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
