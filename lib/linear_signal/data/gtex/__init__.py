"""GTEx, version 8: from its public addresses, from files, or a synthetic miniature of them."""
