"""Nodes and their broker: certificates, identities, the list of nodes, and the line to them."""
