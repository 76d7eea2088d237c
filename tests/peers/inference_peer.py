"""What every peer of inference does around its model: the dialogue with run_inference.py.

A peer loads, says `{"start_seconds": S}`, then answers each line on standard input with a line of JSON: `round` with
`{"seconds": S, "items": N}` and whatever else it counts, a path with `{"written": PATH}` once its last results are there.
It ends with its input. Standard output carries nothing else, so that a library that prints cannot be taken for an answer.
"""

import json
import os
import resource
import sys
import time


def serve(start):
    """`start()` gives two functions: `round() -> facts`, which is timed, and `write(path)`."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**facts):
        print(json.dumps(facts), file=answers, flush=True)

    began = time.perf_counter()
    round_, write = start()
    answer(start_seconds=time.perf_counter() - began)
    for line in sys.stdin:
        asked = line.strip()
        if asked == "round":
            began = time.perf_counter()
            facts = round_()
            seconds = time.perf_counter() - began
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            answer(seconds=seconds, peak_bytes=peak, **facts)
        else:
            write(asked)
            answer(written=asked)
