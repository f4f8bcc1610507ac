"""Training of networks on the processor: kernels compiled by Numba, one member per thread."""
