"""Item vectors as every peer reads them: one memory-mapped array of unit f32 vectors, and the id of each row.

Made once from vectors.parquet, whatever type its values have, so that no peer's time contains decoding them and the
peers that run at the same time share one copy in memory.
"""

from functools import cache
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

VECTORS = "vectors.npy"
ITEM_IDS = "item_ids.parquet"


def prepare(vectors_parquet, folder):
    """Writes the folder's files, in the order of the rows of `vectors_parquet`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    source = pyarrow.parquet.ParquetFile(vectors_parquet)
    rows = source.metadata.num_rows
    target, filled, item_ids = None, 0, []
    for batch in source.iter_batches(65_536, columns=["item_id", "vector"]):
        values = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
        vectors = values.reshape(batch.num_rows, -1).astype(numpy.float32)
        vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
        if target is None:
            shape = (rows, vectors.shape[1])
            target = numpy.lib.format.open_memmap(folder / VECTORS, "w+", numpy.float32, shape)
        target[filled : filled + batch.num_rows] = vectors
        filled += batch.num_rows
        item_ids.append(batch.column("item_id"))
    if target is None:
        raise SystemExit(f"{vectors_parquet} holds no vectors")
    target.flush()
    table = pyarrow.table({"item_id": pyarrow.chunked_array(item_ids)})
    pyarrow.parquet.write_table(table, folder / ITEM_IDS)


def open_vectors(folder):
    return numpy.load(Path(folder) / VECTORS, mmap_mode="r")


def open_item_ids(folder):
    """One Arrow array of text."""
    return pyarrow.parquet.read_table(Path(folder) / ITEM_IDS)["item_id"].combine_chunks()


@cache
def open_in_worker(folder):
    """Vectors and the row of each item id, once for each process of a peer that has several."""
    item_ids = open_item_ids(folder).to_pylist()
    return open_vectors(folder), {item_id: row for row, item_id in enumerate(item_ids)}
