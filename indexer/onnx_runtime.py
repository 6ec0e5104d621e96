"""Sessions that run ONNX models, held to a set number of threads.

This is the only file that imports ``onnxruntime``, and only when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

ERRORS_ALONE = 3
"""From which severity on the library may write to standard error by itself."""

Float32 = npt.NDArray[np.float32]


class Session:
    """A loaded model that gives named outputs for named inputs.

    ``weights`` are those that the model's file leaves out, by their names in it. What of them is
    ``looked_up`` row by row is read from where it lies, which may be a mapped file; the others are
    copied into the form in which they are multiplied.

    Raises:
        Exception: what ``onnxruntime`` raises for a model that is none, which is of no one kind.
    """

    def __init__(
        self,
        model: bytes,
        *,
        threads: int,
        weights: Mapping[str, Float32] | None = None,
        looked_up: Collection[str] = (),
    ) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ALONE
        # Threads that spin while they wait cost several times the work on a busy machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        values = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(array)
            for name, array in (weights or {}).items()
        }
        if values:
            options.add_external_initializers(list(values), list(values.values()))
        for name in looked_up:
            options.add_initializer(name, values[name])
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._kept = [values[name] for name in looked_up]  # the session holds only their addresses

    def run(self, outputs: list[str], feed: dict[str, npt.NDArray[Any]]) -> list[Any]:
        """Return the arrays of the named outputs."""
        found: list[Any] = self._session.run(outputs, feed)
        return found
