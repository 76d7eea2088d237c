"""A compiled index from item id to row, and the bounds of users, read straight from Arrow's text columns.

So that the compiled peer does not spend its time making Python strings. Open addressing over FNV-1a hashes.
"""

import numpy
from numba import njit, prange

EMPTY = -1
FNV_OFFSET = numpy.uint64(0xCBF29CE484222325)
FNV_PRIME = numpy.uint64(0x100000001B3)


def text_buffers(column):
    """The offsets and bytes of an Arrow array of text without nulls."""
    _, offsets, data = column.buffers()
    first, count = column.offset, len(column)
    return numpy.frombuffer(offsets, numpy.int32)[first : first + count + 1], numpy.frombuffer(data, numpy.uint8)


def build(item_ids):
    """The index of an Arrow array of distinct texts."""
    offsets, data = text_buffers(item_ids)
    slots = 1 << max(4, (2 * len(item_ids)).bit_length())
    table = numpy.full(slots, EMPTY, numpy.int32)
    fill(table, offsets, data)
    return table, offsets, data


def rows_of(index, column):
    """The row of each text of `column`; EMPTY where the index has none."""
    rows = numpy.empty(len(column), numpy.int32)
    if rows.size:
        look_up(*index, *text_buffers(column), rows)
    return rows


def starts(column):
    """Which rows of `column` differ from the row before; the first always does."""
    differs = numpy.ones(len(column), numpy.bool_)
    if differs.size:
        compare(*text_buffers(column), differs)
    return differs


@njit
def hashed(data, begin, end):
    value = FNV_OFFSET
    for position in range(begin, end):
        value = (value ^ numpy.uint64(data[position])) * FNV_PRIME
    return value ^ (value >> numpy.uint64(32))


@njit
def same(left, left_begin, left_end, right, right_begin, right_end):
    if left_end - left_begin != right_end - right_begin:
        return False
    for step in range(left_end - left_begin):
        if left[left_begin + step] != right[right_begin + step]:
            return False
    return True


@njit
def fill(table, offsets, data):
    mask = numpy.uint64(table.size - 1)
    for row in range(offsets.size - 1):
        slot = hashed(data, offsets[row], offsets[row + 1]) & mask
        while table[slot] != EMPTY:
            slot = (slot + numpy.uint64(1)) & mask
        table[slot] = row


@njit(parallel=True)
def look_up(table, item_offsets, item_data, offsets, data, rows):
    mask = numpy.uint64(table.size - 1)
    for position in prange(rows.size):
        begin, end = offsets[position], offsets[position + 1]
        slot = hashed(data, begin, end) & mask
        row = table[slot]
        while row != EMPTY and not same(
            item_data, item_offsets[row], item_offsets[row + 1], data, begin, end
        ):
            slot = (slot + numpy.uint64(1)) & mask
            row = table[slot]
        rows[position] = row


@njit(parallel=True)
def compare(offsets, data, differs):
    for position in prange(1, differs.size):
        before, begin, end = offsets[position - 1], offsets[position], offsets[position + 1]
        differs[position] = not same(data, before, begin, data, begin, end)
