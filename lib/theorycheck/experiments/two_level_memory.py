"""A fast memory of bounded size in front of a slow one, and an LRU cache: both count the words that are moved."""

from collections import OrderedDict


class TwoLevelMemory:
    """Fast memory under the control of the program.

    Attributes
    ----------
    capacity, held, moved : int
        Words that fit, words held now, words moved so far in either direction.
    """

    def __init__(self, capacity):
        self.capacity, self.held, self.moved = capacity, 0, 0

    def hold(self, words):
        """Reserve `words` words of fast memory, or raise MemoryError if they do not fit."""
        if self.held + words > self.capacity:
            raise MemoryError(f"fast memory of {self.capacity} words cannot hold {self.held} + {words}")
        self.held += words

    def release(self, words):
        """Give back `words` words."""
        if words > self.held:
            raise ValueError(f"cannot release {words} words of {self.held}")
        self.held -= words

    def transfer(self, words):
        """Count `words` words loaded or stored."""
        self.moved += words


class LRUCache:
    """Cache of single words that evicts the least recently used one, and writes it back if it was written to.

    Attributes
    ----------
    moved : int
        Words loaded and words written back so far.
    """

    def __init__(self, capacity):
        self.capacity, self.moved = capacity, 0
        self._words = OrderedDict()  # address -> written since it was loaded, oldest first

    def read(self, address):
        """Use the word at `address`, loading it if it is not there."""
        if address in self._words:
            self._words.move_to_end(address)
        else:
            self.moved += 1
            self._insert(address, False)

    def write(self, address):
        """Overwrite the word at `address`; its old value is not loaded."""
        if address in self._words:
            self._words[address] = True
            self._words.move_to_end(address)
        else:
            self._insert(address, True)

    def discard(self, address):
        """Forget the word at `address`, whose value is not needed any more."""
        self._words.pop(address, None)

    def flush(self):
        """Write back what was written to, and empty the cache."""
        self.moved += sum(self._words.values())
        self._words.clear()

    def _insert(self, address, written):
        if len(self._words) >= self.capacity:
            _, dirty = self._words.popitem(last=False)
            self.moved += dirty
        self._words[address] = written
