"""The proof, without store or server: links of the chain, Merkle paths, signatures, bundles."""
