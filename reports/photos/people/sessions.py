"""How models run: on the CPU, on two threads, quietly."""

from __future__ import annotations

from typing import Any

from reports.photos.people import THREADS, PackageMissing


def session(model: str | bytes) -> Any:
    """An onnxruntime session of a model, given as a path or as bytes. Raises PackageMissing."""
    try:
        import onnxruntime
    except ImportError as error:
        raise PackageMissing("onnxruntime") from error
    onnxruntime.set_default_logger_severity(3)  # it warns about unused weights of the face model each time
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    options.enable_cpu_mem_arena = False  # gives memory back after each picture
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
