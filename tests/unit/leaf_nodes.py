"""A tree over leaves in memory, by the recursion alone: what tiles and store are held against."""

from ostiary.controller.record.tree import Tree, subtree


class LeafNodes:
    """Answers for every complete subtree from the list of all leaves."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []

    def node(self, level: int, index: int) -> bytes:
        return subtree(b"".join(self.leaves[index << level : (index + 1) << level]))


def tree_of(leaves: list[bytes]) -> Tree:
    nodes = LeafNodes()
    nodes.leaves = list(leaves)
    tree = Tree(nodes)
    tree.adopt(tree.grown(leaves))
    return tree
