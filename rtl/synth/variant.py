"""What a text such as `slots=4 caches=1x16x4,2x16x4 radix=9,9,9,9/12@8` says of rtl/walker.sv: the notation of the CMake
setting TABLEWALK_RTL_WALKERS (cmake/rtl_walkers.cmake)."""

import re

EXPECTED = "slots=N [caches=LxExW,...] radix=B1,B2,.../OFFSET@BYTES"
VARIANT = re.compile(r"slots=(\d+)(?: caches=([0-9x,]+))? radix=([0-9,]+)/(\d+)@([48])")
CACHE = re.compile(r"([1-7])x(\d+)x(\d+)")
MOST_SLOTS = 64
MOST_ENTRIES = 255  # eight bits of a parameter
MOST_LEVELS = 8


class BadVariant(Exception):
    """One line: what, where, and what was expected."""


def is_power_of_two(number):
    return number > 0 and number & (number - 1) == 0


class Variant:
    """`parameters`: of the module, as Verilog writes them."""

    def __init__(self, text):
        self.text = text
        match = VARIANT.fullmatch(text)
        if not match:
            raise BadVariant(f"'{text}': expected '{EXPECTED}'")
        slots, caches, radix, offset, entry_bytes = match.groups()
        self.slots = int(slots)
        if not 1 <= self.slots <= MOST_SLOTS:
            raise BadVariant(f"'{text}': {slots} slots; expected 1 to {MOST_SLOTS}")
        self.has_caches = caches is not None
        self.parameters = {"Slots": slots, **self.caches(caches), **self.radix(radix, int(offset)),
                           "RadixEntryBytes": entry_bytes}

    def caches(self, caches):
        entries = ways = 0
        seen = set()
        for cache in caches.split(",") if caches else []:
            match = CACHE.fullmatch(cache)
            if not match:
                raise BadVariant(f"'{self.text}': walk cache '{cache}': expected level (1 to 7) x entries x ways")
            level, cache_entries, cache_ways = map(int, match.groups())
            sets = cache_entries / (cache_ways or cache_entries or 1)
            if not (1 <= cache_entries <= MOST_ENTRIES and sets == int(sets) and is_power_of_two(int(sets))):
                raise BadVariant(f"'{self.text}': walk cache '{cache}': expected 1 to {MOST_ENTRIES} entries, and sets "
                                 "(entries / ways; one set if ways are 0) that are a power of two")
            if level in seen:
                raise BadVariant(f"'{self.text}': two walk caches of level {level}; expected one of a level")
            seen.add(level)
            entries |= cache_entries << 8 * level
            ways |= cache_ways << 8 * level
        return {"WalkCacheEntries": f"64'h{entries:x}", "WalkCacheWays": f"64'h{ways:x}"}

    def radix(self, radix, offset):
        levels = radix.split(",")
        if "" in levels or len(levels) > MOST_LEVELS or any(not 1 <= int(bits) <= 63 for bits in levels):
            raise BadVariant(f"'{self.text}': radix {radix}: expected the index bits of 1 to {MOST_LEVELS} levels, from "
                             "the root down, each 1 to 63")
        if sum(map(int, levels)) + offset > 64:
            raise BadVariant(f"'{self.text}': radix {radix}/{offset}: expected at most 64 bits of an address")
        index_bits = 0
        for bits in levels:
            index_bits = index_bits << 6 | int(bits)
        return {"RadixLevels": str(len(levels)), "RadixIndexBits": f"48'h{index_bits:x}",
                "RadixOffsetBits": str(offset)}


def variants_of(words):
    """The variants that command-line words say; each begins at `slots=`."""
    texts = []
    for word in " ".join(words).split():
        if word.startswith("slots=") or not texts:
            texts.append(word)
        else:
            texts[-1] += " " + word
    return [Variant(text) for text in texts]
