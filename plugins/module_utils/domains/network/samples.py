from __future__ import annotations


def samples(place):
    return ()
