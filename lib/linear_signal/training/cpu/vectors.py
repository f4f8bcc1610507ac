"""Neighbouring values of a row as one value of a kernel: what the vector unit of a processor works on.

Numba leaves it to LLVM to turn loops into vectors. For the short rows of a small network that costs more than the sums
do: it tests whether rows overlap, and takes the end of a row value by value. Kernels that say what lies in a vector pay
neither, keep their sums in registers, and add in an order that is the same on every processor.

Vectors are added, subtracted, multiplied and divided like numbers. Nothing is checked: rows are as wide as whole vectors
(:func:`padded`), and columns lie within them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

LANES = 8  # values of a vector; a wide one has twice as many


def padded(width: int) -> int:
    """Round a width up to whole vectors.

    >>> padded(50)
    56
    """
    return -(-width // LANES) * LANES


class Vector(types.Type):
    """Numba's type of so many floats side by side."""

    def __init__(self, dtype: types.Float, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype}, {lanes})")

    @property
    def llvm(self) -> ir.VectorType:
        """Its type in LLVM."""
        return ir.VectorType(ir.FloatType() if self.dtype == types.float32 else ir.DoubleType(), self.lanes)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, kind.llvm)


def _arithmetic(operation: Callable, instruction: str) -> None:
    @infer_global(operation)
    class _Typed(AbstractTemplate):
        def generic(self, given: tuple, named: dict) -> Any:
            if len(given) == 2 and isinstance(given[0], Vector) and given[0] == given[1]:
                return signature(given[0], *given)
            return None

    @lower_builtin(operation, Vector, Vector)
    def _lowered(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        return getattr(builder, instruction)(*given)


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


def _address(context: Any, builder: ir.IRBuilder, kind: types.Array, matrix: Any, row: Any, column: Any) -> Any:
    """Pointer to a value of a matrix."""
    array = context.make_array(kind)(context, builder, matrix)
    along, across = cgutils.unpack_tuple(builder, array.strides)
    if kind.layout == "C":
        across = context.get_constant(types.intp, kind.dtype.bitwidth // 8)
    place = builder.add(builder.mul(row, along), builder.mul(column, across))
    return cgutils.pointer_add(builder, array.data, place, array.data.type)


def _zeros(lanes: int) -> Callable:
    def typed(typing: Any, matrix: types.Array) -> tuple:
        kind = Vector(matrix.dtype, lanes)
        return kind(matrix), lambda context, builder, types_of, given: ir.Constant(kind.llvm, None)

    return typed


# Vectors of zeros, of the kind that lies in a matrix.
zeros, wide_zeros = intrinsic(_zeros(LANES)), intrinsic(_zeros(2 * LANES))


@intrinsic
def value(typing: Any, matrix: types.Array, row: types.Integer, column: types.Integer) -> tuple:
    """Read one value of a matrix, without asking whether a row or column counts from the end."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        return builder.load(_address(context, builder, types_of.args[0], *given))

    return matrix.dtype(matrix, types.intp, types.intp), build


@intrinsic
def load(typing: Any, like: Vector, matrix: types.Array, row: types.Integer, column: types.Integer) -> tuple:
    """Read the values of a row from a column on, as many as ``like`` has."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        address = _address(context, builder, types_of.args[1], *given[1:])
        return builder.load(builder.bitcast(address, like.llvm.as_pointer()), align=like.dtype.bitwidth // 8)

    return like(like, matrix, types.intp, types.intp), build


@intrinsic
def store(typing: Any, values: Vector, matrix: types.Array, row: types.Integer, column: types.Integer) -> tuple:
    """Write values into a row from a column on."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        address = _address(context, builder, types_of.args[1], *given[1:])
        builder.store(given[0], builder.bitcast(address, values.llvm.as_pointer()), align=values.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(values, matrix, types.intp, types.intp), build


@intrinsic
def spread(typing: Any, like: Vector, number: types.Float) -> tuple:
    """Put one number into every place of a vector."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        return _spread(builder, like, given[1])

    return like(like, like.dtype), build


@intrinsic
def root(typing: Any, values: Vector) -> tuple:
    """Square root of every value."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        kind = values.llvm
        name = f"llvm.sqrt.v{values.lanes}f{values.dtype.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), name), given)

    return values(values), build


@intrinsic
def where_positive(typing: Any, values: Vector, others: Vector) -> tuple:
    """Keep values where ``others`` are positive or no numbers; zero elsewhere.

    To be stored elsewhere than ``values`` came from: LLVM would store what is zero alone, which takes some processors six to
    ten times as long.
    """

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        nought = ir.Constant(values.llvm, None)
        return builder.select(builder.fcmp_unordered(">", given[1], nought), given[0], nought)

    return values(values, values), build


@intrinsic
def add_halves(typing: Any, values: Vector, matrix: types.Array, row: types.Integer, column: types.Integer) -> tuple:
    """Add the first half of a vector to a row of a matrix from a column on, the second half to the row below."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        half, size = values.lanes // 2, values.dtype.bitwidth // 8
        for i, below in enumerate((given[2], builder.add(given[2], context.get_constant(types.intp, 1)))):
            part = _picked(builder, given[0], given[0], range(i * half, (i + 1) * half))
            address = _address(context, builder, types_of.args[1], given[1], below, given[3])
            address = builder.bitcast(address, part.type.as_pointer())
            builder.store(builder.fadd(builder.load(address, align=size), part), address, align=size)
        return context.get_dummy_value()

    return types.void(values, matrix, types.intp, types.intp), build


@intrinsic
def sum_of(typing: Any, values: Vector) -> tuple:
    """Add up a vector: halves, then quarters, until one value is left."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        total, n = given[0], values.lanes
        while n > 1:
            n //= 2
            total = builder.fadd(*(_picked(builder, total, total, range(start, start + n)) for start in (0, n)))
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return values.dtype(values), build


@intrinsic
def sums_of_eight(
    typing: Any, a: Vector, b: Vector, c: Vector, d: Vector, e: Vector, f: Vector, g: Vector, h: Vector
) -> tuple:
    """Add up each of eight vectors of eight values: a vector of the sums, in the order of the vectors."""

    def build(context: Any, builder: ir.IRBuilder, types_of: Any, given: tuple) -> Any:
        left = list(given)
        for distance in (2, 1, 4):
            pairs = zip(left[::2], left[1::2], strict=True)
            left = [builder.fadd(*(_picked(builder, *pair, places) for places in _HALVES[distance])) for pair in pairs]
        return left[0]

    return a(*[a] * 8), build


# How two vectors of eight become one with half as many values of each to be added up: the places of those that stay and of
# those that are added to them. Neighbours stay in their half of a register for as long as they can, which is what is fast.
_HALVES = {
    2: ([0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]),
    1: ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
    4: ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]),
}


def _spread(builder: ir.IRBuilder, kind: Vector, number: Any) -> Any:
    first = builder.insert_element(ir.Constant(kind.llvm, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return _picked(builder, first, first, [0] * kind.lanes)


def _picked(builder: ir.IRBuilder, one: Any, other: Any, places: Any) -> Any:
    """Choose values of two vectors laid end to end."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
    return builder.shuffle_vector(one, other, mask)
