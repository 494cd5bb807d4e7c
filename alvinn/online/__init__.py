"""Learning on the fly: the network learns while somebody drives, as ALVINN did in 1991."""
