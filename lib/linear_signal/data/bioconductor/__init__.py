"""Genuine expression data that packages of R bring along: installed by ``make r``, read through rpy2."""
