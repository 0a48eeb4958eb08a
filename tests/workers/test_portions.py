"""How jobs are shared out: whoever comes first, and whatever each has, all come to even shares and stay there."""

from random import Random

import pytest

from casewarden.sidecar.jobs import Portion, portion


@pytest.mark.parametrize(
    ("shares", "there", "portions"),
    [
        ({}, 16, {1: (0, 16)}),
        ({1: 16}, 16, {1: (0, 16)}),
        ({1: 16, 2: 0}, 16, {1: (8, 8), 2: (0, 8)}),
        ({1: 4, 2: 4, 3: 4, 4: 4, 5: 0}, 16, {1: (1, 3), 2: (1, 3), 3: (1, 3), 4: (0, 3), 5: (0, 4)}),
        ({1: 8, 2: 0}, 16, {1: (0, 8), 2: (0, 8)}),  # what is free is enough
        ({1: 6, 2: 5, 3: 5}, 16, {1: (0, 6), 2: (0, 6), 3: (0, 6)}),
        ({1: 1, 2: 0}, 1, {1: (0, 1), 2: (0, 1)}),
        ({1: 2, 2: 0, 3: 0}, 2, {1: (1, 1), 2: (0, 1), 3: (0, 1)}),
    ],
)
def test_portions(shares: dict[int, int], there: int, portions: dict[int, tuple[int, int]]) -> None:
    for worker, (give, most) in portions.items():
        assert portion(shares, worker, there) == Portion(give, most)


@pytest.mark.parametrize("seed", range(40))
def test_everybody_comes_to_an_even_share_and_stays_there(seed: int) -> None:
    chance = Random(seed)
    there = chance.randrange(1, 40)
    shares = dict.fromkeys(range(1, chance.randrange(1, 9) + 1), 0)
    free = there
    for worker in shares:
        shares[worker] = chance.randint(0, free)
        free -= shares[worker]
    for _ in range(12):
        workers = list(shares)
        chance.shuffle(workers)
        gives = {worker: portion(shares, worker, there).give for worker in workers}  # all look at the same instant
        for worker in workers:
            shares[worker] -= gives[worker]
            free += gives[worker]
        for worker in workers:
            took = min(free, max(0, portion(shares, worker, there).most - shares[worker]))
            shares[worker] += took
            free -= took
    assert free == 0
    assert max(shares.values()) - min(shares.values()) <= 1
    assert all(portion(shares, worker, there).give == 0 for worker in shares)
